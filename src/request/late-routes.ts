// Routes of which most come late: lookups are answered as soon as the port listens, and whatever else is asked for waits
// until the rest is loaded.
import type { Exchange } from "./exchange.ts";
import type { PageRoutes, Routes } from "./routes.ts";

export interface LateRoutes extends Routes {
  /** Resolves when the request's route is there; undefined: it can be served now. */
  untilKnown(exchange: Exchange): Promise<unknown> | undefined;
  /** From now on all routes are there. */
  complete(all: Routes): void;
}

/** `first` are the routes that are there already; `load` brings the others about, by `complete`, at once. */
export function createLateRoutes(first: Routes, load: () => Promise<unknown>): LateRoutes {
  let routes = first;
  let isComplete = false;
  return {
    untilKnown: (exchange) => (isComplete || isKnown(exchange) ? undefined : load()),
    complete(all) {
      routes = all;
      isComplete = true;
    },
    resolve: (exchange) => routes.resolve(exchange),
    refuse: (exchange, route, error, call) => routes.refuse(exchange, route, error, call),
  };

  function isKnown(exchange: Exchange): boolean {
    try {
      return first.resolve(exchange) !== undefined;
    } catch {
      return false;
    }
  }
}

/** Until the pages are there: no request of a page is served before. */
export const noPages: PageRoutes = {
  resolve: () => undefined,
  wants: () => false,
  refuse(error) {
    throw error;
  },
};

// Routes of which most come late: lookups are answered as soon as the port listens, and whatever else is asked for waits
// until the rest is loaded.
import type { Exchange } from "./exchange.ts";
import type { PageRoutes, Routes } from "./routes.ts";

export interface LateRoutes extends Routes {
  /** Resolves when the request's route is there; undefined: it can be served now. Rejects when it is not to be served. */
  untilKnown(exchange: Exchange): Promise<void> | undefined;
  /** From now on all routes are there. */
  complete(all: Routes): void;
}

/** Requests that may wait at a time: they are strangers' until they are served. */
const maxWaiting = 500;

/** `first` are the routes that are there already; `load` brings the others about, by `complete`, at once. */
export function createLateRoutes(first: Routes, load: () => Promise<unknown>): LateRoutes {
  let routes = first;
  let isComplete = false;
  let waiting = 0;
  return {
    untilKnown: (exchange) => (isComplete || isKnown(exchange) ? undefined : wait()),
    complete(all) {
      routes = all;
      isComplete = true;
    },
    resolve: (exchange) => routes.resolve(exchange),
    refuse: (exchange, route, error, call) => routes.refuse(exchange, route, error, call),
    refuseUnread: (asked, error) => routes.refuseUnread(asked, error),
  };

  async function wait(): Promise<void> {
    if (waiting >= maxWaiting) throw new Error("too many requests wait for the rest of the start");
    waiting += 1;
    try {
      await load();
    } finally {
      waiting -= 1;
    }
  }

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

// What goes away, on every answer of it: `Deprecation` (RFC 9745) says since when that is known, `Sunset` (RFC 8594)
// until when it answers. Held in memory, so that a call costs at most two looks into a map.
import type { Database } from "../storage/database.ts";
import { type ChangeRecord, listStandingChanges } from "./change-storage.ts";

export type GoingAwayHeaders = Readonly<Record<"deprecation" | "sunset", string>> & {
  readonly link?: string;
};

export interface GoingAway {
  /** Headers of the answers of a method or of one of its routes; undefined when it stays. */
  headersOf(rpc: string, httpMethod: string, pattern: string): GoingAwayHeaders | undefined;
  /** Follows a change at once instead of at the next look. */
  refresh(): Promise<void>;
  close(): void;
}

export interface GoingAwayOptions {
  readonly database: Database;
  readonly report: (cause: unknown) => void;
  /** Time between two looks, in milliseconds. */
  readonly lookEveryMs?: number;
}

const defaultLookEveryMs = 2000;

/** What goes away, known before the first call: an instance that has just started says so as well. */
export async function followChanges(options: GoingAwayOptions): Promise<GoingAway> {
  const directory = createGoingAway(options);
  await directory.refresh();
  return directory;
}

/** Follows the announced changes until it is closed. While the database is away, what was last known stays. */
export function createGoingAway({ database, report, lookEveryMs }: GoingAwayOptions): GoingAway {
  let methods: ReadonlyMap<string, Departure> = new Map();
  let routes: ReadonlyMap<string, Departure> = new Map();
  let looking = false;
  const look = () => {
    if (looking) return;
    looking = true;
    refresh()
      .catch(report)
      .finally(() => {
        looking = false;
      });
  };
  const timer = setInterval(look, lookEveryMs ?? defaultLookEveryMs);
  timer.unref();
  look();

  async function refresh(): Promise<void> {
    const known = new Map<string, Departure>();
    // The earliest date of a target holds: they come in this order.
    for (const change of await listStandingChanges(database.knex)) {
      const departure = { goLiveAt: change.goLiveAt, headers: toHeaders(change) };
      for (const target of change.targets) if (!known.has(target)) known.set(target, departure);
    }
    const isRoute = ([target]: readonly [string, unknown]) => target.includes(" ");
    routes = new Map([...known].filter(isRoute));
    methods = new Map([...known].filter((entry) => !isRoute(entry)));
  }

  return {
    headersOf(rpc, httpMethod, pattern) {
      const ofMethod = methods.size === 0 ? undefined : methods.get(rpc);
      const ofRoute = routes.size === 0 ? undefined : routes.get(`${httpMethod} ${pattern}`);
      return earlier(ofMethod, ofRoute)?.headers;
    },
    refresh,
    close: () => clearInterval(timer),
  };
}

interface Departure {
  readonly goLiveAt: number;
  readonly headers: GoingAwayHeaders;
}

/** A route can go away before the rest of its method, and a method before what was said of one of its routes. */
function earlier(one: Departure | undefined, other: Departure | undefined): Departure | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.goLiveAt < one.goLiveAt ? other : one;
}

function toHeaders({ announcedAt, goLiveAt, url }: ChangeRecord): GoingAwayHeaders {
  // Between the angle brackets of a link (RFC 8288) none of these may stand.
  const target = url.replace(/[<>"]/gu, encodeURIComponent);
  return {
    deprecation: `@${Math.floor(announcedAt / 1000)}`,
    sunset: new Date(goLiveAt).toUTCString(),
    ...(url === "" ? {} : { link: `<${target}>; rel="deprecation", <${target}>; rel="sunset"` }),
  };
}

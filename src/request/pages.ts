// Public pages: they hold nothing about anybody, and are what a browser may open.
import type { Reply } from "./reply.ts";
import type { Route } from "./routes.ts";

export interface Page {
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly write: () => Promise<string>;
}

/** Routes by path; each call counts against its address, since no token limits it. */
export function createPages(pages: Readonly<Record<string, Page>>): ReadonlyMap<string, Route> {
  return new Map(Object.entries(pages).map(([path, page]) => [path, pageRoute(path, () => answer(page))]));
}

/** Addresses that have moved for good (RFC 9110, 15.4.9): whoever has kept the old one is led to the new one. */
export function createMoved(addresses: Readonly<Record<string, string>>): ReadonlyMap<string, Route> {
  return new Map(
    Object.entries(addresses).map(([path, location]) => [path, pageRoute(path, async () => moved(location))]),
  );
}

function pageRoute(path: string, call: () => Promise<Reply>): Route {
  return {
    ...{ protocol: "rest", pattern: path, rpc: "", isPublic: true, isStreaming: false },
    ...{ isPage: true, countsAddress: true, call },
  };
}

function moved(location: string): Reply {
  const headers = { location, "cache-control": "public, max-age=86400" };
  return { status: 308, headers, body: undefined, trailers: undefined, error: undefined };
}

async function answer({ contentType, headers, write }: Page): Promise<Reply> {
  return {
    status: 200,
    headers: { "content-type": contentType, ...headers },
    body: Buffer.from(await write()),
    trailers: undefined,
    error: undefined,
  };
}

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
  return new Map(
    Object.entries(pages).map(([path, page]) => [
      path,
      {
        ...{ protocol: "rest", pattern: path, rpc: "", isPublic: true, isStreaming: false },
        ...{ isPage: true, countsAddress: true },
        call: () => answer(page),
      },
    ]),
  );
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

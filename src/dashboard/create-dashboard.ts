// The dashboard as the port sees it: which requests are pages, and how they are refused.
import { serviceError } from "../errors.ts";
import type { Call } from "../request/call.ts";
import type { Exchange } from "../request/exchange.ts";
import type { Reply } from "../request/reply.ts";
import type { PageRoutes, Route } from "../request/routes.ts";
import type { Page } from "./frame/page.ts";
import { matchPath, type PathMatcher } from "./frame/path-pattern.ts";
import { createPageServer, type PageServerParts } from "./frame/serve-page.ts";
import { createStaticFiles } from "./frame/static-files.ts";

export type DashboardParts = Omit<PageServerParts, "files"> & { readonly pages: readonly Page[] };

/** Makes the routes of the dashboard's pages and files. */
export function createDashboard(parts: DashboardParts): PageRoutes {
  const files = createStaticFiles(parts.isSecure);
  const server = createPageServer({ ...parts, files: files.pageFiles });
  const exact = new Map(
    parts.pages.filter(({ path }) => !path.includes("{")).map((page) => [page.path, page]),
  );
  // By their first segment: every call of the API asks here first, and is none of theirs.
  const patterns = Map.groupBy(
    parts.pages
      .filter(({ path }) => path.includes("{"))
      .map((page): readonly [PathMatcher, Page] => [matchPath(page.path), page]),
    ([, { path }]) => firstSegment(path),
  );

  return {
    resolve(path, method) {
      const page = exact.get(path);
      const route = page === undefined ? (match(path) ?? files.resolve(path)) : routeOf(page, {});
      if (route !== undefined && !["GET", "HEAD", "POST"].includes(method))
        throw serviceError("method_not_allowed");
      return route;
    },
    wants: ({ method, headers }) =>
      (method === "GET" || method === "HEAD" || method === "POST") &&
      headers.accept?.includes("text/html") === true,
    refuse: (error, exchange, call) => server.refuse(error, exchange, call),
  };

  function match(path: string): Route | undefined {
    for (const [matches, page] of patterns.get(firstSegment(path)) ?? []) {
      const params = matches(path);
      if (params !== undefined) return routeOf(page, params);
    }
    return undefined;
  }

  function routeOf(page: Page, params: Readonly<Record<string, string>>): Route {
    return {
      protocol: "page",
      pattern: page.path,
      rpc: "",
      isPublic: page.audience === "public",
      isPage: true,
      isStreaming: page.streams === true,
      call: (exchange: Exchange, call: Call): Promise<Reply> => server.serve(page, params, exchange, call),
    };
  }
}

function firstSegment(path: string): string {
  const end = path.indexOf("/", 1);
  return end === -1 ? path : path.slice(0, end);
}

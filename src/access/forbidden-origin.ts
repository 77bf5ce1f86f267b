import type { IncomingHttpHeaders } from "node:http";
import { serviceError } from "../errors.ts";

/**
 * Refuses calls that come from a browser page, with `browser_refused`: tokens never live in public applications
 * (terms, article 2). Browsers put `Origin` or several `Sec-Fetch-*` headers, which no script can forge or take
 * out. A lone `Sec-Fetch-Mode` is let through: Node's own `fetch` sends it, and no browser sends it without
 * `Sec-Fetch-Site` (https://www.w3.org/TR/fetch-metadata/).
 */
export function refuseForbiddenOrigins(headers: IncomingHttpHeaders): void {
  if (headers.origin !== undefined) throw serviceError("browser_refused");
  for (const name in headers) {
    if (name.startsWith("sec-fetch-") && name !== "sec-fetch-mode") throw serviceError("browser_refused");
  }
}

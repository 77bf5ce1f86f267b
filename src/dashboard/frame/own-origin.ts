import type { IncomingHttpHeaders } from "node:http";
import { serviceError } from "../../errors.ts";

/**
 * Refuses a form that another site makes a browser send, with `form_refused`: browsers tell the origin of every form,
 * and no page can forge it. `publicOrigin` is ours; absent, as in development, it is whatever host the browser asked.
 */
export function refuseForeignForm(headers: IncomingHttpHeaders, publicOrigin: string | undefined): void {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") throw serviceError("form_refused");
  if (!isOwn(headers.origin, headers, publicOrigin)) throw serviceError("form_refused");
}

function isOwn(origin: string | undefined, headers: IncomingHttpHeaders, publicOrigin: string | undefined) {
  if (origin === undefined || !URL.canParse(origin)) return false;
  if (publicOrigin !== undefined) return origin === publicOrigin;
  // Over HTTP/2 the host stands in a pseudo-header.
  const host = headers.host ?? headers[":authority"];
  return host !== undefined && new URL(origin).host === String(host).toLowerCase();
}

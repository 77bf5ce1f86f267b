import type { IncomingHttpHeaders } from "node:http";
import type { ReplyHeaders } from "./reply.ts";

/** Node's headers as the Headers object that Connect reads; pseudo-headers of HTTP/2 are left out. */
export function toWebHeaders(headers: IncomingHttpHeaders): Headers {
  const web = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(":")) continue;
    if (Array.isArray(value)) for (const item of value) web.append(name, item);
    else web.set(name, value);
  }
  return web;
}

/** A Headers object as Node writes it. */
export function toNodeHeaders(headers: Headers | undefined): ReplyHeaders {
  return headers === undefined ? {} : Object.fromEntries(headers);
}

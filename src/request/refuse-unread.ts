import type { Exchange } from "./exchange.ts";
import type { ListenerOptions } from "./listener.ts";

/**
 * Refuses a request for its headers, which Node has read, before anything looks at them: answers with the status of the
 * refusal whose line is written, or cuts what gets none.
 */
export function refuseUnread(exchange: Exchange, code: string, refuse: ListenerOptions["refuse"]): void {
  const status = refuse(code, exchange.peerAddress);
  if (status === undefined) exchange.destroy();
  else void exchange.send({ status, headers: {}, body: undefined, trailers: undefined, error: undefined });
}

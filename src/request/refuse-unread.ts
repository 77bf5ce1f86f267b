import type { Exchange } from "./exchange.ts";
import type { ListenerOptions } from "./listener.ts";

/**
 * Refuses a request for its headers, which Node has read, before anything looks at them: answers with the
 * refusal whose line is written, or cuts what gets none.
 */
export function refuseUnread(exchange: Exchange, code: string, refuse: ListenerOptions["refuse"]): void {
  const reply = refuse(code, exchange.peerAddress, exchange);
  if (reply === undefined) exchange.destroy("flood");
  else void exchange.send(reply);
}

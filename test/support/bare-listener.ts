import type { ListenerOptions } from "../../src/request/listener.ts";
import { plainRefusals } from "./refusals.ts";
import { rethrow } from "./rethrow.ts";

/** A listener without a service behind it, on a free port, for peers that are no proxies. */
export function bareListener(
  options: Pick<ListenerOptions, "lean" | "handle"> & Partial<ListenerOptions>,
): ListenerOptions {
  return {
    ...{ host: "127.0.0.1", port: 0, tls: undefined, exchangeTimeoutMs: 60_000 },
    isProxy: () => false,
    monotonic: () => performance.now(),
    report: rethrow,
    ...plainRefusals(),
    ...options,
  };
}

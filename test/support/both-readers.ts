import type { Exchange } from "../../src/request/exchange.ts";
import { type Listener, listen } from "../../src/request/listener.ts";
import { bareListener } from "./bare-listener.ts";

export interface BothReaders extends AsyncDisposable {
  /** With the lane of plain requests. */
  readonly plain: Listener;
  /** With Node's server alone. */
  readonly node: Listener;
}

/** Both readers of HTTP/1.1, each on a port of its own, in front of the same service. */
export async function listenWithBoth(handle: (exchange: Exchange) => Promise<void>): Promise<BothReaders> {
  const listening = (lean: boolean) => listen(bareListener({ lean, handle }));
  const [plain, node] = [await listening(true), await listening(false)];
  return {
    plain,
    node,
    async [Symbol.asyncDispose]() {
      await Promise.all([plain.close(0), node.close(0)]);
    },
  };
}

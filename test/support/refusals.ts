import type { ListenerOptions } from "../../src/request/listener.ts";
import type { Reply } from "../../src/request/reply.ts";

/** Refusals of a listener without a service behind it: a status, and the target that was asked for. */
export function plainRefusals(
  onRefusal: (code: string) => void = () => {},
): Pick<ListenerOptions, "refuse" | "refuseRest"> {
  return {
    refuse(code, _peerAddress, asked) {
      onRefusal(code);
      return refusal(code === "HPE_HEADER_OVERFLOW" ? 431 : 400, asked.target);
    },
    refuseRest: (asked) => refusal(400, asked.target),
  };
}

function refusal(status: number, target: string): Reply {
  const body = Buffer.from(`refused: ${target}`);
  return { status, headers: {}, body, trailers: undefined, error: undefined };
}

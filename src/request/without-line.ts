// The end of a request that gets no line of the journal, since strangers have asked too much.

import type { Awaitable } from "../awaitable.ts";
import type { Network } from "../config.ts";
import { serviceError } from "../errors.ts";
import { isTrustedProxy } from "./client-address.ts";
import type { Asked, Exchange } from "./exchange.ts";
import { outcomeOf, type RequestRecord } from "./record.ts";
import type { Release } from "./release.ts";
import type { Reply } from "./reply.ts";
import type { Routes } from "./routes.ts";
import type { NoLine, StrangerLines } from "./stranger-lines.ts";

export interface WithoutLineParts {
  readonly routes: Pick<Routes, "refuseUnread">;
  readonly release: Pick<Release, "untraced">;
  readonly lines: Pick<StrangerLines, "count">;
  readonly trustedProxies: readonly Network[];
}

export interface WithoutLine {
  /** Ends a request; `reply` is undefined when it was refused and no refusal was made. */
  end(exchange: Exchange, record: RequestRecord, reply: Reply | undefined, noLine: NoLine): Awaitable<void>;
  /** The answer to what cannot be read; undefined: it is to be cut. */
  refuseUnread(asked: Asked, peerAddress: string, noLine: NoLine): Reply | undefined;
}

export function createWithoutLine({ routes, release, lines, trustedProxies }: WithoutLineParts): WithoutLine {
  return {
    end(exchange, record, reply, noLine) {
      if (reply !== undefined && mayLeave(record, reply)) {
        lines.count(noLine.why, "answered");
        return release.untraced(exchange, record, reply);
      }
      const refusal = refuseUnread(exchange, exchange.peerAddress, noLine);
      return refusal === undefined ? exchange.destroy("flood") : release.untraced(exchange, record, refusal);
    },
    refuseUnread,
  };

  /** A proxy whose connections are cut takes the service for dead, for all its clients: it gets a refusal for this one. */
  function refuseUnread(asked: Asked, peerAddress: string, { why, retryAfterMs }: NoLine): Reply | undefined {
    const isProxy = isTrustedProxy(peerAddress, trustedProxies);
    lines.count(why, isProxy ? "refused" : "cut");
    if (!isProxy) return undefined;
    const id = why === "address" ? "address_limited" : "service_saturated";
    return routes.refuseUnread(asked, serviceError(id, { retryAfterMs }));
  }
}

/**
 * What is public holds no data, and probes must be answered whoever floods; a failure of ours is not the stranger's, who may
 * be a partner whom we cannot know just now.
 */
function mayLeave({ route }: RequestRecord, { error }: Reply): boolean {
  return error === undefined ? route?.isPublic === true : outcomeOf(error) === "failed";
}

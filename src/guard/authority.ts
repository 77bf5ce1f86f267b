// Who counts the permits of the guard: Bottleneck in this process (local-authority.ts) or Bottleneck in Redis
// (shared-authority.ts).
import Bottleneck from "bottleneck";
import type { Clock } from "../clock.ts";
import type { Guard } from "./guard.ts";
import type { Throughput } from "./throughput.ts";
import type { TokenShare } from "./token-share.ts";

/** A change of the guard's mode, as it is logged. The reason holds neither credentials nor personal data. */
export interface ModeChange {
  readonly mode: Guard["mode"];
  readonly reason: string;
}

export interface Authority {
  readonly mode: Guard["mode"];
  start(): Promise<void>;
  /** Looks at a token that calls: above its share on this instance, all instances count it together. */
  watch(share: TokenShare, nowMs: number): void;
  /** Regular upkeep, every second; `forgotten` tokens are not counted any more. */
  tend(forgotten: readonly TokenShare[]): void;
  close(): Promise<void>;
}

export interface AuthorityOptions {
  readonly callsPerSecond: number;
  readonly instances: number;
  readonly clock: Clock;
  readonly throughput: Throughput;
  /** Permits have come, or are not needed any more: waiting calls may go. */
  onPermits(): void;
  onModeChange?(change: ModeChange): void;
}

/** Jobs are refused rather than queued by Bottleneck: the queue is ours, with turns and deadlines. */
export const refusingJobs = { highWater: 0, strategy: Bottleneck.strategy.OVERFLOW } as const;

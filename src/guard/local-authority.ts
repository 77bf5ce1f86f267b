import Bottleneck from "bottleneck";
import { type Authority, type AuthorityOptions, refusingJobs } from "./authority.ts";
import { Lease } from "./lease.ts";
import { windowMs } from "./sliding-window.ts";

/** Permits return a little before their second is over, so that turnaround costs nothing: the window is exact. */
const holdMs = 0.95 * windowMs;

/** One instance alone: the permits are counted by a Bottleneck limiter in this process. */
export class LocalAuthority implements Authority {
  readonly mode = "alone";
  readonly #options: AuthorityOptions;
  #lease: Lease;

  constructor(options: AuthorityOptions) {
    this.#options = options;
    this.#lease = this.#open();
  }

  async start(): Promise<void> {
    await this.#lease.open();
    this.#options.throughput.supply = this.#lease;
  }

  watch(): void {}

  tend(): void {
    void this.#lease.tend();
  }

  async close(): Promise<void> {
    this.#lease.close();
  }

  #open(): Lease {
    const { callsPerSecond, clock } = this.#options;
    // Nobody else is short of what lies here: a fifth of a second ahead outlasts a busy event loop, and the stock
    // comes on top of the second's calls. What a second may hold is decided by the window, which is exact.
    const target = Math.ceil(callsPerSecond / 5);
    const places = callsPerSecond + 2 * target;
    return new Lease({
      limiter: new Bottleneck({ maxConcurrent: places, ...refusingJobs }),
      places,
      target,
      holdMs,
      shared: false,
      clock,
      onGrant: this.#options.onPermits,
      onFailure: () => this.#replace(),
    });
  }

  /** Bottleneck stands still after the clock was set back: a new limiter does not. The window remembers the calls. */
  #replace(): void {
    this.#lease = this.#open();
    this.#options.throughput.supply = this.#lease;
    this.#options.onPermits();
  }
}

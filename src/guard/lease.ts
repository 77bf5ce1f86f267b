// Permits fetched ahead, in blocks, from the Bottleneck limiter that counts them for all instances. A permit is a
// place in the limiter's `maxConcurrent`: the job that took a block "runs" until a second after its last call. So no
// second holds more calls than the limiter has places, and neither a refill clock nor unused permits distort it;
// a reservoir would let up to twice its size through in a sliding second, and stop when a clock is set back.
import type Bottleneck from "bottleneck";
import type { Clock } from "../clock.ts";
import { after, answerWithin } from "./deadline.ts";
import type { Supply } from "./token-share.ts";

export interface LeaseOptions {
  readonly limiter: Bottleneck;
  /** Places in the limiter. */
  readonly places: number;
  /** Permits to keep at hand. */
  readonly target: number;
  /** Time after a call at which its permit goes back, in milliseconds. */
  readonly holdMs: number;
  /** Whether other instances take from the same limiter: then at most half of what is left is taken at once. */
  readonly shared: boolean;
  readonly clock: Clock;
  onGrant(): void;
  /** The limiter failed or did not answer in time; the lease is of no use any more. */
  onFailure(error: unknown): void;
}

interface Block {
  left: number;
  lastUsedMs: number;
  readonly takenMs: number;
  giveBack(): void;
}

/** Longest wait for an answer of the limiter, and time after which one is asked of a job that did not start. */
const answerMs = 40;
const grantMs = 5;
/** The same when the lease is opened. */
const openMs = 1000;
/** Pause before asking again when all places are taken: with calls waiting, without. */
const busyPauseMs = 8;
const idlePauseMs = 50;
/** A block that was not used up goes back after so long, in milliseconds. */
const idleBlockMs = 1000;
const oldBlockMs = 1500;
/** Step of the clock after which the limiter is made anew, in milliseconds. */
const clockStepMs = 500;
/** Largest difference between the instances' clocks that is waited for, in milliseconds. */
const clockSkewMs = 90;
/** After this, Redis takes back the permits of an instance that died: later than the upkeep gives them back. */
const expirationMs = 4000;

export class Lease implements Supply {
  stock = 0;
  readonly limiter: Bottleneck;
  readonly #options: LeaseOptions;
  readonly #blocks: Block[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #wanted = 0;
  #fetching = false;
  #closed = false;
  #lastSpentMs: number;
  /** Bottleneck reads Date.now() and waits for its own last instant when the clock is set back. */
  readonly #clockOffsetMs: number;

  constructor(options: LeaseOptions) {
    this.limiter = options.limiter;
    this.#options = options;
    this.#clockOffsetMs = options.clock.now() - options.clock.monotonic();
    this.#lastSpentMs = options.clock.monotonic();
  }

  spend(nowMs: number): void {
    const block = this.#blocks[0] as Block;
    this.stock -= 1;
    block.left -= 1;
    block.lastUsedMs = nowMs;
    this.#lastSpentMs = nowMs;
    if (block.left === 0) this.#retire(this.#blocks.shift() as Block, nowMs);
    if (this.stock * 2 <= this.#options.target) this.#startFetching();
  }

  want(calls: number): void {
    this.#wanted = calls;
    if (calls === 0) return;
    this.#lastSpentMs = this.#options.clock.monotonic();
    this.#startFetching();
  }

  /** Fetches the first permits; rejects when the limiter does not answer. No call waits for this. */
  async open(): Promise<void> {
    await this.#fetchBlock(openMs);
  }

  /** Checks that the limiter answers, and gives back what lies idle. */
  async tend(): Promise<void> {
    const nowMs = this.#options.clock.monotonic();
    const idle = this.#lastSpentMs + idleBlockMs <= nowMs && this.#options.shared;
    while (this.#blocks.length > 0) {
      const block = this.#blocks[0] as Block;
      if (!idle && block.takenMs + oldBlockMs > nowMs) break;
      this.#blocks.shift();
      this.stock -= block.left;
      this.#retire(block, nowMs);
    }
    if (this.#fetching || this.#closed) return;
    try {
      await answerWithin(this.#options.limiter.running(), answerMs);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Stops and forgets everything; a limiter that still works gets its permits back by `drain`. */
  close(): void {
    this.#closed = true;
    this.stock = 0;
    this.#blocks.length = 0;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Gives all permits back, each a second after its last call, then closes. */
  async drain(): Promise<void> {
    this.#closed = true;
    this.stock = 0;
    const nowMs = this.#options.clock.monotonic();
    for (const block of this.#blocks.splice(0)) this.#retire(block, nowMs);
    while (this.#timers.size > 0) await after(10);
    this.close();
  }

  #retire(block: Block, nowMs: number): void {
    const restMs = block.lastUsedMs + this.#options.holdMs - nowMs;
    if (restMs <= 0) {
      block.giveBack();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      block.giveBack();
    }, restMs);
    timer.unref();
    this.#timers.add(timer);
  }

  #startFetching(): void {
    if (this.#fetching || this.#closed) return;
    this.#fetching = true;
    this.#fetch().then(
      () => {
        this.#fetching = false;
      },
      (error) => this.#fail(error),
    );
  }

  async #fetch(): Promise<void> {
    while (!this.#closed && this.#missing() > 0) {
      if (await this.#fetchBlock(answerMs)) continue;
      await after(this.#wanted > 0 ? busyPauseMs : idlePauseMs);
    }
  }

  #missing(): number {
    const idle = this.#lastSpentMs + idleBlockMs <= this.#options.clock.monotonic();
    return this.#wanted + (idle ? 0 : this.#options.target) - this.stock;
  }

  /** Takes one block of what is missing; false when no place is free. */
  async #fetchBlock(limitMs: number): Promise<boolean> {
    const { limiter, places, shared, clock } = this.#options;
    if (Math.abs(clock.now() - clock.monotonic() - this.#clockOffsetMs) > clockStepMs) {
      throw new Error("the clock of this machine was set");
    }
    const free = places - (await answerWithin(limiter.running(), limitMs));
    if (free < 1) return false;
    const weight = Math.max(1, Math.min(this.#missing(), shared ? Math.ceil(free / 2) : free));
    return await this.#takeBlock(weight, limitMs);
  }

  async #takeBlock(weight: number, limitMs: number): Promise<boolean> {
    const { limiter, shared } = this.#options;
    const outcome = Promise.withResolvers<boolean>();
    const job = limiter.schedule({ weight, expiration: shared ? expirationMs : null }, () =>
      this.#hold(weight, outcome.resolve),
    );
    // A job that was granted ends later, by expiration perhaps: nobody waits for it then.
    job.catch((error: unknown) => (isRefusal(error) ? outcome.resolve(false) : outcome.reject(error)));
    for (let delays = 0; ; ) {
      const granted = await Promise.race([outcome.promise, after(grantMs)]);
      if (granted !== undefined) return granted;
      // Registered, yet held until an instant that another clock gave.
      delays = limiter.counts().RUNNING > 0 ? delays + 1 : 0;
      if (delays * grantMs > clockSkewMs) throw new Error("the instances' clocks differ");
      // It may stand in the limiter's queue, because another instance was quicker; or the limiter is gone.
      await answerWithin(limiter.running(), limitMs);
    }
  }

  #hold(weight: number, granted: (value: boolean) => void): Promise<void> {
    return new Promise((giveBack) => {
      granted(true);
      if (this.#closed) {
        giveBack();
        return;
      }
      const takenMs = this.#options.clock.monotonic();
      this.#blocks.push({ left: weight, lastUsedMs: Number.NEGATIVE_INFINITY, takenMs, giveBack });
      this.stock += weight;
      this.#wanted = Math.max(0, this.#wanted - weight);
      this.#options.onGrant();
    });
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.close();
    this.#options.onFailure(error);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.message.includes("dropped by Bottleneck");
}

import { ConnectionFault, errorCode } from "./error-code.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface FloodRates {
  /** Streams that a client may take back, or break, at once, and each second. */
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
  readonly pingBurst: number;
  readonly pingsPerSecond: number;
}

/** Frames that change nothing, and streams beyond those that may be open, at once and each second. */
const [idleFrameBurst, idleFramesPerSecond] = [1000, 33];
/** WINDOW_UPDATEs that a client may send, at most, and for each frame of an answer: of both windows, for each 4 KiB. */
const [mostUpdates, updatesOfFrame] = [1000, 4];

/** What costs a client little and us more: beyond its limit each throws a ConnectionFault, ENHANCE_YOUR_CALM. */
export class FloodLimits {
  readonly #broken: TokenBucket;
  readonly #pings: TokenBucket;
  readonly #idleFrames: TokenBucket;
  readonly #refused: TokenBucket;
  #updatesLeft = mostUpdates;
  #framesSent = 0;

  /** `monotonic` is a clock in milliseconds. */
  constructor(rates: FloodRates, monotonic: () => number) {
    this.#broken = new TokenBucket(rates.resetBurst, rates.resetsPerSecond, monotonic);
    this.#pings = new TokenBucket(rates.pingBurst, rates.pingsPerSecond, monotonic);
    this.#idleFrames = new TokenBucket(idleFrameBurst, idleFramesPerSecond, monotonic);
    this.#refused = new TokenBucket(idleFrameBurst, idleFramesPerSecond, monotonic);
  }

  /** A stream that the client took back, or that we reset since it broke a rule. */
  countBroken(): void {
    if (!this.#broken.take()) throw calmDown("too many broken streams");
  }

  countPing(): void {
    if (!this.#pings.take()) throw calmDown("too many PINGs");
  }

  /** Clients measure the bandwidth with a PING for each answer, as grpc-go does: an answer allows one. */
  countAnswer(): void {
    this.#pings.giveBack();
  }

  /** A stream that is refused since too many are open, or since the connection ends: the client may learn of that late. */
  countRefused(): void {
    if (!this.#refused.take()) throw calmDown("too many streams");
  }

  /** A WINDOW_UPDATE, when so many frames of answers have been sent: what goes beyond those changes nothing. */
  countUpdate(framesSent: number): void {
    const earned = updatesOfFrame * (framesSent - this.#framesSent);
    this.#framesSent = framesSent;
    this.#updatesLeft = Math.min(mostUpdates, this.#updatesLeft + earned) - 1;
    if (this.#updatesLeft >= 0) return;
    this.#updatesLeft = 0;
    this.countIdle();
  }

  /** A frame that changes nothing. */
  countIdle(): void {
    if (!this.#idleFrames.take()) throw calmDown("too many idle frames");
  }
}

function calmDown(what: string): ConnectionFault {
  return new ConnectionFault(errorCode.enhanceYourCalm, what);
}

// Who may call now, who waits and who is refused: arithmetic on instants that the caller passes, no clock and no
// timer inside. At most `limit` calls in any second, a rate per token, turns by token while calls wait.
import { Demand } from "./demand.ts";
import { createSlidingWindow, exactLimit, type SlidingWindow, wholeMs, windowMs } from "./sliding-window.ts";
import { newTokenShare, type Refusal, type Supply, type TokenShare, type Waiter } from "./token-share.ts";

export interface ThroughputOptions {
  readonly callsPerSecond: number;
  readonly maxWaitMs: number;
  readonly supply: Supply;
}

/** Waiting calls that are kept at most, whatever the rates: each holds a connection and memory. */
const mostWaiting = 2000;
/** Behind its turns, the queue catches up at most by this, in milliseconds: timers are late by about one. */
const catchUpMs = 4;
export class Throughput {
  readonly shares = new Map<string, TokenShare>();
  readonly maxWaitMs: number;
  supply: Supply;
  #divisor = 1;
  #limit: number;
  readonly #ceiling: number;
  readonly #window: SlidingWindow;
  /** Tokens that have waiting calls, in the order of their turns. */
  readonly #turns: TokenShare[] = [];
  #waiting = 0;
  /** Whether waiting calls are let go at even distances, because the service's second was full. */
  #spaced = false;
  #nextTurnMs = Number.NEGATIVE_INFINITY;
  readonly #demand = new Demand();

  constructor(options: ThroughputOptions) {
    this.#ceiling = options.callsPerSecond;
    this.#limit = options.callsPerSecond;
    this.maxWaitMs = options.maxWaitMs;
    this.supply = options.supply;
    this.#window = createSlidingWindow(options.callsPerSecond);
  }

  /** Divides all limits among so many instances, while they cannot count together; 1 ends that. */
  divideAmong(instances: number): void {
    this.#divisor = instances;
    this.#limit = divide(this.#ceiling, instances);
  }

  /** Calls of the token that this instance lets through in any second. */
  tokenLimit(share: TokenShare): number {
    return this.#divisor === 1 ? share.limit : divide(share.limit, this.#divisor);
  }

  /** The token's state, made at its first call. */
  share(tokenId: string, callsPerSecond: number): TokenShare {
    let share = this.shares.get(tokenId);
    if (share === undefined) {
      share = newTokenShare(tokenId, callsPerSecond);
      this.shares.set(tokenId, share);
    } else if (share.limit !== callsPerSecond) {
      // Only a rate that crosses the exact range needs a window of another kind, which starts empty.
      const sameKind = share.limit <= exactLimit === callsPerSecond <= exactLimit;
      if (!sameKind) share.window = createSlidingWindow(callsPerSecond);
      share.limit = callsPerSecond;
    }
    return share;
  }

  /** Takes a call at once when nothing stands in its way; to be called once per call, first. */
  take(share: TokenShare, nowMs: number): boolean {
    this.#demand.note(share, nowMs);
    if (this.#waiting > 0 || this.#obstacle(share, nowMs) !== undefined) return false;
    this.#spend(share, nowMs);
    return true;
  }

  /** Queues a call that `take` did not take, or says why its turn would come too late. */
  wait(waiter: Waiter, nowMs: number): Refusal | undefined {
    const { share } = waiter;
    const ahead = share.waiting.length;
    if (ahead > 0 || this.#obstacle(share, nowMs) !== undefined) {
      const refusal = this.#foresee(share, ahead, nowMs, this.maxWaitMs);
      if (refusal !== undefined) return refusal;
    }
    if (share.waiting.length >= this.#places(share.window, this.tokenLimit(share), nowMs)) {
      return this.#refusal(share, nowMs);
    }
    const full = this.#waiting >= this.#places(this.#window, this.#limit, nowMs);
    if (full && !this.#pushOut(share, nowMs)) return this.#refusal(share, nowMs);
    if (share.waiting.length === 0) this.#enterTurns(share);
    share.waiting.push(waiter);
    this.#waiting += 1;
    return undefined;
  }

  /** Gives up the place of a call; false when it has none any more. */
  abandon(waiter: Waiter): boolean {
    const index = waiter.share.waiting.indexOf(waiter);
    if (index === -1) return false;
    waiter.share.waiting.splice(index, 1);
    this.#left(waiter.share);
    return true;
  }

  /**
   * Lets go whoever's turn has come, refuses whoever waited too long, and returns the instant at which to call
   * again: Infinity when nobody waits.
   */
  pump(nowMs: number): number {
    this.#demand.roll(nowMs);
    this.#expire(nowMs);
    let againMs = Number.POSITIVE_INFINITY;
    let contended = false;
    let shortOf = 0;
    for (let turn = 0; turn < this.#turns.length; ) {
      const share = this.#turns[turn] as TokenShare;
      const obstacle = this.#obstacle(share, nowMs) ?? this.#tooEarly(nowMs);
      if (obstacle === undefined) {
        this.#letGo(share, turn, nowMs);
        continue;
      }
      againMs = Math.min(againMs, this.#clearAt(share, obstacle, nowMs));
      share.supply?.want(obstacle === "token-permit" ? share.waiting.length : 0);
      if (obstacle === "permit") shortOf = this.#waiting;
      contended ||= obstacle === "service" || obstacle === "turn" || obstacle === "reserved";
      // These stand in everybody's way.
      if (obstacle === "service" || obstacle === "turn" || obstacle === "permit") break;
      turn += 1;
    }
    this.supply.want(shortOf);
    this.#space(contended, nowMs);
    for (const share of this.#turns) againMs = Math.min(againMs, (share.waiting[0] as Waiter).expiresMs);
    return againMs;
  }

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Refuses every waiting call. */
  refuseAll(nowMs: number): void {
    for (const share of [...this.#turns]) {
      for (const waiter of share.waiting.splice(0)) {
        this.#waiting -= 1;
        waiter.refuse(this.#refusal(share, nowMs));
      }
    }
    this.#turns.length = 0;
  }

  /** Forgets tokens without a call in the last `idleMs`; returns them. */
  forgetIdle(nowMs: number, idleMs: number): TokenShare[] {
    const idle = [...this.shares.values()].filter(
      (share) => share.waiting.length === 0 && share.askedMs + idleMs <= nowMs,
    );
    for (const share of idle) this.shares.delete(share.tokenId);
    return idle;
  }

  #obstacle(share: TokenShare, nowMs: number): Obstacle | undefined {
    if (share.window.count(nowMs) >= this.tokenLimit(share)) return "token";
    if (this.#window.count(nowMs) >= this.#limit) return "service";
    if (this.#isReserved(share, nowMs)) return "reserved";
    if (this.supply.stock < 1) return "permit";
    if (share.supply !== undefined && share.supply.stock < 1) return "token-permit";
    return undefined;
  }

  /** Whether the room that is left is kept for tokens which have not had their fair share in this second. */
  #isReserved(share: TokenShare, nowMs: number): boolean {
    const room = this.#limit - this.#window.count(nowMs);
    // Cheap and nearly always enough: what all tokens together want is less than what is left.
    if (room > this.#demand.bound) return false;
    const fair = this.#demand.fairShare(this.#limit);
    if (share.window.count(nowMs) < fair) return false;
    return room <= this.#demand.reserved(this.shares, fair, nowMs);
  }

  #spend(share: TokenShare, nowMs: number): void {
    share.window.add(nowMs);
    this.#window.add(nowMs);
    this.supply.spend(nowMs);
    share.supply?.spend(nowMs);
  }

  /** A token that calls less often than its fair share goes first; who asks all the time goes last. */
  #enterTurns(share: TokenShare): void {
    const fairDistanceMs = windowMs / this.#demand.fairShare(this.#limit);
    if (share.sinceAskedMs >= 0.75 * fairDistanceMs) this.#turns.unshift(share);
    else this.#turns.push(share);
  }

  #letGo(share: TokenShare, turn: number, nowMs: number): void {
    const waiter = share.waiting.shift() as Waiter;
    this.#spend(share, nowMs);
    const spacing = windowMs / this.#limit;
    this.#nextTurnMs = Math.max(this.#nextTurnMs, nowMs - Math.max(spacing, catchUpMs)) + spacing;
    this.#turns.splice(turn, 1);
    if (share.waiting.length > 0) this.#turns.push(share);
    else share.supply?.want(0);
    this.#waiting -= 1;
    waiter.release(nowMs);
  }

  #tooEarly(nowMs: number): "turn" | undefined {
    return this.#spaced && nowMs < this.#nextTurnMs ? "turn" : undefined;
  }

  #space(contended: boolean, nowMs: number): void {
    if (contended && !this.#spaced) this.#nextTurnMs = nowMs;
    this.#spaced = contended;
  }

  #expire(nowMs: number): void {
    for (const share of [...this.#turns]) {
      while (share.waiting.length > 0 && (share.waiting[0] as Waiter).expiresMs <= nowMs) {
        const waiter = share.waiting.shift() as Waiter;
        this.#left(share);
        waiter.refuse(this.#refusal(share, nowMs));
      }
    }
  }

  #left(share: TokenShare): void {
    this.#waiting -= 1;
    if (share.waiting.length > 0) return;
    this.#turns.splice(this.#turns.indexOf(share), 1);
    share.supply?.want(0);
  }

  /** Instant at which the obstacle may be gone. Permits are asked for, and their arrival calls again. */
  #clearAt(share: TokenShare, obstacle: Obstacle, nowMs: number): number {
    if (obstacle === "token") return share.window.freeAt(nowMs, this.tokenLimit(share));
    if (obstacle === "service") return this.#window.freeAt(nowMs, this.#limit);
    if (obstacle === "turn") return this.#nextTurnMs;
    // The next call that leaves the window, or the next period, may end a reservation.
    if (obstacle === "reserved") {
      return Math.min(this.#window.freeAt(nowMs, this.#window.count(nowMs)), this.#demand.nextPeriodMs);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Calls that may wait: those which only lack a permit, and those whose turn can come in time. */
  #places(window: SlidingWindow, limit: number, nowMs: number): number {
    const inTime = Math.ceil((limit * this.maxWaitMs) / windowMs);
    return Math.min(mostWaiting, inTime + Math.max(0, limit - window.count(nowMs)));
  }

  /** Refuses a call whose turn, behind `ahead` calls of its token, comes later than `withinMs`. */
  #foresee(share: TokenShare, ahead: number, nowMs: number, withinMs: number): Refusal | undefined {
    const tokenMs = freeAfter(share.window, this.tokenLimit(share), ahead, nowMs) - nowMs;
    if (tokenMs > withinMs) return { by: "token", retryAfterMs: wholeMs(tokenMs) };
    let turnsAhead = 0;
    const fair = this.#demand.fairShare(this.#limit);
    const favoured = share.window.count(nowMs) < fair;
    for (const other of this.#turns) {
      // Its place is kept from those who had their fair share.
      if (favoured && other.window.count(nowMs) >= fair) continue;
      const able = Math.max(0, this.tokenLimit(other) - other.window.count(nowMs));
      turnsAhead += Math.min(other.waiting.length, ahead + 1, able);
    }
    const spacedMs = this.#spaced ? (turnsAhead * windowMs) / this.#limit : 0;
    const serviceMs = freeAfter(this.#window, this.#limit, turnsAhead, nowMs) - nowMs;
    const waitMs = Math.max(spacedMs, serviceMs);
    return waitMs > withinMs ? { by: "service", retryAfterMs: wholeMs(waitMs) } : undefined;
  }

  #refusal(share: TokenShare, nowMs: number): Refusal {
    return (
      this.#foresee(share, share.waiting.length, nowMs, 0) ?? {
        by: share.supply !== undefined && share.supply.stock < 1 ? "token" : "service",
        retryAfterMs: wholeMs(Math.max(windowMs / this.#limit, this.maxWaitMs)),
      }
    );
  }

  /** Refuses the last call of the longest queue in favour of a token that has fewer waiting. */
  #pushOut(share: TokenShare, nowMs: number): boolean {
    let longest = share;
    for (const other of this.#turns) if (other.waiting.length > longest.waiting.length) longest = other;
    if (longest.waiting.length <= share.waiting.length + 1) return false;
    const last = longest.waiting.pop() as Waiter;
    this.#left(longest);
    last.refuse(this.#refusal(longest, nowMs));
    return true;
  }
}

type Obstacle = "token" | "service" | "reserved" | "turn" | "permit" | "token-permit";

/** Nobody is shut out: at least one call per second. */
function divide(callsPerSecond: number, instances: number): number {
  return Math.max(1, Math.floor(callsPerSecond / instances));
}

/** Instant at which one more call fits behind `ahead` calls that are still to be made. */
function freeAfter(window: SlidingWindow, limit: number, ahead: number, nowMs: number): number {
  const seconds = Math.floor(ahead / limit);
  return window.freeAt(nowMs, limit - (ahead % limit)) + seconds * windowMs;
}

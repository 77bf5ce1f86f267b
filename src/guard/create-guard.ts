// The guard of one instance: the arithmetic of throughput.ts, woken by one timer, fed by permits.
import { ConnectError } from "@connectrpc/connect";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import type { Authority, AuthorityOptions, ModeChange } from "./authority.ts";
import type { Allowance, Guard } from "./guard.ts";
import { LocalAuthority } from "./local-authority.ts";
import { wholeMs, windowMs } from "./sliding-window.ts";
import { Throughput } from "./throughput.ts";
import { type Refusal, type TokenShare, unlimitedSupply, type Waiter } from "./token-share.ts";

export interface GuardOptions {
  /** Calls of the whole service in any second, a whole number from 1 to 1,000,000. */
  readonly callsPerSecond: number;
  /** Calls of a token without a rate of its own, likewise; more than the service's means the service's. */
  readonly tokenCallsPerSecond: number;
  /** Longest wait for a turn, in milliseconds; 0 refuses at once. */
  readonly queueMaxWaitMs: number;
  /** Number of instances, by which the limits are divided while Redis does not answer. */
  readonly instances: number;
  readonly redisUrl: string | undefined;
  readonly clock: Clock;
  /** Told of every change of the mode, for the log; `reason` holds neither credentials nor personal data. */
  onModeChange?(change: ModeChange): void;
}

/** A call whose turn has come waits for its permit at most so long, in milliseconds, even when nothing may wait. */
const permitWaitMs = 100;
/** Period of the upkeep, and age of a token's last call after which it is forgotten, in milliseconds. */
const upkeepMs = 1000;
const idleTokenMs = 5000;

/** Starts the guard; rejects limits that make no sense. Redis may be down: the guard starts with the local share. */
export async function createGuard(options: GuardOptions): Promise<Guard> {
  checkOptions(options);
  const guard = new InstanceGuard(options, await chooseAuthority(options));
  await guard.start();
  return guard;
}

type CreateAuthority = (wiring: AuthorityOptions) => Authority;

/** The client of Redis is only loaded where there is one: it would be 5 % of the start. */
async function chooseAuthority({ redisUrl }: GuardOptions): Promise<CreateAuthority> {
  if (redisUrl === undefined) return (wiring) => new LocalAuthority(wiring);
  const { SharedAuthority } = await import("./shared-authority.ts");
  return (wiring) => new SharedAuthority({ ...wiring, redisUrl });
}

function checkOptions(options: GuardOptions): void {
  const bounds = { callsPerSecond: 1, tokenCallsPerSecond: 1, queueMaxWaitMs: 0, instances: 1 } as const;
  for (const [name, least] of Object.entries(bounds) as [keyof typeof bounds, number][]) {
    const value = options[name];
    if (!Number.isInteger(value) || value < least || value > 1_000_000) {
      throw new RangeError(`${name} must be a whole number from ${least} to 1000000`);
    }
  }
}

class InstanceGuard implements Guard {
  readonly #options: GuardOptions;
  readonly #clock: Clock;
  readonly #throughput: Throughput;
  readonly #authority: Authority;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #upkeep: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: GuardOptions, createAuthority: CreateAuthority) {
    this.#options = options;
    this.#clock = options.clock;
    this.#throughput = new Throughput({
      callsPerSecond: options.callsPerSecond,
      maxWaitMs: options.queueMaxWaitMs,
      supply: unlimitedSupply,
    });
    const onPermits = () => this.#pump();
    this.#authority = createAuthority({ ...options, throughput: this.#throughput, onPermits });
  }

  async start(): Promise<void> {
    await this.#authority.start();
    this.#upkeep = setInterval(() => this.#tend(), upkeepMs);
    this.#upkeep.unref();
  }

  get mode(): Guard["mode"] {
    return this.#authority.mode;
  }

  get waiting(): number {
    return this.#throughput.waiting;
  }

  admit(
    tokenId: string,
    callsPerSecond: number | undefined,
    caller: { readonly signal: AbortSignal },
  ): Allowance | Promise<Allowance> {
    if (this.#closed) throw serviceError("shutting_down");
    const nowMs = this.#clock.monotonic();
    const share = this.#share(tokenId, callsPerSecond, nowMs);
    if (this.#throughput.take(share, nowMs)) return this.#allowance(share, nowMs);
    return this.#queue(share, caller.signal, nowMs);
  }

  allowance(tokenId: string, callsPerSecond: number | undefined): Allowance {
    const limit = this.#rate(callsPerSecond);
    const share = this.#throughput.shares.get(tokenId);
    if (share === undefined) return { limit, remaining: limit, resetMs: 0 };
    return this.#allowance(share, this.#clock.monotonic());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#upkeep);
    clearTimeout(this.#timer);
    this.#throughput.refuseAll(this.#clock.monotonic());
    await this.#authority.close();
  }

  #share(tokenId: string, callsPerSecond: number | undefined, nowMs: number): TokenShare {
    const share = this.#throughput.share(tokenId, this.#rate(callsPerSecond));
    this.#authority.watch(share, nowMs);
    return share;
  }

  /** A rate that makes no sense counts as the default; none exceeds the service's. */
  #rate(callsPerSecond: number | undefined): number {
    const { tokenCallsPerSecond, callsPerSecond: most } = this.#options;
    const given = callsPerSecond !== undefined && callsPerSecond >= 1 ? callsPerSecond : tokenCallsPerSecond;
    return Math.min(Math.floor(given), most);
  }

  #allowance(share: TokenShare, nowMs: number): Allowance {
    const used = share.window.count(nowMs);
    const limit = this.#throughput.tokenLimit(share);
    return {
      limit,
      remaining: Math.max(0, limit - used),
      resetMs: used === 0 ? 0 : wholeMs(share.window.lastMs + windowMs - nowMs),
    };
  }

  #queue(share: TokenShare, signal: AbortSignal, nowMs: number): Allowance | Promise<Allowance> {
    if (signal.aborted) throw abortError(signal);
    const turn = Promise.withResolvers<Allowance>();
    let outcome: Allowance | undefined;
    const leave = () => {
      if (this.#throughput.abandon(waiter)) turn.reject(abortError(signal));
    };
    const waiter: Waiter = {
      share,
      expiresMs: nowMs + Math.max(this.#options.queueMaxWaitMs, permitWaitMs),
      release: (atMs) => {
        signal.removeEventListener("abort", leave);
        outcome = this.#allowance(share, atMs);
        turn.resolve(outcome);
      },
      refuse: (refusal) => {
        signal.removeEventListener("abort", leave);
        turn.reject(refusalError(refusal));
      },
    };
    const refusal = this.#throughput.wait(waiter, nowMs);
    if (refusal !== undefined) throw refusalError(refusal);
    signal.addEventListener("abort", leave, { once: true });
    this.#pump();
    return outcome ?? turn.promise;
  }

  #pump(): void {
    if (this.#closed) return;
    const nowMs = this.#clock.monotonic();
    const againMs = this.#throughput.pump(nowMs);
    if (againMs === this.#timerAtMs && this.#timer !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAtMs = againMs;
    if (againMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#pump();
      },
      Math.max(1, Math.ceil(againMs - nowMs)),
    );
  }

  #tend(): void {
    const nowMs = this.#clock.monotonic();
    this.#authority.tend(this.#throughput.forgetIdle(nowMs, idleTokenMs));
  }
}

function refusalError(refusal: Refusal): Error {
  const id = refusal.by === "token" ? "rate_limited" : "service_saturated";
  return serviceError(id, { retryAfterMs: refusal.retryAfterMs });
}

/** The reason when it is an answer to the caller (its deadline, for one), otherwise that the caller left. */
function abortError(signal: AbortSignal): Error {
  return signal.reason instanceof ConnectError
    ? signal.reason
    : serviceError("cancelled", { cause: signal.reason });
}

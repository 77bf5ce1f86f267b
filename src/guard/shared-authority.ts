import type Bottleneck from "bottleneck";
import type { Authority, AuthorityOptions } from "./authority.ts";
import { after } from "./deadline.ts";
import type { Guard } from "./guard.ts";
import { Lease } from "./lease.ts";
import { openRedis, type RedisLink } from "./redis-link.ts";
import { windowMs } from "./sliding-window.ts";
import { type TokenShare, unlimitedSupply } from "./token-share.ts";

/** Pause before Redis is tried again, in milliseconds: the first time, afterwards. */
const firstRetryMs = 250;
const retryMs = 1000;
/** Permits return when their second is over, so that no second holds more calls; timers may be 1 ms early. */
const holdMs = windowMs + 1;
/** How long an instance believes that a token is hot; it is told every second. */
const hotMs = 2500;

/**
 * Several instances: Bottleneck counts in Redis the permits of the service, and those of tokens that exceed their
 * share on some instance ("hot"; the instances tell each other through Bottleneck's messages). While every instance
 * sees at most its share of a token, their sum cannot exceed the token's rate and nobody needs to count.
 * Redis down, frozen, slow or emptied: limits are divided by the number of instances until it is back.
 */
export class SharedAuthority implements Authority {
  mode: Guard["mode"] = "local-share";
  readonly #options: AuthorityOptions & { readonly redisUrl: string };
  #link: RedisLink | undefined;
  #limiter: Bottleneck | undefined;
  #lease: Lease | undefined;
  readonly #tokens = new Map<string, { lease: Lease | undefined }>();
  readonly #hotUntilMs = new Map<string, number>();
  #clear = false;
  #closed = false;

  constructor(options: AuthorityOptions & { readonly redisUrl: string }) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#options.throughput.divideAmong(this.#options.instances);
    try {
      await this.#join();
    } catch (error) {
      this.#say(reasonOf(error));
      void this.#rejoin();
    }
  }

  watch(share: TokenShare, nowMs: number): void {
    if (share.supply !== undefined || this.mode !== "shared") return;
    const hot = (this.#hotUntilMs.get(share.tokenId) ?? nowMs) > nowMs;
    if (!hot && !this.#exceedsShare(share, nowMs)) return;
    if (this.#tokens.has(share.tokenId)) return;
    if (!hot) this.#tell(share.tokenId);
    void this.#countToken(share);
  }

  tend(forgotten: readonly TokenShare[]): void {
    const nowMs = this.#options.clock.monotonic();
    for (const [tokenId, untilMs] of this.#hotUntilMs) {
      if (untilMs <= nowMs) this.#hotUntilMs.delete(tokenId);
    }
    for (const { tokenId } of forgotten) this.#dismiss(tokenId);
    for (const tokenId of this.#tokens.keys()) {
      const share = this.#options.throughput.shares.get(tokenId);
      if (share !== undefined && this.#exceedsShare(share, nowMs)) this.#tell(tokenId);
    }
    void this.#lease?.tend();
    for (const { lease } of this.#tokens.values()) void lease?.tend();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.mode === "shared") {
      const leases = [this.#lease, ...[...this.#tokens.values()].map(({ lease }) => lease)];
      await Promise.race([Promise.all(leases.map((lease) => lease?.drain())), after(1.2 * windowMs)]);
    }
    this.#leave();
  }

  #exceedsShare(share: TokenShare, nowMs: number): boolean {
    // Redis without a number of instances still means at least two.
    return share.window.count(nowMs) >= Math.floor(share.limit / Math.max(2, this.#options.instances));
  }

  async #join(): Promise<void> {
    const { callsPerSecond, throughput, redisUrl, onPermits } = this.#options;
    const link = await openRedis(redisUrl);
    this.#link = link;
    link.onError = (error) => this.#fail(link, error);
    try {
      const limiter = await link.limiter("service", callsPerSecond, this.#clear);
      const lease = this.#newLease(link, limiter, callsPerSecond);
      await lease.open();
      limiter.on("message", (message: string) => this.#hear(message));
      this.#limiter = limiter;
      this.#lease = lease;
    } catch (error) {
      this.#leave();
      throw error;
    }
    this.#clear = false;
    throughput.supply = this.#lease;
    this.mode = "shared";
    this.#say("Redis answers");
    onPermits();
    void this.#useFullLimit(link);
  }

  /** Calls of the last second were not counted together: the full limit applies when they are past. */
  async #useFullLimit(link: RedisLink): Promise<void> {
    await after(windowMs);
    if (this.#link !== link) return;
    this.#options.throughput.divideAmong(1);
    this.#options.onPermits();
  }

  #fail(link: RedisLink, error: unknown): void {
    if (this.#link !== link || this.#closed) return;
    const { throughput, instances, onPermits } = this.#options;
    this.#clear = isAboutClocks(error);
    this.#leave();
    throughput.divideAmong(instances);
    throughput.supply = unlimitedSupply;
    for (const share of throughput.shares.values()) share.supply = undefined;
    if (this.mode === "shared") {
      this.mode = "local-share";
      this.#say(reasonOf(error));
      void this.#rejoin();
    }
    onPermits();
  }

  async #rejoin(): Promise<void> {
    for (let pauseMs = firstRetryMs; ; pauseMs = retryMs) {
      await after(pauseMs);
      if (this.#closed) return;
      try {
        await this.#join();
        return;
      } catch {
        // Said when it began; it is said again when Redis is back.
      }
    }
  }

  #leave(): void {
    this.#lease?.close();
    for (const { lease } of this.#tokens.values()) lease?.close();
    this.#tokens.clear();
    this.#link?.close();
    this.#link = undefined;
    this.#lease = undefined;
    this.#limiter = undefined;
  }

  #newLease(link: RedisLink, limiter: Bottleneck, places: number): Lease {
    return new Lease({
      limiter,
      places,
      // 2 % of a second's permits: what lies here is missing elsewhere.
      target: Math.ceil(places / 50),
      holdMs,
      shared: true,
      clock: this.#options.clock,
      onGrant: this.#options.onPermits,
      onFailure: (error) => this.#fail(link, error),
    });
  }

  async #countToken(share: TokenShare): Promise<void> {
    const link = this.#link as RedisLink;
    const entry: { lease: Lease | undefined } = { lease: undefined };
    this.#tokens.set(share.tokenId, entry);
    try {
      const limiter = await link.limiter(`token-${share.tokenId}`, share.limit, false);
      if (this.#tokens.get(share.tokenId) !== entry) {
        link.release(limiter);
        return;
      }
      const lease = this.#newLease(link, limiter, share.limit);
      entry.lease = lease;
      share.supply = lease;
      await lease.open();
    } catch (error) {
      this.#fail(link, error);
    }
  }

  #dismiss(tokenId: string): void {
    const entry = this.#tokens.get(tokenId);
    if (entry === undefined) return;
    this.#tokens.delete(tokenId);
    entry.lease?.close();
    if (entry.lease !== undefined) this.#link?.release(entry.lease.limiter);
  }

  #tell(tokenId: string): void {
    this.#limiter?.publish(tokenId).catch(() => undefined);
  }

  #hear(tokenId: string): void {
    const nowMs = this.#options.clock.monotonic();
    this.#hotUntilMs.set(tokenId, nowMs + hotMs);
    const share = this.#options.throughput.shares.get(tokenId);
    if (share !== undefined) this.watch(share, nowMs);
  }

  #say(reason: string): void {
    this.#options.onModeChange?.({ mode: this.mode, reason });
  }
}

function isAboutClocks(error: unknown): boolean {
  return error instanceof Error && error.message.includes("clock");
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown failure";
}

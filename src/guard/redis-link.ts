// Bottleneck's connection to Redis, opened with a deadline and never repaired: whoever uses it opens another.
import Bottleneck from "bottleneck";
import { Redis } from "ioredis";
import { refusingJobs } from "./authority.ts";
import { answerWithin } from "./deadline.ts";

export interface RedisLink {
  /** Told of the first failure of the connection. */
  onError: (error: unknown) => void;
  /** A limiter with so many places, the same for all instances; `clear` forgets who holds them. */
  limiter(name: string, places: number, clear: boolean): Promise<Bottleneck>;
  /** Ends a limiter of this instance; its state in Redis stays until it expires. */
  release(limiter: Bottleneck): void;
  close(): void;
}

/** Longest wait for a connection with its limiters, in milliseconds. */
const openMs = 1000;
/** Period at which limiters show Redis that this instance lives, and time after which Redis forgets them. */
const heartbeatMs = 1000;
const keepMs = 60_000;
/** Starts the name of every key: `b_` is Bottleneck's. */
const prefix = "statut-guard-";

/** Connects; rejects when Redis does not answer in time. */
export async function openRedis(url: string): Promise<RedisLink> {
  const client = new Redis(url, {
    connectTimeout: openMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
  });
  const link = new BottleneckLink(client);
  try {
    await answerWithin(link.opened(), openMs);
    return link;
  } catch (error) {
    link.close();
    throw link.failure ?? error;
  }
}

class BottleneckLink implements RedisLink {
  onError: (error: unknown) => void = () => undefined;
  failure: unknown;
  readonly #connection: Bottleneck.IORedisConnection;
  readonly #ended = Promise.withResolvers<never>();
  #closed = false;

  constructor(client: Redis) {
    this.#connection = new Bottleneck.IORedisConnection({ client });
    this.#connection.on("error", (error: unknown) => this.#fail(error));
    client.on("end", () => this.#fail(new Error("Redis closed the connection")));
    this.#ended.promise.catch(() => undefined);
  }

  async opened(): Promise<void> {
    // Declared as a method, it is a promise.
    const ready = this.#connection.ready as unknown as Promise<{ subscriber: Redis }>;
    const { subscriber } = await Promise.race([ready, this.#ended.promise]);
    subscriber.on("end", () => this.#fail(new Error("Redis closed the connection")));
    forgiveUnsubscribe(subscriber);
  }

  async limiter(name: string, places: number, clear: boolean): Promise<Bottleneck> {
    const limiter = new Bottleneck({
      id: `${prefix}${name}`,
      connection: this.#connection,
      maxConcurrent: places,
      heartbeatInterval: heartbeatMs,
      timeout: keepMs,
      clearDatastore: clear,
      ...refusingJobs,
    });
    limiter.on("error", (error: unknown) => this.#fail(error));
    await answerWithin(limiter.ready(), openMs);
    // What Redis remembers may stem from another configuration: the last one holds.
    await answerWithin(Promise.resolve(limiter.updateSettings({ maxConcurrent: places })), openMs);
    return limiter;
  }

  release(limiter: Bottleneck): void {
    void limiter.disconnect(false);
  }

  close(): void {
    this.#closed = true;
    void this.#connection.disconnect(false);
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.failure ??= error;
    this.#ended.reject(error);
    this.onError(error);
  }
}

/** Bottleneck leaves the promise of its unsubscriptions alone: a lost connection would end the process. */
function forgiveUnsubscribe(subscriber: Redis): void {
  const unsubscribe = subscriber.unsubscribe.bind(subscriber) as (channel: string) => Promise<unknown>;
  subscriber.unsubscribe = ((channel: string) => unsubscribe(channel).catch(() => undefined)) as never;
}

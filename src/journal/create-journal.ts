// The event loop's side of the journal: collects the lines of a turn, hands them to the writer's thread in groups,
// and answers each call after its group was synced, or refuses it in time.
import { once } from "node:events";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import type { DatabaseLocation } from "../storage/database.ts";
import { waitLimits } from "../wait-limits.ts";
import { newChain } from "./chain.ts";
import type { Journal, JournalLine } from "./journal.ts";
import type { JournalKeys } from "./journal-keys.ts";
import { JournalQueue, type QueuedLine } from "./journal-queue.ts";
import type { WriterMessage, WriterSettings } from "./journal-writer.ts";
import { encodeLine, joinGroup } from "./line-encoding.ts";

/** Lines that may wait, with the writer and before it. */
const queueLimit = 2000;
const closeDeadlineMs = 4500;
const openDeadlineMs = 10_000;
/** For the writer to close its connection; it has nothing left to write. */
const endDeadlineMs = 500;
/** What dies young in the writer's thread: larger gives nothing but memory that is never given back. */
const writerYoungMib = 8;
/** Before a writer that died is replaced. */
const restartDelayMs = 50;

export interface JournalOptions {
  /** The migrated `journal` database. */
  readonly database: DatabaseLocation;
  readonly keys: JournalKeys;
  readonly clock: Clock;
  /** Told once of each outage, of each refused line, and of a writer that died; never of personal data. */
  readonly onError: (error: Error) => void;
}

/** A fault that the writer reports. */
class JournalError extends Error {
  override readonly name = "JournalError";
  /** Code of the database, such as SQLITE_FULL or 57P01, or empty. */
  readonly code: string;

  constructor(message: string, code = "") {
    super(message);
    this.code = code;
  }
}

/** Opens the journal and starts its writer; throws when the database cannot be opened. */
export async function createJournal(options: JournalOptions): Promise<Journal> {
  const journal = new WriterJournal(options);
  await journal.open();
  return journal;
}

interface Writer {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly chain: string;
}

class WriterJournal implements Journal {
  readonly #options: JournalOptions;
  readonly #queue = new JournalQueue();
  #writer: Writer | undefined;
  #ready = false;
  #stalled = false;
  #closing = false;
  #flushPlanned = false;
  #expiry: NodeJS.Timeout | undefined;
  #doubtful = 0;
  #onDrained: (() => void) | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  get healthy(): boolean {
    return this.#ready && !this.#stalled && !this.#closing;
  }

  append(line: JournalLine): Promise<void> {
    if (this.#closing) return refused("the journal is closed");
    if (this.#queue.length >= queueLimit) {
      this.#stall("the queue is full");
      return refused("the queue is full");
    }
    const deadline = this.#options.clock.monotonic() + waitLimits.traceMs;
    this.#expiry ??= setTimeout(() => this.#expire(), waitLimits.traceMs);
    if (!this.#flushPlanned) {
      this.#flushPlanned = true;
      setImmediate(() => this.#flush());
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ line, resolve, reject, deadline, settled: false });
    });
  }

  /** Starts the first writer and waits until it can write. */
  async open(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new JournalError("the journal did not open in time")),
      openDeadlineMs,
    );
    this.#start(undefined, resolve, reject);
    try {
      await promise;
    } catch (error) {
      this.#closing = true;
      await this.#writer?.worker.terminate();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#queue.length > 0) {
      await new Promise<void>((resolve) => {
        this.#onDrained = resolve;
        setTimeout(resolve, closeDeadlineMs).unref();
      });
    }
    this.#queue.expire(Number.POSITIVE_INFINITY);
    clearTimeout(this.#expiry);
    await this.#endWriter();
  }

  async #endWriter(): Promise<void> {
    if (this.#writer === undefined) return;
    const { worker, port } = this.#writer;
    const timer = setTimeout(() => worker.terminate(), endDeadlineMs);
    const ended = once(worker, "exit");
    port.postMessage("");
    await ended;
    clearTimeout(timer);
  }

  #start(dead: Writer | undefined, onReady?: () => void, onFailure?: (error: Error) => void): void {
    const { port1: port, port2 } = new MessageChannel();
    const chain = newChain();
    const { database, keys } = this.#options;
    const settings: WriterSettings = {
      port: port2,
      database,
      keys,
      chain,
      deadChain: dead?.chain,
      queueLimit,
    };
    const worker = new Worker(new URL("./journal-writer.ts", import.meta.url), {
      workerData: settings,
      transferList: [port2],
      name: "journal",
      resourceLimits: { maxYoungGenerationSizeMb: writerYoungMib },
    });
    const writer: Writer = { worker, port, chain };
    this.#writer = writer;
    port.on("message", (message: WriterMessage) => {
      if (message === "ready") onReady?.();
      this.#receive(message);
    });
    let failure = new JournalError("the journal's writer ended");
    worker.once("error", (error: Error) => {
      failure = new JournalError(`the journal's writer failed: ${error.message}`);
    });
    worker.once("exit", () => {
      port.close();
      if (this.#closing) return;
      if (onFailure !== undefined && !this.#ready) onFailure(failure);
      this.#restart(writer, failure);
    });
  }

  #restart(dead: Writer, failure: JournalError): void {
    const first = this.#ready;
    this.#ready = false;
    this.#doubtful = Math.max(this.#doubtful, this.#queue.takeBack());
    if (first) this.#options.onError(failure);
    setTimeout(() => {
      if (!this.#closing) this.#start(dead);
    }, restartDelayMs);
  }

  #receive(message: WriterMessage): void {
    if (message === "ready") {
      this.#ready = true;
    } else if (message === 0 || Array.isArray(message)) {
      this.#stalled = false;
      this.#queue.acknowledge(message === 0 ? [] : (message as readonly number[]));
      if (this.#queue.length === 0) this.#onDrained?.();
    } else {
      const {
        kind,
        message: text,
        code,
      } = message as Exclude<WriterMessage, 0 | "ready" | readonly number[]>;
      this.#stalled ||= kind === "database";
      this.#options.onError(new JournalError(text, code));
    }
    this.#send();
  }

  #flush(): void {
    this.#flushPlanned = false;
    this.#send();
  }

  #send(): void {
    if (!this.#ready) return;
    const group = this.#queue.take();
    if (group === undefined) return;
    const doubtful = this.#doubtful > 0 ? 1 : 0;
    this.#doubtful = Math.max(0, this.#doubtful - group.length);
    this.#writer?.port.postMessage(encodeGroup(doubtful, group));
  }

  #stall(reason: string): void {
    if (!this.#stalled) this.#options.onError(new JournalError(reason));
    this.#stalled = true;
  }

  #expire(): void {
    // After a turn that was too long, acknowledgements may wait behind this timer.
    const { port } = this.#writer as Writer;
    for (let item = receiveMessageOnPort(port); item !== undefined; item = receiveMessageOnPort(port)) {
      this.#receive(item.message as WriterMessage);
    }
    const { monotonic } = this.#options.clock;
    let next: number | undefined;
    let refused: number;
    // While some are refused, others become late: whatever else waits for its turn waits behind them.
    do {
      ({ refused, next } = this.#queue.expire(monotonic()));
      if (refused > 0) this.#stall("lines are not durable in time");
    } while (refused > 0 && next !== undefined && next <= monotonic());
    this.#expiry =
      next === undefined ? undefined : setTimeout(() => this.#expire(), Math.max(1, next - monotonic()));
  }
}

function refused(reason: string): Promise<never> {
  return Promise.reject(serviceError("trace_unavailable", { cause: new Error(reason) }));
}

function encodeGroup(doubtful: 0 | 1, group: readonly QueuedLine[]): string {
  return `${doubtful}${joinGroup(group.map(({ line }) => encodeLine(line)))}`;
}

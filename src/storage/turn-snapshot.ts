import type { Database } from "better-sqlite3";

/**
 * One read transaction for all statements of a turn of the event loop. SQLite takes its locks and opens the WAL at the
 * start of a transaction and lets go at its end: alone, that is two thirds of what a lookup costs (10 µs, else 3).
 */
export class TurnSnapshot {
  readonly #connection: Database;
  readonly #begin;
  readonly #commit;
  #isOpen = false;

  constructor(connection: Database) {
    this.#connection = connection;
    this.#begin = connection.prepare("begin");
    this.#commit = connection.prepare("commit");
  }

  /** Opens it, for the rest of this turn. */
  enter(): void {
    if (this.#isOpen) return;
    this.#begin.run();
    this.#isOpen = true;
    setImmediate(() => this.#leave());
  }

  #leave(): void {
    this.#isOpen = false;
    // A failed statement may have ended it, or the connection was closed.
    if (this.#connection.open && this.#connection.inTransaction) this.#commit.run();
  }
}

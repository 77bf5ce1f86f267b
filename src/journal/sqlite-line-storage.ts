import Sqlite from "better-sqlite3";
import { countedLine, factsOf, type KindFacts } from "./counted-line.ts";
import { callColumns, encodingVersion, kindColumns, type PlainValue, readValues } from "./line-encoding.ts";
import type { LineStorage, StoredLine, WriteFault } from "./line-storage.ts";
import { openSqliteFiling } from "./sqlite-filing-storage.ts";
import { openSegments } from "./sqlite-segment-storage.ts";
import { TakenError } from "./taken-error.ts";

// In the writer's thread, waiting blocks nothing but the queue; calls give up after their own deadline.
const busyTimeoutMs = 100;
/** WAL pages after which a commit also moves them to the database file: rarer means larger but fewer pauses. */
const checkpointPages = 2000;
/** Rows of one statement. */
const blockRows = 8;
/** Callers choose some of what makes a kind: more are looked up in the table again. */
const keptKinds = 4096;

const lineNames = [
  ...["chain", "seq", "kind", "commitment", "hash", "salt"],
  ...callColumns.map(({ name }) => name),
  ...["sealed", "ine_index"],
];
const kindNames = ["version", "key_id", ...kindColumns.map(({ name }) => name)];

function insertInto(table: string, columns: readonly string[], rows: number): string {
  const row = `(${columns.map(() => "?").join(", ")})`;
  return `insert into ${table} (${columns.join(", ")}) values ${Array(rows).fill(row).join(", ")}`;
}

/** The writer's connection to a SQLite file: WAL and synchronous=FULL, so that each commit is an fdatasync. */
export function openSqliteLineStorage(file: string): LineStorage {
  let open = openFile(file);
  return {
    write: (lines) => open.write(lines),
    upkeep: () => open.upkeep(),
    faultOf,
    recover(error) {
      // A lock or a full disk goes away by itself; opening anew would need space.
      if (/^SQLITE_(BUSY|LOCKED|FULL)/.test(codeOf(error))) return;
      open.connection.close();
      open = openFile(file);
    },
    head(chain) {
      return open.connection
        .prepare<[string], { seq: number; hash: Buffer }>(
          "select seq, hash from journal_chains where chain = ?",
        )
        .get(chain);
    },
    lastRequestIds(chain, limit) {
      // No more than the chain has: looking for others would read the whole journal.
      return open.connection
        .prepare<[string, number, string], string>(
          `select request_id from journal where chain = (select number from journal_chains where chain = ?)
            order by id desc limit min(?, (select seq + 1 from journal_chains where chain = ?))`,
        )
        .pluck()
        .all(chain, limit, chain);
    },
    close() {
      open.connection.close();
    },
  };
}

function openFile(file: string) {
  const connection = new Sqlite(file, { fileMustExist: true, timeout: busyTimeoutMs });
  connection.pragma("journal_mode = WAL");
  connection.pragma("synchronous = FULL");
  connection.pragma("secure_delete = ON");
  connection.pragma(`wal_autocheckpoint = ${checkpointPages}`);
  // What is read again is the segment that is filed, some 4 MiB, and the latest of the statistics.
  connection.pragma("cache_size = -16384");
  // What a statement of the filing would put back goes to no file of its own.
  connection.pragma("temp_store = MEMORY");
  const kinds = prepareKinds(connection);
  const insertLines = prepareLines(connection, kinds.of);
  const moveHead = prepareHead(connection);
  const segments = openSegments(connection);
  const filing = openSqliteFiling(connection);
  let lastId = connection.prepare<[], number | null>("select max(id) from journal").pluck().get() ?? 0;
  let written: { readonly lines: readonly StoredLine[]; readonly lastId: number }[] = [];
  const transaction = connection.transaction((lines: readonly StoredLine[]) =>
    insertLines(moveHead(lines), lines),
  ).immediate;
  return {
    connection,
    write(lines: readonly StoredLine[]) {
      try {
        lastId = transaction(lines);
        written.push({ lines, lastId });
      } catch (error) {
        // The numbers of new kinds went with the transaction.
        kinds.forget();
        throw error;
      }
    },
    // Calls wait for the write, and nobody for this.
    upkeep() {
      segments.file(lastId);
      for (const group of written) {
        const counted = group.lines.map((line) => countedLine(line, kinds.of(line).facts));
        filing.wrote(counted, group.lastId);
      }
      written = [];
      return filing.keepUp();
    },
  };
}

/** Inserts the lines of a chain and returns the id of the last one. */
function prepareLines(connection: Sqlite.Database, kindOf: (line: StoredLine) => Kind) {
  const block = connection.prepare(insertInto("journal", lineNames, blockRows));
  const single = connection.prepare(insertInto("journal", lineNames, 1));
  return (chain: number, lines: readonly StoredLine[]): number => {
    let last: number | bigint = 0;
    let row: unknown[] = [];
    const blocks = lines.length - (lines.length % blockRows);
    for (const [index, line] of lines.entries()) {
      addRow(row, chain, kindOf(line).number, line);
      if (index < blocks && row.length < blockRows * lineNames.length) continue;
      last = (index < blocks ? block : single).run(...row).lastInsertRowid;
      row = [];
    }
    return Number(last);
  };
}

function addRow(row: unknown[], chain: number, kind: number, line: StoredLine): void {
  row.push(chain, line.seq, kind, line.commitment, line.hash, line.salt);
  for (const value of line.call) row.push(value);
  row.push(line.sealed, line.ineIndex);
}

/** What calls of a kind have in common. */
interface Kind {
  readonly number: number;
  readonly facts: KindFacts;
}

interface Kinds {
  /** A line's kind, which is stored when it is new. */
  of(line: StoredLine): Kind;
  forget(): void;
}

function prepareKinds(connection: Sqlite.Database): Kinds {
  const same = kindNames.map((name) => `${name} is ?`).join(" and ");
  const find = connection
    .prepare<PlainValue[], number>(`select number from journal_kinds where ${same}`)
    .pluck();
  const add = connection.prepare<PlainValue[]>(insertInto("journal_kinds", kindNames, 1));
  const kept = new Map<string, Kind>();
  let latest: { readonly kind: string; readonly found: Kind } | undefined;
  return {
    // A writer has one key and one version.
    of({ kind, keyId }) {
      // Most lines are of the kind of the line before them: to compare is cheaper than to look up.
      if (latest?.kind === kind) return latest.found;
      const known = kept.get(kind);
      if (known !== undefined) {
        latest = { kind, found: known };
        return known;
      }
      if (kept.size >= keptKinds) kept.clear();
      const values = readValues(kind);
      const row = [encodingVersion, keyId, ...values];
      const number = find.get(...row) ?? Number(add.run(...row).lastInsertRowid);
      const found = { number, facts: factsOf(values) };
      kept.set(kind, found);
      return found;
    },
    forget() {
      kept.clear();
      latest = undefined;
    },
  };
}

/** Moves the head of a chain over lines and returns the chain's number. */
function prepareHead(connection: Sqlite.Database) {
  const start = connection.prepare("insert into journal_chains (chain, seq, hash) values (?, ?, ?)");
  const move = connection
    .prepare<unknown[], number>(
      "update journal_chains set seq = ?, hash = ? where chain = ? and seq = ? returning number",
    )
    .pluck();
  return (lines: readonly StoredLine[]): number => {
    const { chain, seq: first } = lines[0] as StoredLine;
    const { seq, hash } = lines.at(-1) as StoredLine;
    if (first === 0) return Number(start.run(chain, seq, hash).lastInsertRowid);
    const number = move.get(seq, hash, chain, first - 1);
    if (number === undefined) throw new TakenError();
    return number;
  };
}

function faultOf(error: unknown): WriteFault {
  if (error instanceof TakenError) return "taken";
  const { message } = error as Error;
  const code = codeOf(error);
  if (code === "SQLITE_CONSTRAINT_UNIQUE" && message.includes("journal_chains.chain")) return "taken";
  if (/^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(code)) return "row";
  return error instanceof TypeError || error instanceof RangeError ? "row" : "database";
}

function codeOf(error: unknown): string {
  return error instanceof Sqlite.SqliteError ? error.code : "";
}

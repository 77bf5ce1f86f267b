import Sqlite from "better-sqlite3";
import type { UsageCount } from "./journal-usage.ts";
import { encodingVersion, plainColumns } from "./line-encoding.ts";
import type { LineStorage, StoredLine, WriteFault } from "./line-storage.ts";

// In the writer's thread, waiting blocks nothing but the queue; calls give up after their own deadline.
const busyTimeoutMs = 100;
/** WAL pages after which a commit also moves them to the database file: rarer means larger but fewer pauses. */
const checkpointPages = 2000;

const names = plainColumns.map(({ name }) => name);
const columns = [
  "chain",
  "seq",
  "version",
  "commitment",
  "hash",
  "salt",
  ...names,
  "sealed",
  "key_id",
  "ine_index",
];
const insertLine = `insert into journal (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`;
const addUsage =
  "insert into journal_usage (token_id, day, rpc, outcome, slot, calls) values (?, ?, ?, ?, ?, ?) " +
  "on conflict (token_id, day, rpc, outcome, slot) do update set calls = calls + excluded.calls";

/** The writer's connection to a SQLite file: WAL and synchronous=FULL, so that each commit is an fdatasync. */
export function openSqliteLineStorage(file: string): LineStorage {
  let open = openFile(file);
  return {
    write(lines, usage, slot) {
      open.transaction(lines, usage, slot);
    },
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
          "select seq, hash from journal where chain = ? order by seq desc limit 1",
        )
        .get(chain);
    },
    lastRequestIds(chain, limit) {
      return open.connection
        .prepare<[string, number], string>(
          "select request_id from journal where chain = ? order by seq desc limit ?",
        )
        .pluck()
        .all(chain, limit);
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
  connection.pragma("cache_size = -65536");
  const line = connection.prepare(insertLine);
  const count = connection.prepare(addUsage);
  const write = (lines: readonly StoredLine[], usage: readonly UsageCount[], slot: number) => {
    for (const stored of lines) line.run(...rowOf(stored));
    for (const { tokenId, day, rpc, outcome, calls } of usage)
      count.run(tokenId, day, rpc, outcome, slot, calls);
  };
  return { connection, transaction: connection.transaction(write).immediate };
}

function rowOf(line: StoredLine): unknown[] {
  const { chain, seq, commitment, hash, salt, values, sealed, keyId, ineIndex } = line;
  return [chain, seq, encodingVersion, commitment, hash, salt, ...values, sealed, keyId, ineIndex];
}

function faultOf(error: unknown): WriteFault {
  const code = codeOf(error);
  if (code === "SQLITE_CONSTRAINT_PRIMARYKEY") return "taken";
  if (/^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(code)) return "row";
  return error instanceof TypeError || error instanceof RangeError ? "row" : "database";
}

function codeOf(error: unknown): string {
  return error instanceof Sqlite.SqliteError ? error.code : "";
}

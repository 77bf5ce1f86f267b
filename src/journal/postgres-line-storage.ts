import pg from "pg";
import { encodingVersion, plainColumns, position, readValues } from "./line-encoding.ts";
import type { LineStorage, StoredLine, WriteFault } from "./line-storage.ts";
import { openPostgresFiling } from "./postgres-filing-storage.ts";
import { makePartitions, monthOf } from "./postgres-partition-storage.ts";
import { runOnPostgres } from "./sql-runner-storage.ts";
import { TakenError } from "./taken-error.ts";

const connectTimeoutMs = 1000;
/** Longest wait for an answer before the connection counts as lost. */
const answerTimeoutMs = 1500;

const lineColumns = [
  ["month", "int4"],
  ["seq", "int8"],
  ["commitment", "bytea"],
  ["hash", "bytea"],
  ["salt", "bytea"],
  ...plainColumns.map(({ name, type }) => [name, type] as const),
  ["sealed", "bytea"],
  ["key_id", "text"],
  ["ine_index", "bytea"],
] as const;
const names = lineColumns.map(([name]) => name).join(", ");
const arrays = lineColumns.map(([, type], index) => `$${index + 6}::${type}[]`).join(", ");

// One statement is one transaction and one round trip. The head of the chain moves over the lines, and only from the
// line before them: the partitions could not keep the places of a chain unique.
function writeGroup(head: string): string {
  return `with head as (${head} returning 1),
  lines as (
    insert into journal (chain, version, ${names})
    select $1, $2::int4, ${names} from unnest(${arrays}) as line(${names}) where exists (select from head)
  )
  select count(*)::int4 as moved from head`;
}
const startChain = writeGroup(
  "insert into journal_chains (chain, seq, hash) select $1, $4::int8, $5::bytea where $3::int8 = 0",
);
const continueChain = writeGroup(
  "update journal_chains set seq = $4::int8, hash = $5::bytea where chain = $1 and seq = $3::int8 - 1",
);

/** The writer's one connection to PostgreSQL; a write answers after the WAL was flushed. */
export async function openPostgresLineStorage(url: string, onLost: () => void): Promise<LineStorage> {
  let current = await connect(url, lost);
  await makePartitions(runOnPostgres(current));
  const filing = openPostgresFiling(url);
  function lost(client: pg.Client): void {
    if (client === current) onLost();
  }
  return {
    async write(lines) {
      const [name, text] =
        lines[0]?.seq === 0 ? ["journal_start", startChain] : ["journal_write", continueChain];
      const { rows } = await current.query<{ moved: number }>({ name, text, values: valuesOf(lines) });
      if (rows[0]?.moved !== 1) throw new TakenError();
      filing.wrote(lines.length);
    },
    // On a connection of its own, beside the next writes.
    upkeep: () => filing.keepUp(),
    faultOf,
    async recover() {
      destroy(current);
      current = await connect(url, lost);
    },
    async head(chain) {
      const { rows } = await current.query<{ seq: string; hash: Buffer }>(
        "select seq, hash from journal_chains where chain = $1",
        [chain],
      );
      return rows[0] && { seq: Number(rows[0].seq), hash: rows[0].hash };
    },
    async lastRequestIds(chain, limit) {
      const { rows } = await current.query<{ request_id: string }>(
        "select request_id from journal where chain = $1 order by seq desc limit $2",
        [chain, limit],
      );
      return rows.map((row) => row.request_id);
    },
    async close() {
      await filing.close();
      await current.end();
    },
  };
}

async function connect(url: string, lost: (client: pg.Client) => void): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
  });
  client.on("error", () => lost(client));
  try {
    await client.connect();
    // A server whose default is weaker must not weaken the journal. A statement that we gave up must end as well.
    await client.query(`set synchronous_commit to on; set statement_timeout to ${answerTimeoutMs}`);
  } catch (error) {
    destroy(client);
    throw error;
  }
  return client;
}

/** Cuts the connection at once; `end` would wait for a server that may be frozen. */
function destroy(client: pg.Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

function valuesOf(lines: readonly StoredLine[]): unknown[] {
  const first = lines[0] as StoredLine;
  const last = lines.at(-1) as StoredLine;
  const values = lines.map(({ call, kind }) => [...call, ...readValues(kind)]);
  return [
    first.chain,
    encodingVersion,
    first.seq,
    last.seq,
    last.hash,
    values.map((ofLine) => monthOf(Number(ofLine[position.receivedAt]))),
    lines.map(({ seq }) => seq),
    lines.map(({ commitment }) => commitment),
    lines.map(({ hash }) => hash),
    lines.map(({ salt }) => salt),
    ...plainColumns.map((_, index) => values.map((ofLine) => ofLine[index])),
    lines.map(({ sealed }) => sealed),
    lines.map(({ keyId }) => keyId),
    lines.map(({ ineIndex }) => ineIndex),
  ];
}

function faultOf(error: unknown): WriteFault {
  if (error instanceof TakenError) return "taken";
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  if (typeof code !== "string") return "database";
  if (code === "23505" && constraint === "journal_chains_pkey") return "taken";
  // Data exception, constraint, raised by a trigger, program limit (of one value).
  return /^(22|23|P0|54)[0-9A-Z]{3}/.test(code) ? "row" : "database";
}

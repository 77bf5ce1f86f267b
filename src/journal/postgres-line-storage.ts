import pg from "pg";
import { encodingVersion } from "./line-encoding.ts";
import type { LineStorage, StoredLine, WriteFault } from "./line-storage.ts";
import { openPostgresFiling } from "./postgres-filing-storage.ts";
import { arrayColumns, LineArrays } from "./postgres-line-array.ts";
import { makePartitions } from "./postgres-partition-storage.ts";
import { runOnPostgres } from "./sql-runner-storage.ts";
import { TakenError } from "./taken-error.ts";

const connectTimeoutMs = 1000;
/** Longest wait for an answer before the connection counts as lost. */
const answerTimeoutMs = 1500;

const names = arrayColumns.join(", ");

// One statement is one transaction and one round trip. The head of the chain moves over the lines, and only from the
// line before them: the partitions could not keep the places of a chain unique.
function writeGroup(head: string): string {
  return `with head as (${head} returning 1),
  lines as (
    insert into journal (chain, version, key_id, ${names})
    select $1, $5::int4, $6, ${names} from unnest($7::journal_line[]) where exists (select from head)
  )
  select count(*)::int4 as moved from head`;
}
const startChain = writeGroup(
  "insert into journal_chains (chain, seq, hash) select $1, $3::int8, $4::bytea where $2::int8 = 0",
);
const continueChain = writeGroup(
  "update journal_chains set seq = $3::int8, hash = $4::bytea where chain = $1 and seq = $2::int8 - 1",
);

/** The writer's one connection to PostgreSQL; a write answers after the WAL was flushed. */
export async function openPostgresLineStorage(url: string, onLost: () => void): Promise<LineStorage> {
  let current = await connect(url, lost);
  await makePartitions(runOnPostgres(current));
  let lineType = await typeOfLine(current);
  const arrays = new LineArrays();
  const filing = openPostgresFiling(url, (line) => arrays.counted(line));
  function lost(client: pg.Client): void {
    if (client === current) onLost();
  }
  return {
    async write(lines) {
      const { chain, seq: first, keyId } = lines[0] as StoredLine;
      const last = lines.at(-1) as StoredLine;
      const [name, text] = first === 0 ? ["journal_start", startChain] : ["journal_write", continueChain];
      const array = arrays.encode(lineType, lines);
      const values = [chain, first, last.seq, last.hash, encodingVersion, keyId, array];
      const { rows } = await current.query<{ moved: number }>({ name, text, values });
      if (rows[0]?.moved !== 1) throw new TakenError();
      filing.wrote(chain, lines);
    },
    // On a connection of its own, beside the next writes.
    upkeep: () => filing.keepUp(),
    faultOf,
    async recover() {
      destroy(current);
      current = await connect(url, lost);
      lineType = await typeOfLine(current);
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
        `select request_id from journal
          where chain = $1 and seq > (select seq from journal_chains where chain = $1) - $2 order by seq desc`,
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

/** Number of the type of a line: a migration makes it, once. */
async function typeOfLine(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ type: number }>("select 'journal_line'::regtype::oid as type");
  return rows[0]?.type ?? 0;
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

function faultOf(error: unknown): WriteFault {
  if (error instanceof TakenError) return "taken";
  // A number beyond its column's range.
  if (error instanceof RangeError) return "row";
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  if (typeof code !== "string") return "database";
  if (code === "23505" && constraint === "journal_chains_pkey") return "taken";
  // Data exception, constraint, raised by a trigger, program limit (of one value).
  return /^(22|23|P0|54)[0-9A-Z]{3}/.test(code) ? "row" : "database";
}

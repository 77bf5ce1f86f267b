import pg from "pg";
import { type CountedCalls, countUsage } from "./journal-usage.ts";
import { encodingVersion, type PlainValue, plainColumns, position, readValues } from "./line-encoding.ts";
import type { LineStorage, StoredLine, WriteFault } from "./line-storage.ts";

const connectTimeoutMs = 1000;
/** Longest wait for an answer before the connection counts as lost. */
const answerTimeoutMs = 1500;
/** Usage counts of writers that run at the same time stand apart. */
const slots = 16;

const lineColumns = [
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
const arrays = lineColumns.map(([, type], index) => `$${index + 3}::${type}[]`).join(", ");
const usageAt = lineColumns.length + 3;

// One statement is one transaction and one round trip.
const writeGroup = `with lines as (
  insert into journal (chain, version, ${names})
  select $1, $2::int4, ${names} from unnest(${arrays}) as line(${names})
)
insert into journal_usage (token_id, day, rpc, outcome, slot, calls)
select token_id, day, rpc, outcome, $${usageAt}::int4, calls
from unnest($${usageAt + 1}::text[], $${usageAt + 2}::text[], $${usageAt + 3}::text[], $${usageAt + 4}::text[],
  $${usageAt + 5}::int8[]) as count(token_id, day, rpc, outcome, calls)
on conflict (token_id, day, rpc, outcome, slot) do update set calls = journal_usage.calls + excluded.calls`;

/** The writer's one connection to PostgreSQL; a write answers after the WAL was flushed. */
export async function openPostgresLineStorage(url: string, onLost: () => void): Promise<LineStorage> {
  let current = await connect(url, lost);
  function lost(client: pg.Client): void {
    if (client === current) onLost();
  }
  return {
    async write(lines) {
      await current.query({ name: "journal_write", text: writeGroup, values: valuesOf(lines) });
    },
    upkeep() {
      // The server keeps the indexes, and each write its counts.
    },
    faultOf,
    async recover() {
      destroy(current);
      current = await connect(url, lost);
    },
    async head(chain) {
      const { rows } = await current.query<{ seq: string; hash: Buffer }>(
        "select seq, hash from journal where chain = $1 order by seq desc limit 1",
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
  const chain = lines[0]?.chain ?? "";
  const values = lines.map(({ call, kind }) => [...call, ...readValues(kind)]);
  const usage = countUsage(callsOf(values));
  return [
    chain,
    encodingVersion,
    lines.map(({ seq }) => seq),
    lines.map(({ commitment }) => commitment),
    lines.map(({ hash }) => hash),
    lines.map(({ salt }) => salt),
    ...plainColumns.map((_, index) => values.map((ofLine) => ofLine[index])),
    lines.map(({ sealed }) => sealed),
    lines.map(({ keyId }) => keyId),
    lines.map(({ ineIndex }) => ineIndex),
    slotOf(chain),
    usage.map(({ tokenId }) => tokenId),
    usage.map(({ day }) => day),
    usage.map(({ rpc }) => rpc),
    usage.map(({ outcome }) => outcome),
    usage.map(({ calls }) => calls),
  ];
}

function slotOf(chain: string): number {
  return Number.parseInt(chain.slice(0, 8), 16) % slots;
}

function* callsOf(lines: readonly (readonly PlainValue[])[]): Generator<CountedCalls> {
  for (const values of lines) {
    const tokenId = values[position.tokenId];
    if (typeof tokenId !== "string") continue;
    const receivedAt = Number(values[position.receivedAt]);
    const rpc = values[position.rpc] as string | null;
    const outcome = values[position.outcome] as string | null;
    yield { tokenId, receivedAt, rpc, outcome, calls: 1 };
  }
}

function faultOf(error: unknown): WriteFault {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  if (typeof code !== "string") return "database";
  if (code === "23505" && constraint === "journal_pkey") return "taken";
  // Data exception, constraint, raised by a trigger, program limit (of one value).
  return /^(22|23|P0|54)[0-9A-Z]{3}/.test(code) ? "row" : "database";
}

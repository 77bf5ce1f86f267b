// The lines that the roll-ups do not hold yet. PostgreSQL files chain by chain, SQLite by the order of writing.
import type { CountedLine } from "./rollup.ts";
import type { SqlRunner } from "./sql-runner-storage.ts";

/** How far the lines of a chain are filed; SQLite has one mark, whose chain is empty. */
export interface Mark {
  readonly chain: string;
  readonly seq: number;
}

export interface UnfiledLines {
  readonly lines: readonly CountedLine[];
  /** The marks once these lines are filed. */
  readonly marks: readonly Mark[];
}

const counted =
  'received_at as "receivedAt", token_id as "tokenId", procedure_id as "procedureId", protocol, rpc, ' +
  'http_status as "httpStatus", rpc_code as "rpcCode", error_id as "errorId", outcome, ' +
  'duration_us as "durationUs", response_bytes as "responseBytes", ine_index as "ineIndex"';

/** Rows before their numbers are read: PostgreSQL's 64-bit numbers are texts where no parser is set. */
type LineRow = CountedLine & { readonly place: number | string };

/** At most about `limit` of the lines that this generation lacks, oldest first in their chain. */
export async function readUnfiledLines(
  sql: SqlRunner,
  generation: number,
  limit: number,
): Promise<UnfiledLines> {
  return sql.dialect === "sqlite"
    ? await readInOrder(sql, generation, limit)
    : await readByChain(sql, generation, limit);
}

/** How far a SQLite journal is filed: the id of its last line that this generation holds; 0 before the first. */
export async function filedOnSqlite(sql: SqlRunner, generation: number): Promise<number> {
  const [row] = await sql.run<{ seq: number }>(
    "select seq from journal_rollup_marks where generation = ? and chain = ''",
    [generation],
  );
  return row?.seq ?? 0;
}

async function readInOrder(sql: SqlRunner, generation: number, limit: number): Promise<UnfiledLines> {
  // Joined here and not through the view, which would be read whole.
  const rows = await sql.run<LineRow>(
    `select l.id as place, ${counted} from journal l left join journal_kinds k on k.number = l.kind
      where l.id > coalesce((select seq from journal_rollup_marks where generation = ? and chain = ''), 0)
      order by l.id limit ?`,
    [generation, limit],
  );
  const last = rows.at(-1);
  return { lines: rows, marks: last === undefined ? [] : [{ chain: "", seq: Number(last.place) }] };
}

async function readByChain(sql: SqlRunner, generation: number, limit: number): Promise<UnfiledLines> {
  return await readChains(sql, await unfiledChains(sql, generation), limit);
}

/** The places of a PostgreSQL chain that wait to be filed: those after `filed`, up to `last`. */
export interface UnfiledChain {
  readonly chain: string;
  readonly filed: number;
  readonly last: number;
}

/** The chains of a PostgreSQL journal with lines that this generation lacks. */
export async function unfiledChains(sql: SqlRunner, generation: number): Promise<UnfiledChain[]> {
  const rows = await sql.run<{ chain: string; filed: number | string; last: number | string }>(
    `select c.chain, coalesce(m.seq, -1) as filed, c.seq as last from journal_chains c
      left join journal_rollup_marks m on m.generation = ? and m.chain = c.chain
      where c.seq > coalesce(m.seq, -1) order by c.chain`,
    [generation],
  );
  return rows.map(({ chain, filed, last }) => ({ chain, filed: Number(filed), last: Number(last) }));
}

/** At most `limit` of the lines that wait in these chains. */
export async function readChains(
  sql: SqlRunner,
  chains: readonly UnfiledChain[],
  limit: number,
): Promise<UnfiledLines> {
  const lines: CountedLine[] = [];
  const marks: Mark[] = [];
  let left = limit;
  for (const { chain, filed, last } of chains) {
    if (left <= 0) break;
    if (last <= filed) continue;
    const seq = Math.min(last, filed + left);
    left -= seq - filed;
    for (const line of await readStretch(sql, chain, filed, seq)) lines.push(line);
    marks.push({ chain, seq });
  }
  return { lines, marks };
}

/**
 * The lines of a chain after one place, up to another. Without an end, a limit would be all that bounds the statement, and
 * PostgreSQL, which knows nothing of lines this new, reads the chain to its end and sorts it for each pass.
 */
async function readStretch(sql: SqlRunner, chain: string, after: number, last: number) {
  const rows = await sql.run<LineRow>(
    `select seq as place, ${counted} from journal where chain = ? and seq > ? and seq <= ? order by seq`,
    [chain, after, last],
  );
  return rows.map(withNumbers);
}

function withNumbers(row: LineRow): CountedLine {
  const { receivedAt, durationUs, responseBytes } = row;
  return {
    ...row,
    receivedAt: receivedAt === null ? null : Number(receivedAt),
    durationUs: durationUs === null ? null : Number(durationUs),
    responseBytes: responseBytes === null ? null : Number(responseBytes),
  };
}

export async function moveMarks(sql: SqlRunner, generation: number, marks: readonly Mark[]): Promise<void> {
  for (const { chain, seq } of marks) {
    await sql.run(
      `insert into journal_rollup_marks (generation, chain, seq) values (?, ?, ?)
        on conflict (generation, chain) do update set seq = excluded.seq`,
      [generation, chain, seq],
    );
  }
}

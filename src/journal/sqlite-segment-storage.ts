// Files the lines of a SQLite journal, one full segment at a time: sorted entries for the searches by student and by
// token, the span of its instants, and its usage counts. What is not filed yet is scanned by whoever reads.
import type { Database } from "better-sqlite3";
import { type CountedCalls, countUsage } from "./journal-usage.ts";

/** Lines of a segment: ids from `number * segmentLines` on. The triggers of the migration know it too. */
export const segmentLines = 8192;
/** Within one of these the day in Paris does not change. */
export const quarterMs = 900_000;

export interface Segments {
  /** Files the segments that lines up to `lastId` have filled, each in a transaction of its own. */
  file(lastId: number): void;
}

/** The segments of a writer's connection; several processes may file, whoever comes first. */
export function openSegments(connection: Database): Segments {
  const firstUnfiled = connection
    .prepare<[], number>("select coalesce(max(number) + 1, 0) from journal_segments")
    .pluck();
  const fileSegment = connection.transaction(prepareFiling(connection)).immediate;
  let next: number | undefined;
  return {
    file(lastId) {
      next ??= firstUnfiled.get() as number;
      while (lastId >= (next + 1) * segmentLines - 1) {
        fileSegment(next);
        next = firstUnfiled.get() as number;
      }
    },
  };
}

function prepareFiling(connection: Database): (segment: number) => void {
  const addSegment = connection.prepare(
    `insert into journal_segments (number, first_received_at, last_received_at)
      select @segment, min(received_at), max(received_at) from journal where id between @first and @last
      on conflict do nothing`,
  );
  const addStudents = connection.prepare(
    `insert into journal_students (segment, ine_index, id) select @segment, ine_index, id from journal
      where id between @first and @last and ine_index is not null order by ine_index, id`,
  );
  const addTokens = connection.prepare(
    `insert into journal_tokens (segment, token_id, id) select @segment, token_id, id from journal
      where id between @first and @last and token_id is not null order by token_id, id`,
  );
  const calls = connection.prepare<[object], CountedCalls>(
    `select l.token_id as tokenId, k.rpc, k.outcome, l.received_at / ${quarterMs} * ${quarterMs} as receivedAt, count(*) as calls
      from journal l join journal_kinds k on k.number = l.kind
      where l.id between @first and @last and l.token_id is not null and l.received_at is not null
      group by 1, l.kind, 4`,
  );
  const addUsage = connection.prepare(
    `insert into journal_usage (token_id, day, rpc, outcome, slot, calls) values (?, ?, ?, ?, 0, ?)
      on conflict (token_id, day, rpc, outcome, slot) do update set calls = calls + excluded.calls`,
  );
  return (segment) => {
    const range = { first: segment * segmentLines, last: (segment + 1) * segmentLines - 1 };
    if (addSegment.run({ segment, ...range }).changes === 0) return;
    addStudents.run({ segment, ...range });
    addTokens.run({ segment, ...range });
    for (const { tokenId, day, rpc, outcome, calls: count } of countUsage(calls.all(range))) {
      addUsage.run(tokenId, day, rpc, outcome, count);
    }
  };
}

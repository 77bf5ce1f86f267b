// Files the lines of a SQLite journal, one full segment at a time: sorted entries for the searches by student and by
// token, and the span of its instants. What is not filed yet is scanned by whoever reads.
import type { Database } from "better-sqlite3";

/** Lines of a segment: ids from `number * segmentLines` on. The triggers of the migration know it too. */
export const segmentLines = 8192;

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
  return (segment) => {
    const range = { first: segment * segmentLines, last: (segment + 1) * segmentLines - 1 };
    if (addSegment.run({ segment, ...range }).changes === 0) return;
    addStudents.run({ segment, ...range });
    addTokens.run({ segment, ...range });
  };
}

// Reads how many different students calls concerned.

import { parisMonthStart } from "../paris-time.ts";
import { grains, type SeriesRollup } from "./rollup.ts";
import { placeholders } from "./row-storage.ts";
import type { SqlRunner } from "./sql-runner-storage.ts";
import { StudentSketch } from "./student-sketch.ts";

export interface StudentCounts {
  readonly byBucket: ReadonlyMap<number, number | undefined>;
  readonly total: number | undefined;
}

/** `recent`: what is not stored yet of the same tokens. */
export async function countStudents(
  sql: SqlRunner,
  generation: number,
  recent: readonly Pick<SeriesRollup, "students">[],
  grain: "day" | "month",
  from: number,
  until: number,
  tokenIds: readonly string[],
): Promise<StudentCounts> {
  const stored =
    tokenIds.length === 0
      ? []
      : await sql.run<{ bucket: number; students: number; sketch: Uint8Array | null }>(
          `select bucket, students, sketch from journal_sketches where generation = ? and grain = ?
            and token_id in (${placeholders(tokenIds)}) and bucket >= ? and bucket < ?`,
          [generation, grains.indexOf(grain), ...tokenIds, from, until],
        );
  const sketches = Map.groupBy(
    [
      ...stored.map(({ bucket, students, sketch }) => ({
        ...{ bucket, students },
        sketch: sketch === null ? undefined : StudentSketch.decode(sketch),
      })),
      ...recent
        .flatMap(({ students }) => [...students])
        .map(([day, sketch]) => ({ bucket: grain === "day" ? day : parisMonthStart(day), sketch }))
        .filter(({ bucket }) => bucket >= from && bucket < until)
        .map(({ bucket, sketch }) => ({ bucket, students: sketch.count(), sketch })),
    ],
    ({ bucket }) => bucket,
  );
  // Each period once: of many tokens, the sum of all periods is then no longer read token by token.
  const periods = [...sketches].map(([bucket, parts]) => [bucket, joined(parts)] as const);
  return {
    byBucket: new Map(periods.map(([bucket, { students }]) => [bucket, students])),
    total: joined(periods.map(([, part]) => part)).students,
  };
}

/** Students of a period, or of several; undefined where it can no longer be told. */
interface StudentPart {
  readonly students: number | undefined;
  readonly sketch: StudentSketch | undefined;
}

/** The parts together. A settled period is a number that can only stand alone. */
function joined(parts: readonly StudentPart[]): StudentPart {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const sketch = new StudentSketch();
  for (const part of parts) {
    if (part.sketch === undefined) return { students: undefined, sketch: undefined };
    sketch.join(part.sketch);
  }
  return { students: sketch.count(), sketch };
}

// Reads how many different students calls concerned.
import { everybody, grains, type Rollup } from "./rollup.ts";
import { placeholders } from "./rollup-storage.ts";
import type { SqlRunner } from "./sql-runner-storage.ts";
import { StudentSketch } from "./student-sketch.ts";

export interface StudentCounts {
  readonly byBucket: ReadonlyMap<number, number | undefined>;
  readonly total: number | undefined;
}

/** `tail`: what is not filed yet. Absent tokens: everybody. */
export async function countStudents(
  sql: SqlRunner,
  generation: number,
  tail: Rollup,
  grain: "day" | "month",
  from: number,
  until: number,
  tokenIds: readonly string[] = [everybody],
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
      ...tail.sketches
        .filter((each) => each.grain === grain && tokenIds.includes(each.tokenId))
        .filter(({ bucket }) => bucket >= from && bucket < until)
        .map(({ bucket, sketch }) => ({ bucket, students: sketch.count(), sketch })),
    ],
    ({ bucket }) => bucket,
  );
  const byBucket = new Map([...sketches].map(([bucket, parts]) => [bucket, joinedCount(parts)]));
  return { byBucket, total: joinedCount([...sketches.values()].flat()) };
}

interface StudentPart {
  readonly students: number;
  readonly sketch: StudentSketch | undefined;
}

/** Students of the parts together. A settled period is a number that can only stand alone. */
function joinedCount(parts: readonly StudentPart[]): number | undefined {
  if (parts.length === 1) return parts[0]?.students;
  const all = new StudentSketch();
  for (const { sketch } of parts) {
    if (sketch === undefined) return undefined;
    all.join(sketch);
  }
  return all.count();
}

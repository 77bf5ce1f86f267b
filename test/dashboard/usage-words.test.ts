// The points of a chart of calls: each bucket once, in its place, also where two of them have the same name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { usageFigures, usageSeries } from "../../src/dashboard/html/usage-words.ts";
import { GetUsageResponseSchema, Grain } from "../../src/gen/statutetudiant/statistics/v1/statistics_pb.ts";

const hourMs = 3_600_000;

/** Calls that were answered, by the start of their bucket. */
function usageOf(start: number, end: number, calls: ReadonlyMap<number, number>) {
  return create(GetUsageResponseSchema, {
    ...{ startTime: timestampFromMs(start), endTime: timestampFromMs(end) },
    points: [...calls].map(([at, count]) => ({
      startTime: timestampFromMs(at),
      totals: { calls: BigInt(count), outcomes: [{ outcome: "answered", calls: BigInt(count) }] },
    })),
  });
}

/** Names and answered calls of an hour each, of which the hours have 1, 2, 3… calls. */
function hoursFrom(start: string, hours: number) {
  const first = Date.parse(start);
  const calls = Array.from({ length: hours }, (_, hour) => [first + hour * hourMs, hour + 1] as const);
  const { labels, series } = usageSeries(usageOf(first, first + hours * hourMs, new Map(calls)), Grain.HOUR);
  return { labels, answered: series.find(({ name }) => name === "Répondus")?.values };
}

test("24 hours begin in the hour that is running now, a day before: both are shown", () => {
  const { labels, answered } = hoursFrom("2026-11-25T13:00:00Z", 25);
  assert.deepEqual([labels[0], labels[10], labels[24]], ["25/11 14:00", "26/11 00:00", "26/11 14:00"]);
  assert.deepEqual(
    answered,
    Array.from({ length: 25 }, (_, hour) => hour + 1),
  );
});

test("the hour that clocks show twice in autumn is two points, the one that they skip in spring is none", () => {
  const autumn = hoursFrom("2026-10-24T22:00:00Z", 4);
  assert.deepEqual(autumn.labels, ["25/10 00:00", "25/10 01:00", "25/10 02:00", "25/10 02:00"]);
  assert.deepEqual(autumn.answered, [1, 2, 3, 4]);
  const spring = hoursFrom("2026-03-29T00:00:00Z", 2);
  assert.deepEqual(
    [spring.labels, spring.answered],
    [
      ["29/03 01:00", "29/03 03:00"],
      [1, 2],
    ],
  );
});

test("students are told apart from answers, and an estimate says that it is one", () => {
  const figuresOf = (distinctStudents?: bigint) =>
    usageFigures(
      create(GetUsageResponseSchema, {
        total: {
          ...{ calls: 900n, outcomes: [{ outcome: "answered", calls: 800n }] },
          ...(distinctStudents !== undefined && { distinctStudents }),
        },
      }),
    );
  const students = (distinctStudents?: bigint) =>
    figuresOf(distinctStudents).find(({ label }) => label === "Étudiants différents");
  assert.equal(figuresOf().find(({ label }) => label === "Appels répondus")?.value, "800");
  assert.equal(students(), undefined);
  assert.deepEqual([students(512n)?.value, students(512n)?.note], ["512", false]);
  assert.match(String(students(513n)?.note), /^Estimation/);
});

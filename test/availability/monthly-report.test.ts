// A month of probes known by construction, on both databases: what is counted, what is frozen, and that it stays.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { createAvailabilityStorage, offCause } from "../../src/availability/availability-storage.ts";
import { createAvailabilityReports } from "../../src/availability/monthly-report.ts";
import { type DatabaseLocation, openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { temporaryFolder } from "../journal/fixture.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";

let postgres: PostgresServer | undefined;
after(() => postgres?.stop());

const locations: Record<string, () => Promise<DatabaseLocation>> = {
  SQLite: async () => ({ file: join(temporaryFolder(), "journal.db") }),
  PostgreSQL: async () => {
    postgres ??= await startPostgres();
    return { url: await postgres.createDatabase() };
  },
};

const minuteMs = 60_000;
/** The first measure ever: noon of 29 October in Paris. */
const first = Date.parse("2026-10-29T11:00:00Z");
const november = Date.parse("2026-10-31T23:00:00Z");
const december = Date.parse("2026-11-30T23:00:00Z");
const minutesOfNovember = 30 * 1440;
/** Down: 950 minutes without any instance from the 10th on, and 2 in which both instances failed. 2.2 % are 950.4. */
const gap = { from: Date.parse("2026-11-10T00:00:00Z"), minutes: 950 };
const failed = [Date.parse("2026-11-20T08:00:00Z"), Date.parse("2026-11-20T08:01:00Z")];

for (const [name, locate] of Object.entries(locations)) {
  test(`${name}: a month is measured from the first probe on, and frozen at its end for good`, async () => {
    const database = openDatabase(await locate());
    await migrate(database.knex, "journal");
    const storage = createAvailabilityStorage(database);
    const rows: object[] = [];
    for (let minute = first; minute < december + 40 * minuteMs; minute += minuteMs) {
      if (minute >= gap.from && minute < gap.from + gap.minutes * minuteMs) continue;
      const isBad = failed.includes(minute);
      rows.push({ minute, instance: "a", succeeded: isBad ? 0 : 1, cause: isBad ? "server_error" : "" });
      // Another instance, which fails now and then alone: the service is there.
      if (minute % (60 * minuteMs) === 0 || isBad) {
        rows.push({ minute, instance: "b", succeeded: 0, cause: "unreachable" });
      }
    }
    await database.knex.batchInsert("availability_probes", rows, 200);
    let now = december - 1;
    const reports = createAvailabilityReports({
      ...{ storage, clock: { now: () => now, monotonic: () => 0 } },
      callsByMinute: async (from, until) =>
        new Map(
          [
            [
              november + 600 * minuteMs,
              { served: 1, failed: 3, franceConnect: { served: 0, failed: 0 } },
            ] as const,
          ].filter(([minute]) => minute >= from && minute < until),
        ),
      maintenanceWindows: async () => [{ from: failed[0] ?? 0, until: (failed[0] ?? 0) + minuteMs }],
    });

    const before = await reports.months();
    assert.deepEqual(
      before.map(({ month, measuredMinutes, verdict, frozenAt }) => [
        month,
        measuredMinutes,
        verdict,
        frozenAt,
      ]),
      [
        ["2026-11", minutesOfNovember - 1, "running", undefined],
        // From the first measure on: 13 hours of the 29th, of which the clocks have changed already, and two days.
        ["2026-10", (12 + 48) * 60, "running", undefined],
      ],
    );
    assert.deepEqual(before[0]?.downMinutes, {
      ...{ no_instance: gap.minutes, probe_failed: 1, call_failures: 1, maintenance: 1 },
    });

    assert.deepEqual(await reports.freezeMonths(now), ["2026-10"]);
    now = december + 10 * minuteMs;
    assert.deepEqual(await reports.freezeMonths(now), [], "late lines may still come");
    now = december + 61 * minuteMs;
    assert.deepEqual(await reports.freezeMonths(now), ["2026-11"]);
    assert.deepEqual(await reports.freezeMonths(now), [], "frozen once");

    await database.knex("availability_probes").delete();
    const [, frozen, october] = [undefined, ...(await reports.months())];
    assert.deepEqual(
      [frozen?.month, frozen?.verdict, frozen?.frozenAt, frozen?.measuredMinutes],
      ["2026-11", "broken", now, minutesOfNovember],
    );
    // 953 minutes of 43,200 are 2.206 %: just more than the 2.2 % that the promise leaves.
    assert.equal(frozen?.share, (minutesOfNovember - 953) / minutesOfNovember);
    assert.deepEqual([october?.verdict, october?.share], ["kept", 1]);
    await database.close();
  });

  test(`${name}: a clock that is wrong at first neither begins the months nor ends one`, async () => {
    const database = openDatabase(await locate());
    await migrate(database.knex, "journal");
    const storage = createAvailabilityStorage(database);
    const measure = async (from: number, minutes: number, cause = "") => {
      const rows = Array.from({ length: minutes }, (_, index) => {
        return { minute: from + index * minuteMs, instance: "a", succeeded: cause === "" ? 1 : 0, cause };
      });
      await database.knex.batchInsert("availability_probes", rows, 200);
    };
    let now = 0;
    const open = () =>
      createAvailabilityReports({
        ...{ storage, clock: { now: () => now, monotonic: () => 0 } },
        callsByMinute: async () => new Map(),
        maintenanceWindows: async () => [],
      });
    const reports = open();
    const months = async () =>
      (await reports.months()).map(({ month, measuredMinutes, share }) => [month, measuredMinutes, share]);

    // It starts in 2020 for ten minutes.
    await measure(Date.parse("2020-01-01T00:00:00Z"), 10);
    await measure(first, 60);
    now = first + 60 * minuteMs;
    assert.deepEqual(await months(), [["2026-10", 60, 1]]);
    await measure(now, 60);
    // For ten minutes the clock shows February 2028.
    const far = Date.parse("2028-02-10T00:00:00Z");
    await measure(far, 10);
    now = far + 10 * minuteMs;
    await reports.months();
    assert.deepEqual(await reports.freezeMonths(now), [], "nothing is frozen");
    now = first + 120 * minuteMs;
    assert.deepEqual(await months(), [["2026-10", 120, 1]]);

    // Nobody measures any more: the rest of the month is not known, and neither up nor down.
    await measure(now, (november - now) / minuteMs + 40, offCause);
    now = november + 61 * minuteMs;
    assert.deepEqual(await reports.freezeMonths(now), ["2026-10"]);
    const [frozen] = (await open().months()).filter(({ month }) => month === "2026-10");
    assert.deepEqual([frozen?.measuredMinutes, frozen?.share, frozen?.verdict], [120, 1, "kept"]);
    assert.equal(frozen?.unmeasuredMinutes, 60 * 60 - 120);
    await database.close();
  });
}

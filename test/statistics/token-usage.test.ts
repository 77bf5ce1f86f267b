import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import type { Caller } from "../../src/access/caller.ts";
import { ServiceError } from "../../src/errors.ts";
import { StatisticsService } from "../../src/gen/statutetudiant/statistics/v1/statistics_pb.ts";
import { startOfParisDay } from "../../src/paris-time.ts";
import { callKey, openCall } from "../../src/request/call.ts";
import { createStatisticsService, type StatisticsUseCases } from "../../src/statistics/statistics-service.ts";
import { createGetTokenUsage } from "../../src/statistics/token-usage.ts";
import { readUsagePeriod } from "../../src/statistics/usage-period.ts";
import type { UsageCell, UsageQuery } from "../../src/statistics/usage-source.ts";

const today = "2026-09-15";

test("periods are completed and bounded", () => {
  const periods: [string | undefined, string | undefined, string, string][] = [
    [undefined, undefined, "2026-08-17", "2026-09-15"],
    [undefined, "2026-03-01", "2026-01-31", "2026-03-01"],
    ["2026-09-15", undefined, "2026-09-15", "2026-09-15"],
    ["2026-01-01", "2026-01-01", "2026-01-01", "2026-01-01"],
    ["2025-08-12", undefined, "2025-08-12", "2026-09-15"],
    ["2024-02-29", "2025-04-03", "2024-02-29", "2025-04-03"],
  ];
  for (const [start, end, firstDay, lastDay] of periods) {
    assert.deepEqual(readUsagePeriod(start, end, today), { firstDay, lastDay });
  }
});

test("bad periods name their field", () => {
  const bad: [string | undefined, string | undefined, string][] = [
    ["2026-09-16", undefined, "start_date"],
    ["2026-02-02", "2026-02-01", "start_date"],
    ["2025-08-11", undefined, "start_date"],
    ["2026-02-29", undefined, "start_date"],
    [undefined, "2026-13-01", "end_date"],
    [undefined, "today", "end_date"],
    ["", undefined, "start_date"],
  ];
  for (const [start, end, field] of bad) {
    assert.throws(
      () => readUsagePeriod(start, end, today),
      (error) =>
        error instanceof ServiceError &&
        error.id === "invalid_request" &&
        error.options.violations?.[0]?.field === field,
      `${start} ${end}`,
    );
  }
});

test("a token gets its own counts by day and outcome, in order", async () => {
  const cell = (day: string, outcome: string, calls: number): UsageCell => ({
    bucket: startOfParisDay(day),
    facts: { outcome },
    ...{ calls, durationUs: 0, responseBytes: 0, latency: [] },
  });
  const asked: UsageQuery[] = [];
  const getTokenUsage = createGetTokenUsage({
    // Midnight has passed in Paris, not yet in Greenwich.
    clock: { now: () => Date.parse("2026-09-14T22:30:00Z"), monotonic: () => 0 },
    source: {
      async usage(query) {
        asked.push(query);
        return [
          cell("2026-09-01", "answered", 5),
          cell("2026-09-02", "not_found", 2),
          cell("2026-09-02", "answered", 2 ** 40 + 1),
        ];
      },
    },
  });
  const call = openCall("request", 0, "192.0.2.1");
  call.caller = { tokenId: "tok_mine" } as Caller;
  const transport = createRouterTransport(
    ({ service }) =>
      service(StatisticsService, createStatisticsService({ getTokenUsage } as StatisticsUseCases)),
    {
      router: {
        interceptors: [
          (next) => (request) => {
            request.contextValues.set(callKey, call);
            return next(request);
          },
        ],
      },
    },
  );
  const client = createClient(StatisticsService, transport);
  const { days } = await client.getTokenUsage({});
  assert.deepEqual(
    asked.map(({ tokenIds, from, until }) => [tokenIds, from, until]),
    [[["tok_mine"], startOfParisDay("2026-08-17"), startOfParisDay("2026-09-16")]],
  );
  assert.deepEqual(
    days.map(({ date, calls, outcomes }) => [
      date,
      calls,
      outcomes.map(({ outcome, calls: count }) => [outcome, count]),
    ]),
    [
      ["2026-09-01", 5n, [["answered", 5n]]],
      [
        "2026-09-02",
        2n ** 40n + 3n,
        [
          ["answered", 2n ** 40n + 1n],
          ["not_found", 2n],
        ],
      ],
    ],
  );
  await assert.rejects(client.getTokenUsage({ startDate: "2026-09-16" }), { code: 3 });
});

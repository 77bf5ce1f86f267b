import assert from "node:assert/strict";
import { test } from "node:test";
import { availableShare, judgeMinutes, minuteMs, totalDown } from "../../src/availability/judge-minutes.ts";
import { sumPartnerCalls } from "../../src/availability/partner-calls.ts";

const start = Date.UTC(2026, 10, 2);
const at = (minute: number) => start + minute * minuteMs;

test("each minute is judged by what is known of it", () => {
  const probes = new Map<number, boolean>();
  // Minutes 0 to 9 are well, 10 to 14 have no probe, in 15 to 19 every probe failed, 20 to 99 are well.
  for (let minute = 0; minute < 100; minute += 1) {
    if (minute < 10 || minute >= 15) probes.set(at(minute), minute < 15 || minute >= 20);
  }
  const calls = new Map([
    // Somebody was served: an instance lived.
    [at(12), { served: 1, failed: 0 }],
    [at(16), { served: 3, failed: 1 }],
    // The probe is well, and half of the calls are not.
    [at(30), { served: 2, failed: 2 }],
    [at(31), { served: 3, failed: 2 }],
    [at(32), { served: 0, failed: 1 }],
  ]);
  // Touches minutes 18 and 19, and 40, which is well.
  const maintenance = [
    { from: at(18) + 30_000, until: at(20) },
    { from: at(40), until: at(41) },
  ];
  const judged = judgeMinutes({ probes, calls, maintenance }, start, at(100));
  assert.deepEqual(judged, {
    measuredMinutes: 100,
    downMinutes: { no_instance: 4, probe_failed: 2, call_failures: 2, maintenance: 2 },
    calls: 1 + 4 + 4 + 5 + 1,
    failedCalls: 6,
  });
  assert.equal(totalDown(judged), 10);
  assert.equal(availableShare(judged), 0.9);
});

test("only calls for data tell of the availability, and only how they ended by the service", () => {
  const cell = (rpc: string, outcome: string, calls: number) => ({
    bucket: start,
    facts: { rpc, outcome },
    calls,
  });
  const minutes = sumPartnerCalls([
    cell("statutetudiant.lookup.v1.LookupService/LookupByIne", "answered", 5),
    cell("particulier.v3.StudentStatusService/GetByIne", "not_found", 3),
    cell("particulier.v3.StudentStatusService/GetByIne", "failed", 2),
    cell("statutetudiant.lookup.v1.LookupService/LookupByIne", "limited", 50),
    cell("statutetudiant.lookup.v1.LookupService/LookupByIne", "unauthenticated", 500),
    cell("statutetudiant.statistics.v1.StatisticsService/GetUsage", "failed", 9),
    cell("", "failed", 9),
  ]);
  assert.deepEqual([...minutes], [[start, { served: 8, failed: 2 }]]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  availableShare,
  judgeMinutes,
  minuteMs,
  type Probed,
  totalDown,
} from "../../src/availability/judge-minutes.ts";
import { sumPartnerCalls } from "../../src/availability/partner-calls.ts";

const start = Date.UTC(2026, 10, 2);
const none = { served: 0, failed: 0 };
const at = (minute: number) => start + minute * minuteMs;

test("each minute is judged by what is known of it", () => {
  const probes = new Map<number, Probed>();
  // Minutes 0 to 9 are well, 10 to 14 have no probe, in 15 to 19 every probe failed, 20 to 99 are well.
  for (let minute = 0; minute < 100; minute += 1) {
    if (minute < 10 || minute >= 15)
      probes.set(at(minute), minute < 15 || minute >= 20 ? "succeeded" : "failed");
  }
  const calls = new Map([
    // Somebody was served: an instance lived.
    [at(12), { served: 1, failed: 0, franceConnect: none }],
    [at(16), { served: 3, failed: 1, franceConnect: none }],
    // The probe is well, and half of the calls are not.
    [at(30), { served: 2, failed: 2, franceConnect: none }],
    [at(31), { served: 3, failed: 2, franceConnect: none }],
    [at(32), { served: 0, failed: 1, franceConnect: none }],
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
    ...{ unmeasuredMinutes: 0, franceConnectMinutes: 0, franceConnectFailedCalls: 0 },
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
  assert.deepEqual([...minutes], [[start, { served: 8, failed: 2, franceConnect: none }]]);
});

test("FranceConnect's outages are counted beside: the service is the ministry's, and FranceConnect is not", () => {
  const cell = (bucket: number, rpc: string, outcome: string, errorId: string, calls: number) => ({
    bucket,
    facts: { rpc, outcome, errorId },
    calls,
  });
  const byUser = "statutetudiant.lookup.v1.LookupService/LookupByFranceConnect";
  const byUserPublic = "particulier.v3.StudentStatusService/GetByFranceConnect";
  const calls = sumPartnerCalls([
    cell(at(0), byUser, "failed", "france_connect_down", 3),
    cell(at(0), byUserPublic, "failed", "france_connect_slow", 2),
    cell(at(1), byUser, "failed", "france_connect_down", 1),
    cell(at(1), byUser, "answered", "", 2),
    cell(at(1), "particulier.v3.StudentStatusService/GetByIne", "answered", "", 9),
    // What may be a wrong setting of ours is ours.
    cell(at(2), byUser, "failed", "france_connect_signature_refused", 1),
    cell(at(3), byUser, "failed", "storage_unavailable", 1),
  ]);
  const probes = new Map(Array.from({ length: 4 }, (_, minute) => [at(minute), "succeeded"] as const));
  assert.deepEqual(judgeMinutes({ probes, calls, maintenance: [] }, start, at(4)), {
    measuredMinutes: 4,
    downMinutes: { no_instance: 0, probe_failed: 0, call_failures: 2, maintenance: 0 },
    unmeasuredMinutes: 0,
    calls: 2 + 9 + 1 + 1,
    failedCalls: 2,
    franceConnectMinutes: 1,
    franceConnectFailedCalls: 6,
  });
});

test("a quiet minute of a service that does not measure itself is neither up nor down", () => {
  const probes = new Map<number, Probed>([0, 1, 2].map((minute) => [at(minute), "off"]));
  const calls = new Map([
    [at(1), { served: 1, failed: 0, franceConnect: none }],
    [at(2), { served: 0, failed: 1, franceConnect: none }],
  ]);
  const judged = judgeMinutes({ probes, calls, maintenance: [] }, start, at(4));
  assert.deepEqual([judged.unmeasuredMinutes, judged.measuredMinutes], [1, 3]);
  assert.deepEqual(judged.downMinutes, {
    ...judged.downMinutes,
    call_failures: 1,
    no_instance: 1,
    probe_failed: 0,
  });
});

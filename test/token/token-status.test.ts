import assert from "node:assert/strict";
import { test } from "node:test";
import { type TokenStatus, tokenStatus, tokenStatuses } from "../../src/token/token-status.ts";

const dayMs = 86_400_000;
const start = Date.parse("2026-09-01T08:00:00Z");
const end = start + 100 * dayMs;
const token = { validFrom: start, expiresAt: end, revokedAt: undefined, partnerState: "active" };

test("the status of a token is the first that applies", () => {
  const cases: [Partial<Record<keyof typeof token, unknown>>, boolean, number, TokenStatus][] = [
    [{}, false, start - 1, "not yet valid"],
    [{}, false, start, "never used"],
    [{}, true, start, "active"],
    [{}, true, end - 90 * dayMs - 1, "active"],
    [{}, true, end - 90 * dayMs, "expiring"],
    [{}, false, end - 90 * dayMs, "expiring"],
    [{}, true, end, "expired"],
    [{ revokedAt: start + 5 }, true, start, "revoked later"],
    [{ revokedAt: start + 5 }, true, start + 5, "revoked"],
    [{ revokedAt: start }, true, end, "revoked"],
    [{ revokedAt: end + 5 }, true, end - 1, "expiring"],
    [{ partnerState: "suspended" }, true, start, "suspended"],
    [{ partnerState: "suspended" }, true, end, "expired"],
    [{ partnerState: "requested" }, true, start, "suspended"],
    [{ partnerState: "terminated" }, true, start, "revoked"],
  ];
  for (const [different, used, now, status] of cases) {
    assert.equal(tokenStatus({ ...token, ...(different as object) }, used, now), status);
  }
  assert.deepEqual(new Set(cases.map(([, , , status]) => status)), new Set(tokenStatuses));
});

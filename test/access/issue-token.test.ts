import assert from "node:assert/strict";
import { test } from "node:test";
import { createAccessStorage } from "../../src/access/access-storage.ts";
import { issueToken, type TokenRequest } from "../../src/access/issue-token.ts";
import { isSiret } from "../../src/access/siret.ts";
import { hashTokenSecret } from "../../src/access/token-secret.ts";
import { tokenStatus } from "../../src/access/token-status.ts";
import { ServiceError } from "../../src/errors.ts";
import { dayMs, sampleToken, settableClock, start, temporaryDatabase } from "./sample-access.ts";

const request: TokenRequest = {
  partnerSiret: "13002526500013",
  partnerName: "Mairie d'Exemple",
  procedureName: "Tarification des transports",
  scopes: ["mesri_identite", "mesri_admissions", "mesri_identite"],
  networks: ["192.0.2.7/24", "2001:db8::1"],
  expiresInDays: undefined,
  callsPerSecond: undefined,
  validFrom: undefined,
};

test("a token is stored as a hash, for 18 months, with sorted scopes and canonical networks", async (context) => {
  const storage = createAccessStorage(await temporaryDatabase(context));
  const issued = await issueToken(storage, settableClock(), request);
  const stored = await storage.findToken(issued.tokenId);
  assert.deepEqual(stored?.secretHash, hashTokenSecret(issued.secret));
  assert.deepEqual(stored?.scopes, ["mesri_admissions", "mesri_identite"]);
  assert.deepEqual(stored?.allowedNetworks, ["192.0.2.0/24", "2001:db8::1/128"]);
  assert.equal(stored?.expiresAt, start + 548 * dayMs);
  const later = await issueToken(storage, settableClock(), {
    ...request,
    validFrom: start + dayMs,
    expiresInDays: 3,
  });
  assert.equal(later.expiresAt, start + 4 * dayMs);
});

test("every bad field is named, and nothing is written", async (context) => {
  const storage = createAccessStorage(await temporaryDatabase(context));
  const bad: [string, Partial<TokenRequest>][] = [
    ["partner_siret", { partnerSiret: "13002526500014" }],
    ["partner_siret", { partnerSiret: "1300252650001" }],
    ["partner_name", { partnerName: " " }],
    ["partner_name", { partnerName: "a\r\nb" }],
    ["procedure_name", { procedureName: "x".repeat(201) }],
    ["scopes", { scopes: [] }],
    ["scopes", { scopes: ["mesri_identite", "mesri_everything"] }],
    ["allowed_networks", { networks: ["192.0.2.0/24", "10.0.0.0/33"] }],
    ["expires_in_days", { expiresInDays: 549 }],
    ["expires_in_days", { expiresInDays: 0 }],
    ["calls_per_second", { callsPerSecond: 0 }],
    ["calls_per_second", { callsPerSecond: 1.5 }],
  ];
  for (const [field, different] of bad) {
    await assert.rejects(issueToken(storage, settableClock(), { ...request, ...different }), (error) => {
      assert.ok(error instanceof ServiceError && error.id === "invalid_request");
      assert.deepEqual(
        error.options.violations?.map((violation) => violation.field),
        [field],
        JSON.stringify(different),
      );
      return true;
    });
  }
  const all = Object.assign({}, request, ...bad.map(([, different]) => different));
  await assert.rejects(issueToken(storage, settableClock(), all), (error) => {
    assert.ok(error instanceof ServiceError);
    assert.equal(new Set(error.options.violations?.map(({ field }) => field)).size, 7);
    return true;
  });
  assert.deepEqual(await storage.listTokens(), []);
});

test("a partner that is not active gets no token", async (context) => {
  const storage = createAccessStorage(await temporaryDatabase(context));
  await issueToken(storage, settableClock(), request);
  await storage.setPartnerState(request.partnerSiret, "suspended", "Article 5");
  await assert.rejects(
    issueToken(storage, settableClock(), request),
    (error) => error instanceof ServiceError && error.options.violations?.[0]?.field === "partner_siret",
  );
});

test("SIRETs are told by their check digit, those of La Poste by a sum of their own", () => {
  const valid = ["13002526500013", "35600000000048", "35600000049837"];
  for (const siret of valid) assert.ok(isSiret(siret), siret);
  const invalid = [
    "13002526500031",
    "35600000049838",
    "1300252650001",
    "130025265000130",
    "1300252650001٣",
    "",
    "13002526500013\n",
  ];
  for (const siret of invalid) assert.ok(!isSiret(siret), siret);
  let counted = 0;
  for (let number = 0; number < 1000; number += 1)
    if (isSiret(`999999999${String(number).padStart(5, "0")}`)) counted += 1;
  assert.equal(counted, 100, "one number in ten has the right check digit");
});

test("the status of a token is the first that applies", () => {
  const token = {
    ...sampleToken(),
    procedureId: "",
    procedureName: "",
    partnerId: "",
    partnerSiret: "",
    partnerName: "",
    partnerState: "active" as const,
    revokedAt: undefined,
    revokedReason: undefined,
    version: 1,
  };
  const end = token.expiresAt;
  const cases: [Parameters<typeof tokenStatus>[0], number, string][] = [
    [token, start - 1, "not yet valid"],
    [token, start, "active"],
    [token, end - 90 * dayMs - 1, "active"],
    [token, end - 90 * dayMs, "expiring"],
    [token, end, "expired"],
    [{ ...token, revokedAt: start + 5 }, start, "revoked later"],
    [{ ...token, revokedAt: start + 5 }, start + 5, "revoked"],
    [{ ...token, revokedAt: start }, end, "revoked"],
    [{ ...token, partnerState: "suspended" }, start, "suspended"],
    [{ ...token, partnerState: "suspended" }, end, "expired"],
    [{ ...token, partnerState: "terminated" }, start, "revoked"],
  ];
  for (const [record, now, status] of cases) assert.equal(tokenStatus(record, now), status);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccessDirectory, createAccessDirectory } from "../../src/access/access-directory.ts";
import { type Credentials, createAuthenticator, refusedCaller } from "../../src/access/authenticate.ts";
import { createTokenSecret } from "../../src/access/token-secret.ts";
import { ServiceError } from "../../src/errors.ts";
import { statusBody } from "../../src/request/render-error.ts";
import { endLastSecret } from "../../src/token/token-change-storage.ts";
import {
  dayMs,
  sampleStorage,
  sampleToken,
  settableClock,
  start,
  temporaryDatabase,
} from "./sample-access.ts";

const clock = settableClock();
const address = "192.0.2.10";

const tokens = {
  valid: sampleToken(),
  limited: sampleToken({ allowedNetworks: ["192.0.2.0/24", "2001:db8::/32"], callsPerSecond: 3 }),
  expired: sampleToken({ expiresAt: start }),
  almostExpired: sampleToken({ expiresAt: start + 1 }),
  future: sampleToken({ validFrom: start + 1 }),
  revoked: sampleToken(),
  revokedNow: sampleToken(),
  revokedLater: sampleToken(),
  replaced: sampleToken(),
  replacedLater: sampleToken(),
  suspended: sampleToken(),
  terminated: sampleToken(),
  everything: sampleToken({ allowedNetworks: ["10.0.0.0/8"], validFrom: start + dayMs, expiresAt: start }),
};

async function openDirectory(context: Parameters<typeof temporaryDatabase>[0]): Promise<AccessDirectory> {
  const database = await temporaryDatabase(context);
  const storage = sampleStorage(database);
  for (const token of Object.values(tokens)) await storage.insertToken(token);
  await storage.revokeToken(tokens.revoked.tokenId, start - dayMs, "Divulgué");
  await storage.revokeToken(tokens.revokedNow.tokenId, start, "Divulgué");
  await storage.revokeToken(tokens.revokedLater.tokenId, start + 1, "Remplacé");
  await storage.revokeToken(tokens.everything.tokenId, start, "Divulgué");
  await endLastSecret(database.knex, tokens.replaced.tokenId, start);
  await endLastSecret(database.knex, tokens.replacedLater.tokenId, start + 1);
  await storage.setPartnerState(tokens.suspended.partner.siret, "suspended", "Article 5");
  await storage.setPartnerState(tokens.everything.partner.siret, "suspended", "Article 5");
  await storage.setPartnerState(tokens.terminated.partner.siret, "terminated", "Article 5");
  const directory = await createAccessDirectory({ database, clock });
  context.after(() => directory.close());
  return directory;
}

const bearer = (secret: string): Partial<Credentials> => ({ authorization: `Bearer ${secret}` });
const changed = (secret: string) => secret.slice(0, -1) + (secret.endsWith("x") ? "y" : "x");
const other = createTokenSecret();

const accepted: [string, Partial<Credentials>][] = [
  ["a bearer token", bearer(tokens.valid.secret)],
  ["the scheme in lower case", { authorization: `bearer ${tokens.valid.secret}` }],
  ["spaces around", { authorization: `  BEARER   ${tokens.valid.secret} ` }],
  ["an API key", { apiKey: tokens.valid.secret }],
  ["an API key as a list of one", { apiKey: [tokens.valid.secret] }],
  ["the same token in both headers", { ...bearer(tokens.valid.secret), apiKey: tokens.valid.secret }],
  ["an empty Authorization beside a key", { authorization: "", apiKey: tokens.valid.secret }],
  ["the last millisecond", bearer(tokens.almostExpired.secret)],
  ["a revocation that lies ahead", bearer(tokens.revokedLater.secret)],
  ["the last millisecond of a rotation", bearer(tokens.replacedLater.secret)],
  ["an address of its networks", bearer(tokens.limited.secret)],
  [
    "a mapped address of its networks",
    { ...bearer(tokens.limited.secret), clientAddress: "::ffff:192.0.2.1" },
  ],
  ["an IPv6 address of its networks", { ...bearer(tokens.limited.secret), clientAddress: "2001:db8::5" }],
];

const refused: [string, Partial<Credentials>, string, (keyof typeof tokens)?][] = [
  ["no header", {}, "token_missing"],
  ["empty headers", { authorization: " ", apiKey: "" }, "token_missing"],
  ["a scheme alone", { authorization: "Bearer" }, "token_missing"],
  ["an unknown token", bearer(other), "token_unknown"],
  ["a wrong checksum", bearer(changed(tokens.valid.secret)), "token_unknown"],
  ["a token without its scheme", { authorization: tokens.valid.secret }, "token_unknown"],
  ["another shape", { apiKey: "abc" }, "token_unknown"],
  ["two tokens in one header", { apiKey: [tokens.valid.secret, other] }, "token_unknown"],
  ["another scheme", { authorization: "Basic dGVzdDp0ZXN0" }, "token_unknown"],
  ["a scheme that goes on", { authorization: `Bearers ${tokens.valid.secret}` }, "token_unknown"],
  ["two tokens", { ...bearer(tokens.valid.secret), apiKey: other }, "invalid_request"],
  [
    "another scheme beside a key",
    { authorization: "Basic dGVzdDp0ZXN0", apiKey: tokens.valid.secret },
    "invalid_request",
  ],
  ["an expired token", bearer(tokens.expired.secret), "token_expired", "expired"],
  ["a token too early", bearer(tokens.future.secret), "token_not_yet_valid", "future"],
  ["a revoked token", bearer(tokens.revoked.secret), "token_revoked", "revoked"],
  ["the instant of a revocation", bearer(tokens.revokedNow.secret), "token_revoked", "revokedNow"],
  ["a suspended partner", bearer(tokens.suspended.secret), "partner_suspended", "suspended"],
  ["a terminated partner", bearer(tokens.terminated.secret), "token_revoked", "terminated"],
  [
    "an address outside",
    { ...bearer(tokens.limited.secret), clientAddress: "192.0.3.1" },
    "address_refused",
    "limited",
  ],
  [
    "no address",
    { ...bearer(tokens.limited.secret), clientAddress: "unknown" },
    "address_refused",
    "limited",
  ],
  ["a secret that was replaced", bearer(tokens.replaced.secret), "secret_replaced", "replaced"],
  ["all of it at once", bearer(tokens.everything.secret), "token_revoked", "everything"],
];

function refusal(run: () => unknown): ServiceError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ServiceError, String(error));
    return error;
  }
  assert.fail("it was accepted");
}

test("each credential is accepted, or refused with its own error", async (context) => {
  const authenticate = createAuthenticator(await openDirectory(context), clock);
  const call = (credentials: Partial<Credentials>) =>
    authenticate({ authorization: undefined, apiKey: undefined, clientAddress: address, ...credentials });

  for (const [name, credentials] of accepted) {
    await context.test(name, () => {
      assert.match(call(credentials).tokenId, /^tok_/u);
    });
  }
  for (const [name, credentials, id, known] of refused) {
    await context.test(name, () => {
      const error = refusal(() => call(credentials));
      assert.equal(error.id, id);
      assert.equal(
        refusedCaller(error)?.tokenId,
        known === undefined ? undefined : tokens[known].tokenId,
        "the journal can tell whose token it was",
      );
    });
  }
});

test("the caller is the token with its procedure and partner", async (context) => {
  const authenticate = createAuthenticator(await openDirectory(context), clock);
  const { limited } = tokens;
  const caller = authenticate({ authorization: undefined, apiKey: limited.secret, clientAddress: address });
  assert.equal(caller.tokenId, limited.tokenId);
  assert.equal(caller.procedureId, limited.procedure.id);
  assert.equal(caller.procedureName, limited.procedure.name);
  assert.equal(caller.partnerId, limited.partner.id);
  assert.equal(caller.partnerSiret, limited.partner.siret);
  assert.equal(caller.partnerName, limited.partner.name);
  assert.deepEqual(caller.scopes, new Set(limited.scopes));
  assert.equal(caller.callsPerSecond, 3);
  assert.equal(caller.validFrom, limited.validFrom);
  assert.equal(caller.expiresAt, limited.expiresAt);
});

test("two credentials name the header that is too many", async (context) => {
  const authenticate = createAuthenticator(await openDirectory(context), clock);
  const credentials = {
    ...bearer(tokens.valid.secret),
    apiKey: other,
    clientAddress: address,
  } as Credentials;
  const { options } = refusal(() => authenticate(credentials));
  assert.deepEqual(
    options.violations?.map(({ field }) => field),
    ["X-API-Key"],
  );
});

test("10,000 guesses get the same bytes and never reach the database", async (context) => {
  const database = await temporaryDatabase(context);
  await sampleStorage(database).insertToken(tokens.valid);
  let queries = 0;
  const watched = {
    ...database,
    prepare: ((name, build) => {
      const query = database.prepare(name, build);
      return (...values) => {
        queries += 1;
        return query(...values);
      };
    }) as typeof database.prepare,
  };
  const directory = await createAccessDirectory({ database: watched, clock });
  context.after(() => directory.close());
  const authenticate = createAuthenticator(directory, clock);
  const before = queries;
  const answers = new Set<string>();
  for (let guess = 0; guess < 10_000; guess += 1) {
    const secret = guess % 2 === 0 ? createTokenSecret() : changed(createTokenSecret());
    const error = refusal(() =>
      authenticate({ authorization: `Bearer ${secret}`, apiKey: undefined, clientAddress: address }),
    );
    assert.equal(error.id, "token_unknown");
    if (guess % 100 === 0) answers.add(Buffer.from(statusBody(error)).toString());
  }
  assert.equal(answers.size, 1);
  assert.equal(queries, before);
});

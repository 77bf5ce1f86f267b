// The failure table of the lookup by FranceConnect: each row on every surface, against answers shaped as version 2 of
// FranceConnect sends them. No failure ever brings data.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { generateKeyPair } from "jose";
import { type ErrorId, errorTable, publicRow } from "../../src/errors.ts";
import { freePort } from "../support/free-port.ts";
import { type RunningService, startService } from "../support/service.ts";
import { untilChangesApply } from "../support/token-load.ts";
import { assertWhole, unlimited } from "../support/whole-service.ts";
import { makeClients, otherSiret, siret, traceOf } from "./partner.ts";
import { type Outcome, type SurfaceName, surfacesOf } from "./surfaces.ts";
import { goodIntrospection, now, tooLate, Version2Server } from "./version-2-server.ts";

type Prepare = (token: string) => void | Promise<void>;

let franceConnect: Version2Server;
let service: RunningService;
let asked = 0;

const answers = (body: () => string | Promise<string>) => (token: string) =>
  franceConnect.behave(token, async () => ({ body: await body() }));
const says =
  (different: Readonly<Record<string, unknown>>): Prepare =>
  (token) =>
    franceConnect.give(token, goodIntrospection(different));
const signed = (signature: Parameters<Version2Server["protect"]>[1]) =>
  answers(() => franceConnect.protect(goodIntrospection(), signature));
const encrypted = (encryption: Parameters<Version2Server["encrypt"]>[1]) =>
  answers(async () => franceConnect.encrypt(await franceConnect.sign(goodIntrospection()), encryption));

/** Each failure: its name, its row, and what FranceConnect answers. */
const failures: readonly (readonly [name: string, id: ErrorId, prepare: Prepare, recipient?: string])[] = [
  ["a token that FranceConnect does not know", "france_connect_token_inactive", () => {}],
  ["a token that is not active", "france_connect_token_inactive", answers(() => inactive({}))],
  [
    "claims beside active: false are not read",
    "france_connect_token_inactive",
    answers(() => inactive(goodIntrospection())),
  ],
  ["an expired token", "france_connect_token_expired", says({ exp: now() - 60 })],
  ["a client that nobody registered", "france_connect_client_unknown", says({ aud: "inconnu" })],
  ["a client whose registration is revoked", "france_connect_client_revoked", says({ aud: "revoque" })],
  ["a client of a suspended partner", "partner_suspended", says({ aud: "suspendu" })],
  ["a client of other networks", "address_refused", says({ aud: "ailleurs" })],
  ["a token that is replayed for another partner", "france_connect_recipient_refused", says({}), otherSiret],
  ["a token without the scope", "france_connect_scope_missing", says({ scope: "openid identite_pivot" })],
  [
    "a token with the identity's scope only",
    "france_connect_scope_missing",
    says({ scope: "mesri_identite" }),
  ],
  ["a level of assurance that is too low", "france_connect_assurance_too_low", says({ acr: "eidas1" })],
  ["a level of assurance that nobody knows", "france_connect_assurance_too_low", says({ acr: "eidas9" })],
  ["no level of assurance", "france_connect_assurance_too_low", says({ acr: undefined })],
  ["no family name", "france_connect_identity_incomplete", says({ family_name: undefined })],
  ["no birth date", "france_connect_identity_incomplete", says({ birthdate: "" })],
  [
    "a signature by another key",
    "france_connect_signature_refused",
    async (token) => {
      const { privateKey } = await generateKeyPair("ES256");
      await signed({ key: privateKey })(token);
    },
  ],
  [
    "a key that FranceConnect does not publish",
    "france_connect_signature_refused",
    signed({ header: { kid: "autre" } }),
  ],
  [
    "an encryption to another key",
    "france_connect_signature_refused",
    async (token) => {
      const { publicKey } = await generateKeyPair("ECDH-ES", { crv: "P-256" });
      await encrypted({ key: publicKey })(token);
    },
  ],
  [
    "a symmetric signature",
    "france_connect_algorithm_refused",
    signed({
      header: { alg: "HS256" },
      key: Buffer.alloc(32, 1),
    }),
  ],
  ["no signature (alg none)", "france_connect_algorithm_refused", answers(() => unsigned())],
  [
    "a signature algorithm that is not allowed",
    "france_connect_algorithm_refused",
    async (token) => {
      const { privateKey } = await generateKeyPair("ES384");
      await signed({ header: { alg: "ES384" }, key: privateKey })(token);
    },
  ],
  [
    "a content encryption that is not allowed",
    "france_connect_algorithm_refused",
    encrypted({
      header: { enc: "A128GCM" },
    }),
  ],
  [
    "a key encryption that is not allowed",
    "france_connect_algorithm_refused",
    encrypted({
      header: { alg: "dir" },
      key: Buffer.alloc(32, 1),
    }),
  ],
  ["another issuer", "france_connect_issuer_refused", signed({ claims: { iss: "https://exemple.fr" } })],
  [
    "an answer for another data provider",
    "france_connect_audience_refused",
    signed({ claims: { aud: "autre" } }),
  ],
  ["an old answer", "france_connect_answer_stale", signed({ claims: { iat: now() - 3600 } })],
  ["an answer of the future", "france_connect_answer_stale", signed({ claims: { iat: now() + 3600 } })],
  ["an answer without date", "france_connect_answer_stale", signed({ claims: { iat: undefined } })],
  [
    "plain JSON",
    "france_connect_answer_unreadable",
    (token) =>
      franceConnect.behave(token, () => ({
        type: "application/json",
        body: JSON.stringify(goodIntrospection()),
      })),
  ],
  [
    "a signed answer that is not encrypted",
    "france_connect_answer_unreadable",
    answers(() => franceConnect.sign(goodIntrospection())),
  ],
  [
    "an ID token of FranceConnect",
    "france_connect_answer_unreadable",
    signed({
      claims: { token_introspection: undefined, sub: "usager", nonce: "n" },
    }),
  ],
  ["a JWT of another type", "france_connect_answer_unreadable", signed({ header: { typ: "at+jwt" } })],
  [
    "a cut answer",
    "france_connect_answer_unreadable",
    answers(async () => (await franceConnect.protect(goodIntrospection())).slice(0, 40)),
  ],
  ["an answer without end", "france_connect_answer_unreadable", answers(() => "a".repeat(100_000))],
  [
    "a redirection",
    "france_connect_answer_unreadable",
    (token) =>
      franceConnect.behave(token, () => ({
        status: 302,
        headers: { location: `${franceConnect.issuer}/jwks` },
        body: "",
      })),
  ],
  ["names that are no text", "france_connect_answer_unreadable", says({ family_name: ["Autorbb"] })],
  ["a birth date that does not exist", "france_connect_answer_unreadable", says({ birthdate: "2005-02-30" })],
  [
    "a failure of FranceConnect",
    "france_connect_down",
    (token) => franceConnect.behave(token, () => ({ status: 503, body: "" })),
  ],
  ["a FranceConnect that hangs", "france_connect_slow", (token) => franceConnect.behave(token, tooLate)],
];

async function inactive(claims: object): Promise<string> {
  return await franceConnect.protect({ ...claims, active: false });
}

async function unsigned(): Promise<string> {
  const [, payload = ""] = (await franceConnect.sign(goodIntrospection())).split(".");
  const header = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
  return await franceConnect.encrypt(`${header}.${payload}.`);
}

before(async () => {
  franceConnect = await Version2Server.start();
  service = await startService({
    environment: {
      ...unlimited,
      ...franceConnect.environment,
      FRANCE_CONNECT_MIN_ACR: "eidas2",
      TRUSTED_PROXIES: "127.0.0.0/8",
    },
  });
  await makeClients({ file: join(service.dataDir, "statut.db") }, [
    { clientId: "client-du-partenaire" },
    { clientId: "ailleurs", different: { networks: ["192.0.2.0/24"] } },
    { clientId: "revoque", revoked: true },
    { clientId: "suspendu", partnerSiret: otherSiret },
  ]);
  const { code, stderr } = await service.statut(
    "partner",
    "suspend",
    otherSiret,
    "--reason",
    "Essai",
    "--apply",
  );
  assert.equal(code, 0, stderr);
  await untilChangesApply(service);
});
after(async () => {
  await service[Symbol.asyncDispose]();
  await franceConnect.close();
});

/** Strangers are limited by address: each request has one of its own. */
function otherAddress(): Record<string, string> {
  asked += 1;
  return { "x-forwarded-for": `198.18.${asked >> 8}.${asked & 255}` };
}

const surfaceNames = [
  "gRPC",
  "Connect",
  "REST",
  "version 3",
  "gRPC of version 3",
] as const satisfies readonly SurfaceName[];

async function ask(surface: SurfaceName, token: string, recipient = siret): Promise<Outcome> {
  return await surfacesOf(service.origin)[surface]({ token, recipient, headers: otherAddress() });
}

function assertRefused(surface: SurfaceName, id: ErrorId, outcome: Outcome): void {
  const row = publicRow(errorTable[id]);
  const isRpc = surface === "gRPC" || surface === "Connect" || surface === "gRPC of version 3";
  const [status, reason] =
    surface === "version 3" ? [row.v3.http, row.v3.code] : [isRpc ? row.rpc : row.http, id];
  assert.deepEqual([outcome.status, outcome.reason], [status, reason], outcome.text);
  assert.doesNotMatch(outcome.text, /autorbb|lance|2005-02-05|0331023W|startDate|date_debut/i);
  if (row.http === 504) assert.equal(outcome.retryAfter, 5);
}

suite("a good token", () => {
  for (const surface of surfaceNames) {
    test(`brings admissions and no identity over ${surface}`, async () => {
      const token = `un-bon-jeton-sur-${surface.replaceAll(" ", "-")}`;
      franceConnect.give(token, goodIntrospection());
      const { status, text } = await ask(surface, token);
      assert.ok(status === 0 || status === 200, text);
      assert.match(text, /0331023W/);
      assert.match(text, /Université Paris Saclay/);
      assert.doesNotMatch(text, /autorbb|lance|2005-02-05|951242368CR/i);
    });
  }

  test("is asked about with our credentials, in the body", () => {
    const last = franceConnect.questions.at(-1);
    assert.deepEqual([...(last?.keys() ?? [])], ["client_id", "client_secret", "token"]);
  });
});

suite("each failure", () => {
  for (const [index, [name, id, prepare, recipient]] of failures.entries()) {
    test(`${name}: ${id}`, async () => {
      const token = `jeton-numero-${index}-d-essai`;
      await prepare(token);
      const outcomes = await Promise.all(surfaceNames.map((surface) => ask(surface, token, recipient)));
      for (const [at, surface] of surfaceNames.entries()) {
        assertRefused(surface, id, outcomes[at] as Outcome);
      }
    });
  }

  test("covers every row", () => {
    const rows = Object.keys(errorTable).filter((id) => id.startsWith("france_connect_"));
    const covered = new Set<string>(failures.map(([, id]) => id));
    covered.add("france_connect_unavailable");
    assert.deepEqual(
      [...covered].filter((id) => id.startsWith("france_connect_")).toSorted(),
      rows.toSorted(),
    );
  });

  test("is traced with the registration, when there is one, and with the identifier of the token", async () => {
    franceConnect.give(
      "jeton-suivi-d-essai",
      goodIntrospection({ aud: "suspendu", jti: "jti-du-jeton-suivi" }),
    );
    const { requestId } = await ask("REST", "jeton-suivi-d-essai");
    const line = await traceOf(service, requestId);
    assert.match(String(line["tokenId"]), /^fcc_/);
    assert.equal(line["errorId"], "partner_suspended");
    assert.match(String(line["parameters"]), /"franceConnectJti":"jti-du-jeton-suivi"/);
    assert.match(String(line["parameters"]), new RegExp(`"recipient":"${siret}"`));
  });

  test("tells its cause in the log, and nothing of the answer", async () => {
    // The log takes ten failures a second.
    await pause(1100);
    await signed({ claims: { iss: "https://exemple.fr" } })("jeton-numero-dernier");
    const { requestId } = await ask("REST", "jeton-numero-dernier");
    const lines = service
      .log()
      .split("\n")
      .filter((line) => line.includes(requestId));
    assert.equal(lines.length, 1, "a failure is told once");
    assert.match(lines[0] ?? "", /unexpected \\"iss\\" claim value/);
    assert.doesNotMatch(service.log(), /jeton-numero|un-bon-jeton|autorbb|2005-02|un-secret-de-client/i);
  });
});

suite("without FranceConnect", () => {
  test("nobody listens: 504 with the time to wait, on every surface", async () => {
    const port = await freePort();
    const address = `http://127.0.0.1:${port}/api/v2`;
    await using alone = await startService({
      environment: {
        ...franceConnect.environment,
        FRANCE_CONNECT_URL: `${address}/checktoken`,
        FRANCE_CONNECT_JWKS_URL: `${address}/jwks`,
      },
    });
    for (const surface of surfaceNames) {
      const outcome = await surfacesOf(alone.origin)[surface]({
        token: "un-jeton-d-essai-long",
        recipient: siret,
      });
      assertRefused(surface, "france_connect_down", outcome);
    }
    await assertWhole(alone);
  });
});

test("the service is whole", async () => {
  await assertWhole(service);
});

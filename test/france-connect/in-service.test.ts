// What the whole service makes of calls with FranceConnect tokens: shares, limits, suspension, traces, secrets.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { LookupService } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { connectTransports, failureOf, withToken } from "../support/clients.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningService, startService } from "../support/service.ts";
import { untilChangesApply } from "../support/token-load.ts";
import { assertWhole } from "../support/whole-service.ts";
import { makeClients, otherSiret, readTraces, siret, traceOf } from "./partner.ts";
import { surfacesOf } from "./surfaces.ts";
import { goodIntrospection, Version2Server } from "./version-2-server.ts";

let franceConnect: Version2Server;
let service: RunningService;
let location: { readonly file: string };
let registration: string;
let slow: string;

before(async () => {
  franceConnect = await Version2Server.start();
  service = await startService({
    environment: {
      ...franceConnect.environment,
      CALLS_PER_SECOND: "100000",
      ADMISSION_WINDOW: "all",
      TRUSTED_PROXIES: "127.0.0.0/8",
    },
  });
  location = { file: join(service.dataDir, "statut.db") };
  [registration = "", slow = ""] = await makeClients(location, [
    { clientId: "client-du-partenaire", different: { callsPerSecond: 1000, recipients: ["99999999900017"] } },
    { clientId: "client-lent", different: { callsPerSecond: 1 } },
    { clientId: "client-suspendu", partnerSiret: otherSiret },
  ]);
  await untilChangesApply(service);
});
after(async () => {
  await service[Symbol.asyncDispose]();
  await franceConnect.close();
});

const surfaces = () => surfacesOf(service.origin);
/** What refusals of one address leave: some at once, and some each second. */
const mostQuestions = (seconds: number) => 50 + 10 * (seconds + 1);
const from = (address: string) => ({ "x-forwarded-for": address });

suite("the registration", () => {
  test("is the caller: its share is told, and the journal names it", async () => {
    franceConnect.give("jeton-de-la-part", goodIntrospection());
    const response = await fetch(`${service.origin}/v1/students:lookupByFranceConnect?recipient=${siret}`, {
      headers: { authorization: "Bearer jeton-de-la-part", ...from("192.0.2.1") },
    });
    assert.equal(response.status, 200, await response.text());
    assert.equal(response.headers.get("ratelimit-limit"), "1000");
    const line = await traceOf(service, response.headers.get("x-request-id") ?? "");
    assert.deepEqual(
      [line["tokenId"], line["recipient"], line["outcome"], line["finding"], line["ine"]],
      [registration, siret, "answered", "one", "951242368CR"],
    );
    assert.deepEqual(JSON.parse(String(line["parameters"])), { franceConnectJti: "jti-7f0c2a" });
  });

  test("names further recipients", async () => {
    franceConnect.give("jeton-du-destinataire", goodIntrospection());
    const ask = { token: "jeton-du-destinataire", headers: from("192.0.2.2") };
    assert.equal((await surfaces().REST({ ...ask, recipient: "99999999900017" })).status, 200);
    const other = await surfaces().REST({ ...ask, recipient: otherSiret });
    assert.equal(other.reason, "france_connect_recipient_refused");
  });

  test("grants no field that either side does not", async () => {
    franceConnect.give(
      "jeton-sans-droit",
      goodIntrospection({ scope: "openid mesri_admissions mesri_identite" }),
    );
    const { text } = await surfaces().REST({
      token: "jeton-sans-droit",
      recipient: siret,
      headers: from("192.0.2.3"),
    });
    assert.deepEqual(JSON.parse(text), { admissions: [{ startDate: "2025-09-01", endDate: "2026-12-31" }] });
  });

  test("has a share of its own: one call a second, then 429 that waiting ends", async () => {
    franceConnect.give("jeton-du-client-lent", goodIntrospection({ aud: "client-lent" }));
    const ask = () =>
      surfaces().REST({ token: "jeton-du-client-lent", recipient: siret, headers: from("192.0.2.4") });
    const startedAt = performance.now();
    const outcomes = await Promise.all(Array.from({ length: 6 }, ask));
    const seconds = (performance.now() - startedAt) / 1000;
    // One at once, one that may wait for its turn, and as many more as the machine took seconds.
    const answered = outcomes.filter(({ status }) => status === 200).length;
    assert.ok(answered >= 1 && answered <= 2 + seconds, `${answered} answers in ${seconds} s`);
    assert.ok(outcomes.every(({ status }) => status === 200 || status === 429));
    const limited = outcomes.find(({ status }) => status === 429);
    assert.equal(limited?.reason, "rate_limited");
    const line = await traceOf(service, limited?.requestId ?? "");
    assert.deepEqual([line["tokenId"], line["outcome"]], [slow, "limited"]);
    await pause((limited?.retryAfter ?? 0) * 1000);
    assert.equal((await ask()).status, 200);
  });

  test("is the caller of what is refused after it was found", async () => {
    for (const [index, [different, reason]] of [
      [{ acr: undefined }, "france_connect_assurance_too_low"],
      [{ scope: "openid" }, "france_connect_scope_missing"],
      [{ birthdate: "" }, "france_connect_identity_incomplete"],
    ].entries() as ArrayIterator<[number, [Record<string, unknown>, string]]>) {
      const token = `jeton-refuse-apres-coup-${index}`;
      franceConnect.give(token, goodIntrospection(different));
      const outcome = await surfaces().REST({ token, recipient: siret, headers: from("192.0.2.13") });
      assert.equal(outcome.reason, reason);
      assert.equal((await traceOf(service, outcome.requestId))["tokenId"], registration);
    }
  });

  test("answers, and is named when it is refused, over every protocol", async () => {
    franceConnect.give("jeton-de-tous-les-protocoles", goodIntrospection());
    for (const [name, transport] of Object.entries(connectTransports(service.origin))) {
      const client = createClient(LookupService, transport);
      const options = (token: string) => withToken(token, from("192.0.2.14"));
      const { admissions } = await client.lookupByFranceConnect(
        { recipient: siret },
        options("jeton-de-tous-les-protocoles"),
      );
      assert.equal(admissions[0]?.institution?.uai, "0331023W", name);
      const error = await failureOf(
        client.lookupByFranceConnect({ recipient: otherSiret }, options("jeton-de-tous-les-protocoles")),
      );
      assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "FRANCE_CONNECT_RECIPIENT_REFUSED", name);
    }
    const lines = await readTraces(service, {}, 18);
    assert.equal(lines.filter(({ errorId }) => errorId === "france_connect_recipient_refused").length, 9);
    assert.ok(lines.every(({ tokenId }) => tokenId === registration));
  });

  test("does not make its partner ask FranceConnect without end", async () => {
    franceConnect.give("jeton-qui-insiste", goodIntrospection({ aud: "client-lent" }));
    const before = franceConnect.questions.length;
    const startedAt = performance.now();
    for (let round = 0; round < 8; round += 1) {
      await Promise.all(
        Array.from({ length: 25 }, () =>
          surfaces().REST({ token: "jeton-qui-insiste", recipient: siret, headers: from("192.0.2.5") }),
        ),
      );
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const asked = franceConnect.questions.length - before;
    assert.ok(asked <= mostQuestions(seconds), `${asked} questions in ${seconds} s`);
  });
});

// Within which time: see the directory's own test.
suite("suspension and revocation", () => {
  const reasonOf = async (token: string, recipient: string, address: string) =>
    (await surfaces().REST({ token, recipient, headers: from(address) })).reason;

  test("of the partner count, and so does the end of a suspension", async () => {
    franceConnect.give("jeton-du-suspendu", goodIntrospection({ aud: "client-suspendu" }));
    const reason = () => reasonOf("jeton-du-suspendu", otherSiret, "192.0.2.6");
    assert.equal(await reason(), "");
    for (const [verb, expected] of [
      ["suspend", "partner_suspended"],
      ["reinstate", ""],
    ] as const) {
      const { code, stderr } = await service.statut(
        "partner",
        verb,
        otherSiret,
        "--reason",
        "Essai",
        "--apply",
      );
      assert.equal(code, 0, stderr);
      await eventually(async () => (await reason()) === expected);
    }
  });

  test("of a registration counts; the client can be registered again", async () => {
    const [id = ""] = await makeClients(location, [{ clientId: "client-passager" }]);
    franceConnect.give("jeton-du-passager", goodIntrospection({ aud: "client-passager" }));
    const reason = () => reasonOf("jeton-du-passager", siret, "192.0.2.7");
    await eventually(async () => (await reason()) === "");
    const revoked = await service.statut("france-connect", "revoke", id, "--reason", "Essai", "--apply");
    assert.equal(revoked.code, 0, revoked.stderr);
    await eventually(async () => (await reason()) === "france_connect_client_revoked");
    await makeClients(location, [{ clientId: "client-passager" }]);
    await eventually(async () => (await reason()) === "");
  });
});

suite("strangers", () => {
  test("cannot make us ask FranceConnect without bound, waiting for the answer or not", async () => {
    for (const [address, headers] of [
      ["203.0.113.8", {}],
      ["203.0.113.9", { "x-server-timeout": "0.001" }],
    ] as const) {
      const before = franceConnect.questions.length;
      const startedAt = performance.now();
      const statuses = new Set<number>();
      for (let round = 0; round < 10; round += 1) {
        await Promise.all(
          Array.from({ length: 30 }, async (_, index) => {
            const token = `jeton-devine-${round}-${index}`;
            statuses.add(
              (await surfaces().REST({ token, recipient: siret, headers: { ...from(address), ...headers } }))
                .status,
            );
          }),
        );
      }
      const seconds = (performance.now() - startedAt) / 1000;
      const asked = franceConnect.questions.length - before;
      assert.ok(asked <= mostQuestions(seconds), `${asked} questions in ${seconds} s`);
      assert.ok(statuses.has(429), [...statuses].join());
    }
  });

  test("with what cannot be a token cause no question", async () => {
    const before = franceConnect.questions.length;
    const tokens = [
      service.token,
      "court",
      "a".repeat(2049),
      "un jeton avec des espaces",
      "jeton;d'essai'--xxxx",
      "=".repeat(20),
    ];
    for (const [index, token] of tokens.entries()) {
      const outcome = await surfaces()["version 3"]({
        token,
        recipient: siret,
        headers: from(`198.51.100.${index}`),
      });
      assert.deepEqual([outcome.status, outcome.reason.slice(0, 4)], [401, index === 3 ? "0010" : "2551"]);
    }
    assert.equal(franceConnect.questions.length, before);
    assert.ok(
      franceConnect.questions.every((question) => !String(question.get("token")).startsWith("stetu_")),
    );
  });

  test("cannot pass the token in the address", async () => {
    const before = franceConnect.questions.length;
    const target = `/v1/students:lookupByFranceConnect?recipient=${siret}&access_token=jeton-de-la-part`;
    const response = await fetch(service.origin + target, { headers: from("192.0.2.10") });
    assert.equal(response.status, 400);
    assert.equal(franceConnect.questions.length, before);
  });
});

suite("people", () => {
  const ask = async (different: Record<string, unknown>, token: string) => {
    franceConnect.give(token, goodIntrospection(different));
    return await surfaces().REST({ token, recipient: siret, headers: from("192.0.2.11") });
  };
  const lefevre = {
    family_name: "Lefèvre",
    given_name_array: ["Camille"],
    gender: "female",
    birthdate: "2004-09-14",
  };

  test("nobody and several people are byte-identical", async () => {
    const nowhere = { birthcountry: undefined, birthplace: undefined };
    const several = await ask({ ...lefevre, ...nowhere }, "jeton-de-plusieurs");
    const none = await ask({ ...lefevre, ...nowhere, family_name: "Personne" }, "jeton-de-personne");
    const unmatched = await ask({ ...lefevre, ...nowhere, family_name: "Иванова" }, "jeton-en-cyrillique");
    assert.equal(several.status, 404);
    assert.equal(several.text, none.text);
    assert.equal(several.text, unmatched.text);
    const findings = [];
    for (const { requestId } of [several, none, unmatched]) {
      findings.push((await traceOf(service, requestId))["finding"]);
    }
    assert.deepEqual(findings, ["several", "none", "none"]);
  });

  test("born abroad, and with a compound name, are found", async () => {
    const nguyen = {
      family_name: "NGUYEN",
      given_name_array: ["Thi", "Minh", "Chau"],
      gender: "female",
      birthdate: "2003-11-02",
      birthcountry: "99243",
    };
    const { status, text } = await ask(nguyen, "jeton-de-minh-chau");
    assert.equal(status, 200, text);
    const elsewhere = await ask({ ...nguyen, birthcountry: "99136" }, "jeton-d-ailleurs");
    assert.equal(elsewhere.status, 404);
  });
});

suite("secrets", () => {
  test("an identifier that is the token itself is noted as its digest", async () => {
    const token = "jeton-qui-est-son-identifiant";
    franceConnect.give(token, goodIntrospection({ jti: token }));
    const { requestId } = await surfaces().Connect({ token, recipient: siret, headers: from("192.0.2.12") });
    assert.notEqual(requestId, "");
    const { parameters } = await traceOf(service, requestId);
    assert.match(String(parameters), /"franceConnectJti":"sha256:[0-9a-f]{64}"/);
    assert.match(String(parameters), new RegExp(`"recipient":"${siret}"`));
  });

  test("our keys are published, and nothing private of them", async () => {
    const response = await fetch(`${service.origin}/.well-known/jwks.json`);
    const { keys } = (await response.json()) as { keys: Record<string, unknown>[] };
    const [own] = JSON.parse(franceConnect.decryptionKeys).keys;
    assert.deepEqual(
      keys.map((key) => Object.keys(key).toSorted()),
      [["alg", "crv", "kid", "kty", "use", "x", "y"]],
    );
    assert.deepEqual([keys[0]?.["kid"], keys[0]?.["use"], keys[0]?.["x"]], [own.kid, "enc", own.x]);
  });

  test("no token stands in a log, in a database or beside it", async () => {
    const tokens = franceConnect.questions.map((question) => question.get("token") ?? "");
    assert.ok(tokens.length > 100);
    await assertWhole(service);
    await service.stop();
    const kept = readdirSync(service.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"));
    // What is sealed is opened too.
    const opened = JSON.stringify(await readTraces(service, {}, 10_000));
    assert.match(opened, /jti-7f0c2a/);
    for (const text of [...kept, service.log(), opened]) {
      for (const token of new Set(tokens)) assert.ok(!text.includes(token), token);
      assert.ok(!text.includes("un-secret-de-client-d-essai"));
    }
  });
});

// Answers of FranceConnect that are wrong in some way, thousands of them: none ever brings data.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createLocalJWKSet } from "jose";
import { ServiceError } from "../../src/errors.ts";
import { parseDecryptionKeys } from "../../src/france-connect/decryption-keys.ts";
import { judgeVersion2 } from "../../src/france-connect/judge-version-2.ts";
import { SeededRandom } from "../../src/referential/seeded-random.ts";
import { type RunningService, startService } from "../support/service.ts";
import { untilChangesApply } from "../support/token-load.ts";
import { assertWhole, unlimited } from "../support/whole-service.ts";
import { makeClients, siret } from "./partner.ts";
import { clientId, goodIntrospection, introspectionType, Version2Server } from "./version-2-server.ts";

let franceConnect: Version2Server;
let service: RunningService;
let asked = 0;

before(async () => {
  franceConnect = await Version2Server.start();
  service = await startService({
    environment: { ...unlimited, ...franceConnect.environment, TRUSTED_PROXIES: "127.0.0.0/8" },
  });
  await makeClients({ file: join(service.dataDir, "statut.db") }, [{ clientId: "client-du-partenaire" }]);
  await untilChangesApply(service);
});
after(async () => {
  await service[Symbol.asyncDispose]();
  await franceConnect.close();
});

interface Judged {
  readonly status: number;
  readonly text: string;
}

/** What the machine was too busy for: no judgement of an answer, which the tests below are about. */
const unjudged = /"reason":"(?:TRACE_UNAVAILABLE|SERVICE_SATURATED|FRANCE_CONNECT_(?:DOWN|SLOW))"/;

/**
 * Asks with a token to which FranceConnect answers with this body. Gives the status and the whole text. On a busy machine
 * a line of the journal can be late, or an answer: neither brings data, and the question is asked again.
 */
async function ask(body: () => string | Promise<string>): Promise<Judged> {
  for (let attempt = 1; ; attempt += 1) {
    const judged = await askOnce(body);
    assert.ok(judged.status !== 200 || !unjudged.test(judged.text), judged.text);
    if (!unjudged.test(judged.text)) return judged;
    assert.ok(attempt < 10, `not judged in ${attempt} attempts: ${judged.text}`);
    // As long as the circuit stays open at the most.
    await pause(1000);
  }
}

async function askOnce(body: () => string | Promise<string>): Promise<Judged> {
  asked += 1;
  const token = `un-jeton-d-essai-${asked}`;
  franceConnect.behave(token, async () => ({ body: await body() }));
  const response = await fetch(`${service.origin}/v1/students:lookupByFranceConnect?recipient=${siret}`, {
    headers: {
      authorization: `Bearer ${token}`,
      "x-forwarded-for": `198.18.${asked >> 8}.${asked & 255}`,
    },
  });
  return { status: response.status, text: await response.text() };
}

const statuses = new Map<number, number>();

async function assertNoData(body: () => string | Promise<string>, what: string): Promise<void> {
  const { status, text } = await ask(body);
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  assert.notEqual(status, 200, `${what}: ${text}`);
  assert.doesNotMatch(text, /0331023W|startDate|autorbb/i, what);
  assert.match(text, /"reason":"(?:FRANCE_CONNECT_|STUDENT_NOT_FOUND)/, what);
}

/** Values that no claim has, as JSON texts: some exist as text only. */
const strange = [
  ...["null", "true", "false", "0", "-1", "1e999", "[]", "{}", '""', '" "', '["a"]', "[[]]", "[null]"],
  ...[
    '{"__proto__":"male"}',
    '{"toString":"x"}',
    '{"length":5}',
    '"__proto__"',
    '"constructor"',
    '"\\u0000"',
  ],
  ...[`"${"A".repeat(2000)}"`, '"\\ud800"', '["Lance",1]', '{"0":"Lance","length":1}', "9007199254740993"],
];

/** Claims without which nothing may be answered: whatever stands in their place. */
const needed = [
  "active",
  "aud",
  "exp",
  "acr",
  "scope",
  "gender",
  "family_name",
  "given_name_array",
  "birthdate",
];
/** Claims that may be absent, and what counts as absent. */
const optional = ["birthcountry", "birthplace", "given_name", "jti"];
const absent = new Set(["null", '""']);

/** An answer whose introspection is this text, duplicate and odd as it may be. */
async function signText(introspection: string): Promise<string> {
  return await franceConnect.encrypt(await franceConnect.signText(introspection));
}

function withClaim(name: string, text: string): string {
  const entries = Object.entries(goodIntrospection())
    .filter(([key]) => key !== name)
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{${[...entries, `${JSON.stringify(name)}:${text}`].join(",")}}`;
}

test("an answer that is not changed brings data", async () => {
  const { status, text } = await ask(() => signText(withClaim("sub", '"usager"')));
  assert.equal(status, 200, text);
});

suite("claims of another type", () => {
  for (const claim of needed) {
    test(claim, async () => {
      for (const text of strange) {
        if (claim === "active" && text === "true") continue;
        // Without its list, the text of the given names counts.
        if (claim === "given_name_array" && text === "null") continue;
        await assertNoData(() => signText(withClaim(claim, text)), `${claim}: ${text}`);
      }
    });
  }

  for (const claim of optional) {
    test(claim, async () => {
      for (const text of strange) {
        // Any text identifies a token, and a list of given names makes their text superfluous.
        const isText = text.startsWith('"') && text.length < 1000;
        const isUnread = isText && (claim === "jti" || claim === "given_name" || claim === "birthplace");
        if (absent.has(text) || isUnread) continue;
        await assertNoData(() => signText(withClaim(claim, text)), `${claim}: ${text}`);
      }
    });
  }

  test("the whole introspection", async () => {
    const good = JSON.stringify(goodIntrospection());
    for (const text of [...strange, `[${good}]`, JSON.stringify(good), `{"__proto__":${good}}`]) {
      await assertNoData(() => signText(text), text.slice(0, 60));
    }
  });

  test("what the prototype has is no claim", async () => {
    const { active, ...rest } = goodIntrospection();
    assert.equal(active, true);
    const texts = [
      `{"__proto__":{"active":true},${JSON.stringify(rest).slice(1)}`,
      `{"constructor":{"prototype":{"active":true}},${JSON.stringify(rest).slice(1)}`,
    ];
    for (const text of texts) await assertNoData(() => signText(text), text.slice(0, 40));
  });

  test("the claims of the envelope", async () => {
    for (const claim of ["iss", "aud", "iat"]) {
      for (const text of strange) {
        const value = text === "1e999" ? Number.POSITIVE_INFINITY : JSON.parse(text);
        const body = () => franceConnect.protect(goodIntrospection(), { claims: { [claim]: value } });
        await assertNoData(body, `${claim}: ${text}`);
      }
    }
  });
});

suite("texts that were changed on their way", () => {
  test("every single character, judged without the network", async () => {
    const keys = createLocalJWKSet({ keys: franceConnect.publishedKeys });
    const decryptionKeys = parseDecryptionKeys(franceConnect.decryptionKeys).keys;
    const expected = { issuer: franceConnect.issuer, audience: clientId, decryptionKeys };
    const judge = (body: string) =>
      judgeVersion2({ status: 200, mediaType: introspectionType, body }, expected, keys, Date.now());
    const whole = await franceConnect.protect(goodIntrospection());
    const signed = await franceConnect.sign(goodIntrospection());
    assert.equal((await judge(whole)).isActive, true);
    for (let at = 0; at < whole.length; at += 1) await assert.rejects(judge(flip(whole, at)), isRefusal);
    for (let at = 0; at < signed.length; at += 1) {
      await assert.rejects(judge(await franceConnect.encrypt(flip(signed, at))), isRefusal);
    }
  });

  test("one character of the whole answer", async () => {
    const random = new SeededRandom(1);
    for (let count = 0; count < 100; count += 1) {
      await assertNoData(async () => {
        const whole = await franceConnect.protect(goodIntrospection());
        const at = random.below(whole.length);
        return flip(whole, at);
      }, `changed ${count}`);
    }
  });

  test("one character of the signed answer", async () => {
    const random = new SeededRandom(7);
    for (let count = 0; count < 100; count += 1) {
      await assertNoData(async () => {
        const signed = await franceConnect.sign(goodIntrospection());
        return await franceConnect.encrypt(flip(signed, random.below(signed.length)));
      }, `signed ${count}`);
    }
  });

  test("an answer that is cut anywhere, or whose parts changed places", async () => {
    const random = new SeededRandom(7);
    for (let count = 0; count < 100; count += 1) {
      await assertNoData(async () => {
        const whole = await franceConnect.protect(goodIntrospection());
        return whole.slice(0, random.below(whole.length));
      }, `cut ${count}`);
    }
    for (const order of [
      [1, 0, 2, 3, 4],
      [0, 1, 2, 4, 3],
      [4, 3, 2, 1, 0],
      [0, 1, 2, 3],
      [0, 1, 2, 3, 4, 4],
    ]) {
      await assertNoData(async () => {
        const parts = (await franceConnect.protect(goodIntrospection())).split(".");
        return order.map((part) => parts[part]).join(".");
      }, `parts ${order}`);
    }
  });

  test("a signature of one answer on another", async () => {
    await assertNoData(async () => {
      const [header, , signature] = (await franceConnect.sign({ active: false })).split(".");
      const [, payload] = (await franceConnect.sign(goodIntrospection())).split(".");
      return await franceConnect.encrypt([header, payload, signature].join("."));
    }, "borrowed signature");
  });

  test("an answer in an answer, and text of other kinds", async () => {
    const whole = await franceConnect.protect(goodIntrospection());
    for (const text of [
      "",
      ".",
      "....",
      "null",
      "{}",
      "<html>",
      " ".repeat(1000),
      "\u0000",
      "é".repeat(500),
    ]) {
      await assertNoData(() => text, JSON.stringify(text).slice(0, 30));
      await assertNoData(() => franceConnect.encrypt(text), `encrypted ${JSON.stringify(text).slice(0, 30)}`);
    }
    await assertNoData(() => franceConnect.encrypt(whole), "encrypted twice");
  });
});

function isRefusal(error: unknown): boolean {
  return error instanceof ServiceError && error.id.startsWith("france_connect_");
}

function flip(text: string, at: number): string {
  const other = text[at] === "A" ? "Q" : "A";
  // The last characters of a part hold spare bits, which change nothing: these are no changes of the answer.
  const end = text.indexOf(".", at);
  const last = (end === -1 ? text.length : end) - 1;
  return at === last
    ? `${text.slice(0, at)}${text.slice(at + 1)}`
    : text.slice(0, at) + other + text.slice(at + 1);
}

test("all kinds of refusals were met, and the service is whole", async () => {
  for (const status of [401, 403, 404, 502]) assert.ok(statuses.has(status), `no ${status}`);
  assert.ok(!statuses.has(500), "no failure was a fault of ours");
  await assertWhole(service);
});

// Questions to FranceConnect over time: keys that change on both sides, outages, and too many questions at once.
import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { CompactEncrypt, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { type ErrorId, ServiceError } from "../../src/errors.ts";
import { createDecryptionKey } from "../../src/france-connect/create-decryption-key.ts";
import { parseDecryptionKeys } from "../../src/france-connect/decryption-keys.ts";
import { createHttpExchange } from "../../src/france-connect/http-exchange.ts";
import type { Introspection } from "../../src/france-connect/introspection.ts";
import { createProvider, type FranceConnectProvider } from "../../src/france-connect/provider.ts";
import { clientId, clientSecret, goodIntrospection, tooLate, Version2Server } from "./version-2-server.ts";

const token = "un-jeton-d-essai-assez-long";

interface Fixture {
  readonly server: Version2Server;
  readonly provider: FranceConnectProvider;
  readonly reported: unknown[];
  /** Moves the monotonic clock. */
  pass(ms: number): void;
}

async function open(
  context: TestContext,
  {
    decryptionKeys,
    deadlineMs = 10_000,
    breakMs = 300,
  }: { decryptionKeys?: string; deadlineMs?: number; breakMs?: number } = {},
): Promise<Fixture> {
  const server = await Version2Server.start();
  server.give(token, goodIntrospection());
  let passedMs = 0;
  const reported: unknown[] = [];
  const provider = createProvider({
    settings: {
      version: 2,
      url: `${server.issuer}/checktoken`,
      minAcr: "eidas1",
      issuer: server.issuer,
      jwksUrl: `${server.issuer}/jwks`,
      clientId,
      clientSecret,
      decryptionKeys: parseDecryptionKeys(decryptionKeys ?? server.decryptionKeys),
    },
    exchange: createHttpExchange({ deadlineMs, maxBytes: 65_536 }),
    clock: { now: () => Date.now(), monotonic: () => performance.now() + passedMs },
    report: (cause) => reported.push(cause),
    breakMs,
  });
  context.after(async () => {
    provider.close();
    await server.close();
  });
  return { server, provider, reported, pass: (ms) => (passedMs += ms) };
}

async function refusalOf(asked: Promise<Introspection>): Promise<ErrorId> {
  const error = await asked.then(
    () => assert.fail("it was answered"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ServiceError, String(error));
  return error.id;
}

async function newSigningKey(server: Version2Server, kid: string): Promise<JWK> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  server.signingKey = privateKey;
  server.kid = kid;
  return { ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" };
}

suite("answers are never kept", () => {
  test("each question is asked", async (context) => {
    const { server, provider } = await open(context);
    assert.equal((await provider.introspect(token)).isActive, true);
    server.behave(token, async () => ({ body: await server.protect({ active: false }) }));
    assert.equal((await provider.introspect(token)).isActive, false);
    assert.equal(server.questions.length, 2);
  });
});

suite("FranceConnect's keys", () => {
  test("are read once for many answers", async (context) => {
    const { server, provider } = await open(context);
    for (let count = 0; count < 5; count += 1) await provider.introspect(token);
    assert.equal(server.keyReadings, 1);
  });

  test("are read again for a key that is new, and for one that changed under its name", async (context) => {
    const { server, provider, pass } = await open(context);
    await provider.introspect(token);
    for (const kid of ["fc-2", "fc-2"]) {
      pass(11_000);
      server.publishedKeys = [await newSigningKey(server, kid)];
      assert.equal((await provider.introspect(token)).isActive, true);
    }
    assert.equal(server.keyReadings, 3);
  });

  test("are not read for each bad signature", async (context) => {
    const { server, provider, pass } = await open(context);
    await provider.introspect(token);
    await newSigningKey(server, "jamais-publiee");
    pass(11_000);
    for (let count = 0; count < 5; count += 1) {
      assert.equal(await refusalOf(provider.introspect(token)), "france_connect_signature_refused");
    }
    assert.equal(server.keyReadings, 2);
  });

  test("that are old are read again behind the answer, and an outage of theirs stops nothing", async (context) => {
    const { server, provider, pass, reported } = await open(context);
    await provider.introspect(token);
    pass(700_000);
    assert.equal((await provider.introspect(token)).isActive, true);
    while (server.keyReadings < 2) await pause(5);
    server.publishedKeys = "none" as unknown as JWK[];
    pass(700_000);
    assert.equal((await provider.introspect(token)).isActive, true);
    while (reported.length === 0) await pause(5);
    assert.equal((await provider.introspect(token)).isActive, true);
  });

  test("that are an hour old no longer count", async (context) => {
    const { server, provider, pass } = await open(context);
    await provider.introspect(token);
    server.publishedKeys = "none" as unknown as JWK[];
    pass(3_700_000);
    assert.equal(await refusalOf(provider.introspect(token)), "france_connect_answer_unreadable");
  });
});

suite("our keys", () => {
  const encryptTo = (server: Version2Server, { kid, alg, kty, crv, x, y, n, e }: JWK, named = true) =>
    server.behave(token, async () => {
      const jwk = JSON.parse(JSON.stringify({ kty, crv, x, y, n, e }));
      const header = { alg: alg ?? "", enc: "A256GCM", ...(named && { kid: kid ?? "" }) };
      const body = await new CompactEncrypt(Buffer.from(await server.sign(goodIntrospection())))
        .setProtectedHeader(header)
        .encrypt(await importJWK(jwk, alg));
      return { body };
    });

  test("open answers to each of them: the new one, the one before, one that names none, and a retired one", async (context) => {
    const [fresh, before, retired, rsa] = await Promise.all([
      createDecryptionKey("ECDH-ES"),
      createDecryptionKey("ECDH-ES"),
      createDecryptionKey("ECDH-ES"),
      createDecryptionKey("RSA-OAEP-256"),
    ]);
    const set = { keys: [fresh, before, { ...retired, retired: true }, rsa] };
    const { server, provider } = await open(context, { decryptionKeys: JSON.stringify(set) });
    for (const key of [fresh, before, retired, rsa]) {
      encryptTo(server, key);
      assert.equal((await provider.introspect(token)).isActive, true);
      encryptTo(server, key, false);
      assert.equal((await provider.introspect(token)).isActive, true);
    }
    encryptTo(server, await createDecryptionKey("ECDH-ES"));
    assert.equal(await refusalOf(provider.introspect(token)), "france_connect_signature_refused");
    // The name of one key on what is encrypted to another.
    encryptTo(server, { ...before, kid: fresh.kid as string });
    assert.equal(await refusalOf(provider.introspect(token)), "france_connect_signature_refused");
  });
});

suite("an outage", () => {
  test("opens the circuit: nothing is asked for a while, then one question tries", async (context) => {
    const breakMs = 2000;
    const { server, provider, reported } = await open(context, { breakMs });
    server.behave(token, () => ({ status: 503, body: "" }));
    for (let count = 0; count < 5; count += 1) {
      assert.equal(await refusalOf(provider.introspect(token)), "france_connect_down");
    }
    const asked = server.questions.length;
    const openedAt = performance.now();
    for (let count = 0; count < 20; count += 1) {
      assert.equal(await refusalOf(provider.introspect(token)), "france_connect_down");
    }
    // A machine that took longer has seen trials.
    const trials = Math.floor((performance.now() - openedAt) / breakMs);
    assert.ok(server.questions.length - asked <= trials, "an open circuit asks nothing");
    assert.match(String(reported[0]), /circuit is open/);
    server.give(token, goodIntrospection());
    await pause(breakMs + 50);
    assert.equal((await provider.introspect(token)).isActive, true);
    assert.equal((await provider.introspect(token)).isActive, true);
  });

  test("of which the trial fails lasts on", async (context) => {
    const { server, provider } = await open(context, { deadlineMs: 2000 });
    server.behave(token, tooLate);
    await Promise.all(Array.from({ length: 6 }, () => refusalOf(provider.introspect(token))));
    const asked = server.questions.length;
    await pause(350);
    const outcomes = await Promise.all(
      Array.from({ length: 4 }, () => refusalOf(provider.introspect(token))),
    );
    assert.equal(server.questions.length, asked + 1);
    assert.deepEqual(outcomes.toSorted(), [...Array(3).fill("france_connect_down"), "france_connect_slow"]);
  });

  test("is not what refusals and bad answers are", async (context) => {
    const { server, provider } = await open(context);
    server.behave(token, () => ({ status: 400, body: "" }));
    for (let count = 0; count < 20; count += 1) {
      assert.equal(await refusalOf(provider.introspect(token)), "france_connect_answer_unreadable");
    }
    server.give(token, goodIntrospection());
    assert.equal((await provider.introspect(token)).isActive, true);
  });
});

test("too many questions at once are refused before they are asked", async (context) => {
  const { server, provider } = await open(context, { breakMs: 10_000 });
  server.behave(token, async () => {
    await pause(100);
    return { body: await server.protect({ active: false }) };
  });
  const outcomes = await Promise.all(
    Array.from({ length: 120 }, () =>
      provider.introspect(token).then(
        () => "answered",
        (error: unknown) => (error as ServiceError).id,
      ),
    ),
  );
  assert.equal(outcomes.filter((outcome) => outcome === "service_saturated").length, 20);
  assert.ok(server.questions.length <= 100);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { redactTokens, refuseTokenInTarget } from "../../src/access/token-in-text.ts";
import { createSecret, createTokenSecret, signInCodePrefix } from "../../src/access/token-secret.ts";
import { ServiceError } from "../../src/errors.ts";

const secret = createTokenSecret();
const ordinary = [
  "/v1/students/1234567890A?recipient=13002526500013",
  "/v1/students/1234567890A?recipient=13002526500013&agent=Jean%20Dupont&on_date=2026-09-01",
  "/v1/students:lookupByIdentity?birth_name=Tokenne&given_names=Key&birth_commune_name=Le%20Key",
  "/v1/token",
  "/v1/token/usage?start_date=2026-09-01",
  "/statutetudiant.token.v1.TokenService/Introspect?connect=v1&encoding=json&message=%7B%7D&base64=1",
  "/healthz",
  "/v1/students/1234567890A?agent=stetu_",
  "*",
  "",
  "/%",
  "/%zz?%=%&&==;#?",
];

function encodeAll(text: string): string {
  return [...text].map((character) => `%${character.charCodeAt(0).toString(16)}`).join("");
}

const forbidden = [
  ...[
    "token",
    "TOKEN",
    "access_token",
    "access-token",
    "api_key",
    "apikey",
    "X-API-Key",
    "key",
    "jeton",
    "authorization",
    "%74oken",
    "%2574oken",
    "token[]",
    "+token",
  ].flatMap((name) => [`/v1/token?${name}=abc`, `/v1/token?recipient=1&${name}=abc`, `/v1/token?${name}`]),
  "/v1/token;token=abc",
  "/v1/token?a=1;api_key=abc",
  "/v1/token#access_token=abc",
  `/v1/students/${secret}`,
  `/v1/students/1?agent=${secret}`,
  `/v1/students/1?agent=x${secret}x`,
  `/${encodeAll(secret)}`,
  `/v1?agent=${encodeAll(encodeAll(secret))}`,
  `/v1?agent=${secret.toUpperCase()}`,
  `/v1?agent=${secret.slice(0, 20)}`,
  `/v1?agent=stetu%5f${secret.slice(6)}`,
];

test("targets without a token pass, and are kept as they are when nothing in them is encoded", () => {
  for (const target of ordinary) assert.equal(refuseTokenInTarget(target), !target.includes("%"), target);
});

test("the link that signs in passes, and is not kept with its code", () => {
  const code = createSecret(signInCodePrefix);
  for (const spelled of [code, encodeAll(code)]) {
    const target = `/connexion/lien?code=${spelled}`;
    assert.equal(refuseTokenInTarget(target), false);
    assert.equal(redactTokens(target), "/connexion/lien?code=stetu_…");
  }
});

test("targets with a token, or with a parameter for one, are refused", () => {
  for (const target of forbidden) {
    assert.throws(
      () => refuseTokenInTarget(target),
      (error) =>
        error instanceof ServiceError && error.id === "token_in_url" && !error.message.includes("stetu"),
      target,
    );
  }
});

test("texts without a token are kept as they are", () => {
  for (const text of [...ordinary, '{"ine":"1234567890A","agent":"key=value"}', "curl/8.5.0", "a = b"]) {
    assert.equal(redactTokens(text), text);
  }
});

test("values of parameters for tokens are taken out, whatever their shape", () => {
  assert.equal(redactTokens("/v1?token=abc&a=b"), "/v1?token=stetu_…&a=b");
  assert.equal(redactTokens("/v1?a=b&X-API-KEY=a.b.c#key=1"), "/v1?a=b&X-API-KEY=stetu_…#key=stetu_…");
  assert.equal(redactTokens("/v1?%74oken=abc"), "/v1?%74oken=stetu_…");
});

test("no token survives, however it is embedded, encoded or cut", () => {
  for (let round = 0; round < 3000; round += 1) {
    const token = createTokenSecret();
    const text = embed(token, round);
    const cut = round % 3 === 0 ? text.slice(0, Math.floor(Math.random() * text.length)) : text;
    const redacted = redactTokens(cut);
    assert.ok(!holdsPartOf(redacted, token), JSON.stringify({ cut, redacted }));
    assert.equal(redactTokens(redacted), redacted, "redacting again changes nothing");
    if (cut === text && round % 5 !== 4) assert.throws(() => refuseTokenInTarget(text));
  }
});

/** Places a token in a path, query, JSON or header text, its characters encoded at random up to three times. */
function embed(token: string, round: number): string {
  let spelled = [...token]
    .map((character) => (Math.random() < 0.3 ? encodeAll(character) : character))
    .join("");
  for (let again = 0; again < round % 3; again += 1) spelled = spelled.replaceAll("%", "%25");
  const places = [
    `/v1/students/${spelled}`,
    `/v1?agent=${spelled}&a=b`,
    `/v1?agent=é%0d%0a${spelled}%`,
    `/v1?token=${spelled}`,
    `{"agent":"${spelled}","twice":"${token}"}`,
  ];
  return places[round % places.length] ?? "";
}

/** Whether a text, decoded as often as need be, holds eight characters of the token in a row. */
function holdsPartOf(text: string, token: string): boolean {
  let decoded = text;
  for (let round = 0; round < 6; round += 1) {
    decoded = decoded.replace(/%([0-9a-f]{2})/giu, (_, digits) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
  }
  for (let index = "stetu_".length; index + 8 <= token.length; index += 1) {
    if (decoded.includes(token.slice(index, index + 8))) return true;
  }
  return false;
}

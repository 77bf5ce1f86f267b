// Random requests, from a seed: whatever comes, the answer is a plain one and never a 500.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { custom, get, patch, post, put, serve } from "./harness.ts";

const api = serve([
  get("/v1/{text}"),
  get("/v1/{text}/x/{int32}"),
  get("/v1/{book.name=shelves/*/books/**}"),
  post("/v1/{text}:run", { body: "*" }),
  put("/v1/{int64}", { body: "book", responseBody: "book" }),
  patch("/v1/{choice_text}/choice", { body: "struct" }),
  custom("*", "/any/**"),
  { rule: get("/s/{text}"), kind: "server" },
  { rule: post("/c", { body: "*" }), kind: "client" },
  { rule: post("/up/{name}", { body: "file" }), input: "Upload", output: "Upload" },
]);

/** A generator of 32-bit numbers (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const pathPieces = [
  "/",
  "/v1",
  "/any",
  "/s",
  "/c",
  "/up",
  "/x",
  "/shelves",
  "/books",
  "/choice",
  ":",
  ":run",
  "%2F",
  "%",
  "%ff",
  "%00",
  "%C3%A9",
  "..",
  "//",
  "a",
  "1",
  "*",
  "{",
  "\\",
  "é",
  "?",
  "#",
  ";",
];
const queryPieces = [
  "&",
  "=",
  "text",
  "int32",
  "int64",
  "bool",
  "bytes",
  "time",
  "duration",
  "mask",
  "names",
  "book.name",
  "self.",
  "self.self.",
  "choice_text",
  "choice_number",
  "counts",
  "any",
  "prenoms[]",
  "__proto__",
  "constructor",
  "%",
  "%zz",
  "%E2%82%AC",
  "+",
  "true",
  "-1",
  "1e9",
  "2026-01-01T00:00:00Z",
  "1.5s",
  "99999999999999999999",
  "a",
];
const jsonPieces = [
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  '"text"',
  '"int64"',
  '"book"',
  '"books"',
  '"self"',
  '"counts"',
  '"any"',
  '"@type"',
  '"struct"',
  '"value"',
  '"time"',
  '"choiceText"',
  '"choiceNumber"',
  '"__proto__"',
  '"\\ud800"',
  '"\\u0000"',
  "null",
  "true",
  "0",
  "-1",
  "1e400",
  "9007199254740993",
  "1e-9",
  '"NaN"',
  '"2026-01-01T00:00:00Z"',
  " ",
  '"',
  "\\",
  "é",
  "\u0001",
];
const methods = ["GET", "GET", "POST", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW", ""];
const headerPieces = [
  "application/json",
  "text/event-stream",
  "*/*",
  "gzip",
  "br",
  "identity",
  "*",
  ";q=0",
  ";q=0.5",
  ";q=x",
  ",",
  " ",
  "10S",
  "0.001",
  "",
  "text/plain",
  "charset=utf-8",
];
const headerNames = [
  "accept",
  "accept-encoding",
  "content-type",
  "content-encoding",
  "x-server-timeout",
  "grpc-timeout",
  "content-length",
];

/** JSON that is one more often than random pieces are. */
function likelyJson(pick: (from: readonly string[], most: number) => string, next: () => number): string {
  const key = jsonPieces.filter((piece) => piece.startsWith('"') && piece.length > 3);
  const value = () => (next() % 3 === 0 ? likelyObject(4) : jsonPieces[next() % jsonPieces.length]);
  const likelyObject = (most: number): string =>
    `{${Array.from({ length: next() % most }, () => `${key[next() % key.length]}:${value()}`).join(",")}}`;
  return next() % 3 === 0 ? pick(jsonPieces, 12) : likelyObject(5);
}

function randomRequest(next: () => number) {
  const pick = (from: readonly string[], most: number) =>
    Array.from({ length: next() % (most + 1) }, () => from[next() % from.length]).join("");
  const target = `${next() % 4 === 0 ? "" : ["/v1/", "/s/", "/c", "/up/", "/any/"][next() % 5]}${pick(pathPieces, 6)}`;
  const query = next() % 2 === 0 ? `?${pick(queryPieces, 10)}` : "";
  const headers = Object.fromEntries(
    headerNames.filter(() => next() % 5 === 0).map((name) => [name, pick(headerPieces, 4)]),
  );
  const body =
    next() % 3 === 0
      ? undefined
      : next() % 8 === 0
        ? Uint8Array.from({ length: next() % 40 }, () => next())
        : likelyJson(pick, next);
  return {
    line: `${methods[next() % methods.length]} ${target}${query}`,
    init: { headers, ...(body === undefined ? {} : { body }) },
  };
}

suite("Random requests", () => {
  for (let seed = 1; seed <= 8; seed++) {
    test(`2,000 from seed ${seed} never give a 500`, async () => {
      const next = randomFrom(seed);
      const seen = new Map<number, number>();
      for (let count = 0; count < 2000; count++) {
        const { line, init } = randomRequest(next);
        const { status, text, response } = await api.call(line, init);
        seen.set(status, (seen.get(status) ?? 0) + 1);
        const expected = status < 500 || status === 504;
        assert.ok(
          expected,
          `${JSON.stringify(line)} ${JSON.stringify(init)}: ${status} ${text} ${response.error?.cause}`,
        );
        assert.doesNotMatch(text, /"code":13/, `${JSON.stringify(line)} ${JSON.stringify(init)}`);
      }
      // The requests are random, but not so wild that all are refused alike.
      for (const status of [200, 400, 404, 405])
        assert.ok((seen.get(status) ?? 0) > 10, `${status}: ${seen.get(status)}`);
      assert.equal(({} as Record<string, unknown>)["text"], undefined);
    });
  }
});

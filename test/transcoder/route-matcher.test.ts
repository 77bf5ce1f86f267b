import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { custom, del, get, post, serve } from "./harness.ts";
import type { Rule } from "./schema.ts";

type Row = [line: string, expected: { method: number; text?: string } | number];

/** Each line reaches the method of that index with that `text`, or gets that status. */
function table(rules: Rule[], rows: Row[]): void {
  // Declaration order must not matter: every table runs forwards and backwards.
  for (const order of ["forwards", "backwards"] as const) {
    const { call, last } = serve(order === "forwards" ? rules : rules.toReversed());
    for (const [line, expected] of rows) {
      test(`${line} (${order})`, async () => {
        const answer = await call(line);
        if (typeof expected === "number") return assert.equal(answer.status, expected, answer.text);
        assert.equal(answer.status, 200, answer.text);
        const index = last()?.method ?? -1;
        assert.equal(order === "forwards" ? index : rules.length - 1 - index, expected.method);
        if ("text" in expected) assert.equal(last()?.message["text"], expected.text);
      });
    }
  }
}

suite("2. Literals are percent-encoded and decoded once per segment", () => {
  table(
    [get("/v1/caf%C3%A9"), get("/v1/a%2fb"), get("/v1/a/b"), get("/v1/100%25"), get("/v1/x%3Ay")],
    [
      ["GET /v1/caf%C3%A9", { method: 0 }],
      ["GET /v1/caf%c3%a9", { method: 0 }],
      ["GET /v1/%63af%C3%A9", { method: 0 }],
      ["GET /v1/caf%25C3%25A9", 404],
      ["GET /v1/a%2Fb", { method: 1 }],
      ["GET /v1/a%2fb", { method: 1 }],
      ["GET /v1/a/b", { method: 2 }],
      ["GET /v1/100%25", { method: 3 }],
      ["GET /v1/100%2525", 404],
      ["GET /v1/x%3ay", { method: 4 }],
      ["GET /v1/x:y", { method: 4 }],
      ["GET /v1/%zz", 404],
      ["GET /v1/%ff", 404],
      ["GET /V1/a/b", 404],
    ],
  );
});

suite("3. What variables capture", () => {
  table(
    [
      get("/s/{text}"),
      get("/m/{text=o/**}"),
      get("/n/{text=a/*/b/*}"),
      get("/l/{text=fixed}"),
      get("/r/{text=**}"),
    ],
    [
      ["GET /s/a%20b", { method: 0, text: "a b" }],
      ["GET /s/a%2Fb", { method: 0, text: "a/b" }],
      ["GET /s/a+b", { method: 0, text: "a+b" }],
      ["GET /s/%E2%82%AC", { method: 0, text: "€" }],
      ["GET /s/%252F", { method: 0, text: "%2F" }],
      ["GET /s/%2e%2e", { method: 0, text: ".." }],
      ["GET /s/..", { method: 0, text: ".." }],
      ["GET /s/a?x", 400],
      ["GET /s/%00", { method: 0, text: "\0" }],
      ["GET /s/%ff", 400],
      ["GET /s/%e2%82", 400],
      ["GET /s/%", 400],
      ["GET /s/", 404],
      ["GET /s", 404],
      ["GET /s/a/b", 404],
      ["GET /s/a/", 404],
      ["GET /m/o", { method: 1, text: "o" }],
      ["GET /m/o/", { method: 1, text: "o/" }],
      ["GET /m/o/a/b", { method: 1, text: "o/a/b" }],
      ["GET /m/o/a%2Fb%20c", { method: 1, text: "o/a%2Fb c" }],
      ["GET /m/o/a%2fb", { method: 1, text: "o/a%2fb" }],
      ["GET /m/o/%252F", { method: 1, text: "o/%2F" }],
      ["GET /m/%6F/x", { method: 1, text: "o/x" }],
      ["GET /m/o/%ff", 400],
      ["GET /m", 404],
      ["GET /n/a/1/b/2", { method: 2, text: "a/1/b/2" }],
      ["GET /n/a/%2F/b/%41", { method: 2, text: "a/%2F/b/A" }],
      ["GET /n/a/1/b", 404],
      ["GET /n/a//b/2", 404],
      ["GET /l/fixed", { method: 3, text: "fixed" }],
      ["GET /l/other", 404],
      ["GET /r", { method: 4, text: "" }],
      ["GET /r/", { method: 4, text: "" }],
      ["GET /r/a//b", { method: 4, text: "a//b" }],
      ["GET //s/a", 404],
      ["GET http://host.example/s/a", { method: 0, text: "a" }],
      ["GET https://host.example:8443/s/b", { method: 0, text: "b" }],
      ["GET *", 404],
      ["GET ftp://host/s/a", 404],
    ],
  );
});

suite("4. Priority: literal, star, double star, leftmost first, by method, with backtracking", () => {
  table(
    [
      get("/v1/books/{text}"),
      get("/v1/books/best"),
      get("/v1/{text=**}"),
      get("/v1/{text}/best"),
      post("/v1/books/new"),
      get("/v1/a/*/c/d"),
      get("/v1/a/b/{text}/e"),
      custom("*", "/v1/any/thing"),
      get("/v1/any/{text}"),
      post("/v1/any/thing"),
    ],
    [
      ["GET /v1/books/best", { method: 1 }],
      ["GET /v1/books/other", { method: 0, text: "other" }],
      ["GET /v1/shelf/best", { method: 3, text: "shelf" }],
      ["GET /v1/shelf/other", { method: 2, text: "shelf/other" }],
      ["GET /v1/books", { method: 2, text: "books" }],
      ["GET /v1/books/a/b", { method: 2, text: "books/a/b" }],
      // The POST route does not hide the GET ones.
      ["GET /v1/books/new", { method: 0, text: "new" }],
      ["POST /v1/books/new", { method: 4 }],
      ["POST /v1/books/other", 405],
      // The literal b leads nowhere here: back to the star.
      ["GET /v1/a/b/c/d", { method: 5 }],
      ["GET /v1/a/b/c/e", { method: 6, text: "c" }],
      ["GET /v1/a/x/c/d", { method: 5 }],
      ["GET /v1/a/b/c/f", { method: 2, text: "a/b/c/f" }],
      ["POST /v1/any/thing", { method: 9 }],
      ["GET /v1/any/thing", { method: 7 }],
      ["PUT /v1/any/thing", { method: 7 }],
      ["GET /v1/any/other", { method: 8, text: "other" }],
    ],
  );
});

suite("5. Verbs", () => {
  table(
    [
      get("/v1/{text}"),
      post("/v1/{text}:cancel"),
      get("/v1/{text}:undo"),
      get("/v1/books:list"),
      get("/v2/{text=**}:move"),
      get("/v2/{text=**}"),
      del("/v3/{text}:drop%20it"),
    ],
    [
      ["GET /v1/a", { method: 0, text: "a" }],
      ["GET /v1/a:b", { method: 0, text: "a:b" }],
      ["GET /v1/a:undo", { method: 2, text: "a" }],
      ["GET /v1/a:b:undo", { method: 2, text: "a:b" }],
      ["GET /v1/a:undo:b", { method: 0, text: "a:undo:b" }],
      ["GET /v1/a%3Aundo", { method: 0, text: "a:undo" }],
      ["GET /v1/a%3aundo", { method: 0, text: "a:undo" }],
      ["POST /v1/a:cancel", { method: 1, text: "a" }],
      // No GET route has that verb: it belongs to the value.
      ["GET /v1/a:cancel", { method: 0, text: "a:cancel" }],
      ["GET /v1/books:list", { method: 3 }],
      ["GET /v1/shelf:list", { method: 0, text: "shelf:list" }],
      ["GET /v1/a:", { method: 0, text: "a:" }],
      ["GET /v1/:undo", { method: 0, text: ":undo" }],
      ["POST /v1/a:undo", 405],
      ["GET /v2/a/b:move", { method: 4, text: "a/b" }],
      ["GET /v2/a:move/b", { method: 5, text: "a:move/b" }],
      ["GET /v2/a:b/c:move", { method: 4, text: "a:b/c" }],
      ["DELETE /v3/a:drop%20it", { method: 6, text: "a" }],
      ["DELETE /v3/a:%64rop%20it", { method: 6, text: "a" }],
      ["DELETE /v3/a", 404],
    ],
  );
});

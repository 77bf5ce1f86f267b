import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  type CallInit,
  custom,
  get,
  patch,
  post,
  problemOf,
  put,
  serve,
  type TestMethod,
} from "./harness.ts";
import type { Rule } from "./schema.ts";

/** The request that the line makes of the one rule, as JSON, or the status that it gets. */
type Row = [rule: Rule, line: string, body: CallInit["body"], expected: object | number];

function table(rows: Row[]): void {
  for (const [rule, line, body, expected] of rows) {
    const shown = body === undefined ? "" : ` with ${typeof body === "string" ? body : JSON.stringify(body)}`;
    test(`${rule.pattern?.value} body "${rule.body ?? ""}": ${line}${shown}`, async () => {
      const { call, last } = serve([rule]);
      const answer = await call(line, body === undefined ? {} : { body });
      if (typeof expected === "number") return assert.equal(answer.status, expected, answer.text);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(last()?.json, expected);
    });
  }
}

suite("6. Path variables bind scalars, enums and scalar well-known types by field path", () => {
  const rows: [path: string, value: string, expected: object | number][] = [
    ["text", "a", { text: "a" }],
    ["bool", "true", { bool: true }],
    ["bool", "1", 400],
    ["int32", "-5", { int32: -5 }],
    ["int64", "9007199254740993", { int64: "9007199254740993" }],
    ["uint64", "-1", 400],
    ["double", "1.5", { double: 1.5 }],
    ["bytes", "_-8", { bytes: "/+8=" }],
    ["color", "COLOR_RED", { color: "COLOR_RED" }],
    ["color", "2", { color: "COLOR_GREEN" }],
    ["color", "PINK", 400],
    ["optional_text", "", 404],
    ["text_int64", "7", { textInt64: "7" }],
    ["odd_name", "x", { "prenoms[]": "x" }],
    ["book.name", "b", { book: { name: "b" } }],
    ["book.author.id", "i", { book: { author: { id: "i" } } }],
    ["self.self.text", "t", { self: { self: { text: "t" } } }],
    ["legacy.closed", "CLOSED_ONE", { legacy: { closed: "CLOSED_ONE" } }],
    ["legacy.closed", "7", 400],
    ["choice_number", "3", { choiceNumber: 3 }],
    ["choice_book.name", "b", { choiceBook: { name: "b" } }],
    ["choice_boxed", "b", { choiceBoxed: "b" }],
    ["time", "2026-01-31T09:30:00Z", { time: "2026-01-31T09:30:00Z" }],
    ["time", "2026-02-30T09:30:00Z", 400],
    ["duration", "1.5s", { duration: "1.500s" }],
    ["mask", "a,bC", { mask: "a,bC" }],
    ["boxed_int64", "0", { boxedInt64: "0" }],
    ["boxed_text", "x", { boxedText: "x" }],
  ];
  for (const [path, value, expected] of rows) {
    test(`{${path}} takes ${value || "nothing"}`, async () => {
      const { call, last } = serve([get(`/v1/{${path}}`)]);
      const answer = await call(`GET /v1/${encodeURIComponent(value)}`);
      if (typeof expected !== "number") return assert.deepEqual(last()?.json, expected, answer.text);
      assert.equal(answer.status, expected);
      if (expected === 400) assert.equal(problemOf(answer).field, path);
    });
  }

  const refused: [rule: Rule | TestMethod, reason: RegExp][] = [
    [get("/v1/{names}"), /M0: path variable names is repeated/],
    [get("/v1/{numbers=a/*}"), /numbers is repeated/],
    [get("/v1/{counts}"), /path variable counts .*map/],
    [get("/v1/{book}"), /path variable book .*message/],
    [get("/v1/{books.name}"), /books\.name leads through/],
    [get("/v1/{struct}"), /struct/],
    [get("/v1/{value}"), /value/],
    [get("/v1/{any}"), /any/],
    [get("/v1/{empty}"), /empty/],
    [get("/v1/{time.seconds}"), /leads through/],
    [get("/v1/{nothing}"), /nothing is not a field/],
    [get("/v1/{book.nothing}"), /not a field/],
    [get("/v1/{text.x}"), /leads through/],
    [get("/v1/{text}/{text}"), /binds text twice/],
    [get("/v1/{odd_name}/{prenoms}"), /not a field/],
    [get("v1"), /start with a slash/],
    [{ pattern: { case: undefined } }, /no pattern/],
    [get("/v1", { body: "*" }), /GET must not have a body/],
    [custom("HEAD", "/v1", { body: "*" }), /HEAD must not have a body/],
    [custom("", "/v1"), /not an HTTP method/],
    [custom("A B", "/v1"), /not an HTTP method/],
    [post("/v1", { body: "nothing" }), /body "nothing" is not a field/],
    [post("/v1", { body: "book.name" }), /body "book\.name" is not a field/],
    [post("/v1/{text}", { body: "text" }), /both the path and the body bind text/],
    [get("/v1", { responseBody: "nothing" }), /response_body "nothing" is not a field/],
    [
      get("/v1", { additionalBindings: [get("/v2", { additionalBindings: [get("/v3")] })] }),
      /must not be nested/,
    ],
    [get("/v1", { additionalBindings: [get("/v1")] }), /already bound/],
    [get("/v1/{text}", { additionalBindings: [get("/v1/*")] }), /already bound/],
    [{ rule: get("/v1"), kind: "bidi" }, /bidirectional/],
  ];
  for (const [rule, reason] of refused) {
    test(`a start is refused: ${reason.source}`, () => {
      assert.throws(
        () => serve([rule]),
        (error: Error) => {
          assert.match(error.message, /^google\.api\.http of transcodertest\.v1\.TestService\.M0: /);
          assert.match(error.message, reason);
          return true;
        },
      );
    });
  }

  test("two methods on one route stop the start and are both named", () => {
    assert.throws(() => serve([get("/v1/{text}"), get("/v1/{names=*}")]), /M1: path variable/);
    assert.throws(
      () => serve([get("/v1/{text}"), get("/v1/{int32}")]),
      /M1: .*already bound to .*M0 as \/v1\/\{text\}/,
    );
  });

  test("a method without a rule is not served", async () => {
    const { call, transcoder } = serve([{ rule: undefined }, get("/v1")]);
    assert.equal((await call("GET /v1")).status, 200);
    assert.deepEqual(
      transcoder.bindings.map(({ template }) => template),
      ["/v1"],
    );
  });
});

const book = { name: "n", title: "t" };

suite("7. Body *, body field, no body", () => {
  table([
    [post("/v1", { body: "*" }), "POST /v1", { text: "a", int32: 3 }, { text: "a", int32: 3 }],
    [
      post("/v1", { body: "*" }),
      "POST /v1",
      { optional_text: "a", textInt64: "3" },
      { optionalText: "a", textInt64: "3" },
    ],
    [post("/v1", { body: "*" }), "POST /v1", {}, {}],
    [post("/v1", { body: "*" }), "POST /v1", undefined, {}],
    [post("/v1", { body: "*" }), "POST /v1", "", {}],
    [post("/v1", { body: "*" }), "POST /v1", "null", 400],
    [post("/v1", { body: "*" }), "POST /v1", "[]", 400],
    [post("/v1", { body: "*" }), "POST /v1", "3", 400],
    [post("/v1", { body: "*" }), "POST /v1?text=a", {}, 400],
    [post("/v1", { body: "*" }), "POST /v1?unknown=a", {}, 400],
    [post("/v1/{text}", { body: "*" }), "POST /v1/a", { int32: 1 }, { text: "a", int32: 1 }],
    [post("/v1", { body: "book" }), "POST /v1?text=a", book, { book, text: "a" }],
    [post("/v1", { body: "book" }), "POST /v1", undefined, {}],
    [post("/v1", { body: "book" }), "POST /v1", "null", {}],
    [post("/v1", { body: "book" }), "POST /v1", "[]", 400],
    [post("/v1", { body: "text" }), "POST /v1", '"a"', { text: "a" }],
    [post("/v1", { body: "int64" }), "POST /v1", "9007199254740993", { int64: "9007199254740993" }],
    [post("/v1", { body: "names" }), "POST /v1", ["a", "b"], { names: ["a", "b"] }],
    [post("/v1", { body: "numbers" }), "POST /v1", "[9007199254740993]", { numbers: ["9007199254740993"] }],
    [post("/v1", { body: "books" }), "POST /v1", [book], { books: [book] }],
    [post("/v1", { body: "counts" }), "POST /v1", { a: 1 }, { counts: { a: "1" } }],
    [post("/v1", { body: "color" }), "POST /v1", '"COLOR_RED"', { color: "COLOR_RED" }],
    [post("/v1", { body: "time" }), "POST /v1", '"2026-01-31T09:30:00Z"', { time: "2026-01-31T09:30:00Z" }],
    [post("/v1", { body: "boxed_text" }), "POST /v1", '"a"', { boxedText: "a" }],
    [post("/v1", { body: "struct" }), "POST /v1", { a: [1] }, { struct: { a: [1] } }],
    [post("/v1", { body: "value" }), "POST /v1", "null", { value: null }],
    [post("/v1", { body: "choice_book" }), "POST /v1", book, { choiceBook: book }],
    [post("/v1", { body: "odd_name" }), "POST /v1", '"x"', { "prenoms[]": "x" }],
    [get("/v1"), "GET /v1", undefined, {}],
    [get("/v1"), "GET /v1", "", {}],
    [get("/v1"), "GET /v1", "{}", 400],
    [post("/v1"), "POST /v1?text=a", undefined, { text: "a" }],
    [post("/v1"), "POST /v1", { text: "a" }, 400],
  ]);
});

suite("8. Path beats body, and the query reaches neither", () => {
  table([
    [put("/v1/{text}", { body: "*" }), "PUT /v1/path", { text: "body" }, { text: "path" }],
    [patch("/v1/{book.name}", { body: "book" }), "PATCH /v1/path", book, { book: { ...book, name: "path" } }],
    [
      patch("/v1/{book.author.id}", { body: "book" }),
      "PATCH /v1/i",
      { author: { id: "x" } },
      { book: { author: { id: "i" } } },
    ],
    [patch("/v1/{book.name}", { body: "book" }), "PATCH /v1/path", undefined, { book: { name: "path" } }],
    [put("/v1/{choice_text}", { body: "*" }), "PUT /v1/path", { choiceNumber: 3 }, { choiceText: "path" }],
    [get("/v1/{text}"), "GET /v1/a?text=a", undefined, 400],
    [get("/v1/{optional_text}"), "GET /v1/a?optionalText=a", undefined, 400],
    [get("/v1/{book.name}"), "GET /v1/a?book.name=b", undefined, 400],
    [get("/v1/{book.name}"), "GET /v1/a?book.title=b", undefined, { book: { name: "a", title: "b" } }],
    [post("/v1", { body: "book" }), "POST /v1?book.name=a", {}, 400],
    [post("/v1", { body: "book" }), "POST /v1?book.nothing=a", {}, 400],
    [post("/v1", { body: "book" }), "POST /v1?book=a", {}, 400],
    [post("/v1", { body: "names" }), "POST /v1?names=a", [], 400],
    [get("/v1/{choice_text}"), "GET /v1/a?choiceNumber=1", undefined, 400],
    [post("/v1", { body: "choice_book" }), "POST /v1?choice_text=a", {}, 400],
  ]);
});

suite("11. response_body, additional_bindings and custom kinds", () => {
  const rows: [field: string, request: object, expected: unknown][] = [
    ["text", { text: "a" }, "a"],
    ["text", {}, ""],
    ["int64", {}, "0"],
    ["int32", {}, 0],
    ["double", {}, 0],
    ["bool", {}, false],
    ["bytes", {}, ""],
    ["color", {}, "COLOR_UNSPECIFIED"],
    ["names", { names: ["a"] }, ["a"]],
    ["names", {}, []],
    ["counts", {}, {}],
    ["book", { book }, book],
    ["book", {}, null],
    ["optional_text", {}, null],
    ["optional_text", { optionalText: "" }, ""],
    ["boxed_int32", {}, null],
    ["boxed_int32", { boxedInt32: 0 }, 0],
    ["time", { time: "2026-01-31T09:30:00Z" }, "2026-01-31T09:30:00Z"],
    ["value", { value: [1] }, [1]],
    ["choice_number", {}, null],
    ["choice_number", { choiceNumber: 0 }, 0],
    ["odd_name", { odd_name: "x" }, "x"],
  ];
  for (const [field, request, expected] of rows) {
    test(`response_body ${field} of ${JSON.stringify(request)}`, async () => {
      const { call } = serve([post("/v1", { body: "*", responseBody: field })]);
      const answer = await call("POST /v1", { body: request as never });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(answer.json, expected);
    });
  }

  test("response_body follows proto field names and integers for enums", async () => {
    const rules = [
      post("/a", { body: "*", responseBody: "odd_name" }),
      post("/b", { body: "*", responseBody: "color" }),
    ];
    const { call } = serve(rules, { jsonOptions: { useProtoFieldName: true, enumAsInteger: true } });
    assert.equal((await call("POST /a", { body: { odd_name: "x" } })).json, "x");
    assert.equal((await call("POST /b", { body: {} })).json, 0);
  });

  const several = get("/v1/{text}", {
    additionalBindings: [
      post("/v1:make", { body: "*", responseBody: "text" }),
      put("/v1/{text}", { body: "book", responseBody: "book" }),
      custom("REPORT", "/v1/{text}/report"),
      custom("*", "/any/{text}"),
    ],
  });

  test("each additional binding has its own body and response_body", async () => {
    const { call, last } = serve([several]);
    assert.deepEqual((await call("GET /v1/a")).json, { text: "a" });
    assert.equal((await call("POST /v1:make", { body: { text: "b" } })).json, "b");
    assert.deepEqual((await call("PUT /v1/c", { body: book })).json, book);
    assert.deepEqual(last()?.json, { text: "c", book });
  });

  for (const line of [
    "REPORT /v1/a/report",
    "GET /any/a",
    "DELETE /any/a",
    "OPTIONS /any/a",
    "BREW /any/a",
  ]) {
    test(`${line} is a custom kind`, async () => {
      assert.deepEqual((await serve([several]).call(line)).json, { text: "a" });
    });
  }

  test("a custom kind is matched as written", async () => {
    assert.equal((await serve([several]).call("report /v1/a/report")).status, 405);
  });
});

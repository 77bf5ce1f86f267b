import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type CallInit, post, problemOf, serve } from "./harness.ts";

/** Body → request as JSON, or the field that a 400 names and what it says. */
type Row = [body: CallInit["body"], expected: object | [field: string | undefined, message: RegExp]];

const deep = (depth: number) => `{"struct":${'{"a":'.repeat(depth - 2)}{}${"}".repeat(depth - 2)}}`;

suite("18. JSON in", () => {
  const { call, last } = serve([post("/v1", { body: "*" })]);
  const rows: Row[] = [
    ['{"text":"a","text":"a"}', [undefined, /repeats a key/]],
    ['{"text":"a","te\\u0078t":"b"}', [undefined, /repeats a key/]],
    ['{"book":{"name":"a","name":"b"}}', [undefined, /repeats a key/]],
    ['{"counts":{"a":1,"a":2}}', [undefined, /repeats a key/]],
    ['{"struct":{"a":{"b":1,"b":2}}}', [undefined, /repeats a key/]],
    ['{"books":[{"name":"a"},{"name":"b"}]}', { books: [{ name: "a" }, { name: "b" }] }],
    ['{"text":"{\\":{:"}', { text: '{":{:' }],
    ['{"text":"\\\\","names":["\\"",":"]}', { text: "\\", names: ['"', ":"] }],
    ['{"optional_text":"a","optionalText":"b"}', ["optional_text", /twice/]],
    ['{"choiceText":"a","choice_number":1}', ["choice_number", /excludes choice_text/]],
    ['{"__proto__":{"text":"a"}}', ["__proto__", /not a field/]],
    ['{"struct":{"__proto__":{"polluted":1}}}', { struct: JSON.parse('{"__proto__":{"polluted":1}}') }],
    ['{"counts":{"__proto__":"1"}}', { counts: JSON.parse('{"__proto__":"1"}') }],
    ['{"constructor":{}}', ["constructor", /not a field/]],
    [deep(99), JSON.parse(deep(99)) as object],
    [deep(101), [undefined, /deeper than 100/]],
    ["[".repeat(1_000_000), [undefined, /deeper than 100/]],
    [`{"text":"${"[".repeat(1000)}"}`, { text: "[".repeat(1000) }],
    ['{"int64":9007199254740993}', { int64: "9007199254740993" }],
    ['{"int64":-9223372036854775808}', { int64: "-9223372036854775808" }],
    ['{"uint64":18446744073709551615}', { uint64: "18446744073709551615" }],
    ['{"int64":"9007199254740993"}', { int64: "9007199254740993" }],
    ['{"int64":9007199254740993.0}', { int64: "9007199254740993" }],
    ['{"int64":9.007199254740993e15}', { int64: "9007199254740993" }],
    ['{"int64":9223372036854775808}', ["int64", /64-bit integer/]],
    ['{"uint64":18446744073709551616}', ["uint64", /unsigned 64-bit/]],
    ['{"int64":1.5}', ["int64", /64-bit integer/]],
    ['{"numbers":[1,9007199254740993]}', { numbers: ["1", "9007199254740993"] }],
    ['{"boxedNumbers":[9007199254740993]}', { boxedNumbers: ["9007199254740993"] }],
    ['{"counts":{"a":9007199254740993}}', { counts: { a: "9007199254740993" } }],
    ['{"boxedInt64":9007199254740993}', { boxedInt64: "9007199254740993" }],
    ['{"book":{"pages":9007199254740993}}', { book: { pages: "9007199254740993" } }],
    ['{"books":[{"pages":9007199254740993}]}', { books: [{ pages: "9007199254740993" }] }],
    [
      '{"booksByName":{"a":{"pages":9007199254740993}}}',
      { booksByName: { a: { pages: "9007199254740993" } } },
    ],
    ['{"choiceBook":{"pages":9007199254740993}}', { choiceBook: { pages: "9007199254740993" } }],
    ['{"textInt64":9007199254740993}', { textInt64: "9007199254740993" }],
    [
      '{"any":{"@type":"type.googleapis.com/transcodertest.v1.Book","pages":9007199254740993}}',
      { any: { "@type": "type.googleapis.com/transcodertest.v1.Book", pages: "9007199254740993" } },
    ],
    [
      '{"any":{"@type":"type.googleapis.com/google.protobuf.Int64Value","value":9007199254740993}}',
      { any: { "@type": "type.googleapis.com/google.protobuf.Int64Value", value: "9007199254740993" } },
    ],
    ['{"any":{"@type":"type.googleapis.com/nothing.Known"}}', ["any", /known @type/]],
    ['{"double":12345678901234567890}', { double: 12345678901234567000 }],
    ['{"value":12345678901234567890}', { value: 12345678901234567000 }],
    ['{"struct":{"a":[12345678901234567890]}}', { struct: { a: [12345678901234567000] } }],
    ['{"list":[12345678901234567890]}', { list: [12345678901234567000] }],
    ['{"text":12345678901234567890}', ["text", /string/]],
    ['{"bytes":12345678901234567890}', ["bytes", /base64/]],
    ['{"double":1e400}', [undefined, /out of range/]],
    ['{"value":1e400}', [undefined, /out of range/]],
    [`{"int64":1${"0".repeat(10_000)}}`, [undefined, /out of range/]],
    ['{"double":1e-400}', {}],
    ['{"int32":1e2}', { int32: 100 }],
    ['{"unknown":1}', ["unknown", /not a field/]],
    ['{"book":{"unknown":1}}', ["book.unknown", /not a field/]],
    ['{"books":[{},{"author":{"unknown":1}}]}', ["books[1].author.unknown", /not a field/]],
    ['{"booksByName":{"k":{"unknown":1}}}', ['books_by_name["k"].unknown', /not a field/]],
    ['{"self":{"self":{"int32":"x"}}}', ["self.self.int32", /32-bit integer/]],
    ['{"names":["a",1]}', ["names[1]", /string/]],
    ['{"names":["a",null]}', ["names[1]", /null/]],
    ['{"names":"a"}', ["names", /array/]],
    ['{"books":[[]]}', ["books[0]", /object/]],
    ['{"book":"a"}', ["book", /object/]],
    ['{"counts":[]}', ["counts", /object/]],
    ['{"counts":{"a":"x"}}', ['counts["a"]', /64-bit integer/]],
    ['{"labels":{"x":"a"}}', ['labels["x"]', /string|key/]],
    ['{"color":"PINK"}', ["color", /a value of Color/]],
    ['{"legacy":{"closed":7}}', ["legacy.closed", /a value of Closed/]],
    ['{"time":"yesterday"}', ["time", /RFC 3339/]],
    ['{"duration":"1"}', ["duration", /suffix s/]],
    ['{"boxedInt32":"x"}', ["boxed_int32", /32-bit integer/]],
    ['{"bytes":"*"}', ["bytes", /base64/]],
    ['{"bool":"true"}', ["bool", /true or false/]],
    ['{"text":"\\ud800"}', ["text", /well-formed/]],
    ['{"text":"a\\u0000b"}', { text: "a\0b" }],
    [
      Buffer.from([0x7b, 0x22, 0x74, 0x65, 0x78, 0x74, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]),
      [undefined, /UTF-8/],
    ],
    ['{"text":"a"', [undefined, /not JSON/]],
    ['{"text":"a"}}', [undefined, /not JSON/]],
    ["{'text':'a'}", [undefined, /not JSON/]],
    ['{"text":"a",}', [undefined, /not JSON/]],
    ['{"int32":01}', [undefined, /not JSON/]],
    ['{"double":NaN}', [undefined, /not JSON/]],
    ["\u0001", [undefined, /not JSON/]],
    [" \n\t{} ", {}],
  ];
  for (const [body, expected] of rows) {
    const shown = Buffer.from(body as string).toString("utf8");
    test(JSON.stringify(shown.slice(0, 90)), async () => {
      const answer = await call("POST /v1", body === undefined ? {} : { body });
      if (!Array.isArray(expected)) {
        assert.equal(answer.status, 200, answer.text);
        return assert.deepEqual(last()?.json, expected);
      }
      const [field, message] = expected;
      assert.equal(answer.status, 400, answer.text);
      assert.equal(problemOf(answer).field, field);
      assert.match(problemOf(answer).message, message);
    });
  }

  test("nothing was polluted", () => {
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });

  test("an error never quotes the value", async () => {
    for (const body of [
      '{"int32":"SECRET"}',
      '{"text":SECRET}',
      '{"color":"SECRET"}',
      '{"time":"SECRET"}',
      '{"names":{"SECRET":1}}',
    ]) {
      assert.doesNotMatch((await call("POST /v1", { body })).text, /SECRET/);
    }
  });

  test("unknown fields are dropped when jsonOptions allow them", async () => {
    const lax = serve([post("/v1", { body: "*" })], { jsonOptions: { ignoreUnknownFields: true } });
    const body = '{"unknown":{"a":1},"book":{"x":1},"int64":9007199254740993}';
    assert.equal((await lax.call("POST /v1", { body })).status, 200);
    assert.deepEqual(lax.last()?.json, { book: {}, int64: "9007199254740993" });
    assert.equal((await lax.call("POST /v1", { body: '{"book":3}' })).status, 400);
  });

  test("a large body is read in linear time, also when it is refused", async () => {
    const item = `{"books":[${'{"name":"a","tags":["b"]},'.repeat(50_000)}{"pages":"x"}]}`;
    const start = performance.now();
    const answer = await call("POST /v1", { body: item });
    assert.equal(problemOf(answer).field, "books[50000].pages");
    // Quadratic reading would take minutes.
    assert.ok(performance.now() - start < 10_000);
  });
});

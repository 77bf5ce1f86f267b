import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { get, problemOf, serve } from "./harness.ts";

/** Query string → request as JSON, or the field that a 400 names. */
type Row = [query: string, expected: object | string];

function table(rows: Row[], options: Parameters<typeof serve>[1] = {}): void {
  const { call, last } = serve([get("/v1")], options);
  for (const [query, expected] of rows) {
    const shown = query.length > 80 ? `${query.slice(0, 80)}…` : query;
    test(`?${shown} ${typeof expected === "string" ? "is 400" : "is taken"}`, async () => {
      const answer = await call(`GET /v1?${query}`);
      if (typeof expected !== "string") {
        assert.equal(answer.status, 200, answer.text);
        return assert.deepEqual(last()?.json, expected);
      }
      assert.equal(answer.status, 400, answer.text);
      assert.equal(problemOf(answer).field ?? "", expected);
    });
  }
}

suite("9. Query names", () => {
  table([
    ["", {}],
    ["&&", {}],
    ["text=a", { text: "a" }],
    ["text=a&", { text: "a" }],
    ["&text=a", { text: "a" }],
    ["optional_text=a", { optionalText: "a" }],
    ["optionalText=a", { optionalText: "a" }],
    ["optionalText=", { optionalText: "" }],
    ["optionalText", { optionalText: "" }],
    ["text=a=b", { text: "a=b" }],
    ["te%78t=a", { text: "a" }],
    ["prenoms[]=x", { "prenoms[]": "x" }],
    ["prenoms%5B%5D=x", { "prenoms[]": "x" }],
    ["odd_name=x", { "prenoms[]": "x" }],
    ["odd_name=x&prenoms[]=y", "odd_name"],
    ["book.name=a&book.author.id=b", { book: { name: "a", author: { id: "b" } } }],
    ["book%2Ename=a", { book: { name: "a" } }],
    [
      "self.self.optionalText=a&self.optional_text=b",
      { self: { optionalText: "b", self: { optionalText: "a" } } },
    ],
    ["book.tags=a&book.tags=b", { book: { tags: ["a", "b"] } }],
    ["names=b&text=x&names=a&names=b", { names: ["b", "a", "b"], text: "x" }],
    ["names=", { names: [""] }],
    ["numbers=1&numbers=2", { numbers: ["1", "2"] }],
    ["text=a&text=a", "text"],
    ["optional_text=a&optionalText=a", "optional_text"],
    ["book.name=a&book.name=b", "book.name"],
    ["choice_text=a", { choiceText: "a" }],
    ["choice_text=a&choiceNumber=1", "choice_number"],
    ["choice_book.name=a&choice_book.title=b", { choiceBook: { name: "a", title: "b" } }],
    ["self.choice_text=a&choice_number=1", { self: { choiceText: "a" }, choiceNumber: 1 }],
    ["unknown=a", "unknown"],
    ["Text=a", "Text"],
    ["=a", ""],
    ["book.unknown=a", "book.unknown"],
    ["book.=a", "book."],
    [".book=a", ".book"],
    ["text.x=a", "text.x"],
    ["__proto__=a", "__proto__"],
    ["constructor=a", "constructor"],
    ["toString=a", "toString"],
    ["book.__proto__.x=a", "book.__proto__.x"],
    ["time.seconds=1", "time.seconds"],
    ["any.value=1", "any.value"],
    ["%ff=a", ""],
    ["%=a", ""],
    [`${"self.".repeat(31)}text=a`, nested(31, { text: "a" })],
    [`${"self.".repeat(32)}text=a`, `${"self.".repeat(32).slice(0, 100)}…`],
    [`x%0a%e2%80%a8y=a`, "x??y"],
  ]);

  suite("unknown ones allowed by option", () => {
    table(
      [
        ["unknown=a&text=b", { text: "b" }],
        ["unknown=%ff", {}],
        ["book.unknown=a", {}],
        ["book=a", "book"],
        ["text=a&text=b", "text"],
      ],
      { unknownQueryParameters: "ignore" },
    );
  });
});

/** An object in itself, so many times. */
function nested(depth: number, inner: object): object {
  return depth === 0 ? inner : { self: nested(depth - 1, inner) };
}

suite("10. Query values", () => {
  table([
    ["bool=true", { bool: true }],
    ["bool=false", {}],
    ["bool=1", "bool"],
    ["bool=True", "bool"],
    ["bool=", "bool"],
    ["bool", "bool"],
    ["int32=2147483647", { int32: 2147483647 }],
    ["int32=-2147483648", { int32: -2147483648 }],
    ["int32=2147483648", "int32"],
    ["int32=-2147483649", "int32"],
    ["int32=1.0", "int32"],
    ["int32=1e3", "int32"],
    ["int32=0x10", "int32"],
    ["int32=%201", "int32"],
    ["int32=+1", "int32"],
    ["int32=", "int32"],
    ["int32=007", { int32: 7 }],
    ["sint32=-1&sfixed32=-2", { sint32: -1, sfixed32: -2 }],
    ["uint32=4294967295&fixed32=1", { uint32: 4294967295, fixed32: 1 }],
    ["uint32=4294967296", "uint32"],
    ["uint32=-1", "uint32"],
    ["int64=9223372036854775807", { int64: "9223372036854775807" }],
    ["int64=-9223372036854775808", { int64: "-9223372036854775808" }],
    ["int64=9223372036854775808", "int64"],
    ["int64=9007199254740993", { int64: "9007199254740993" }],
    ["sint64=-1&sfixed64=-2", { sint64: "-1", sfixed64: "-2" }],
    ["uint64=18446744073709551615&fixed64=1", { uint64: "18446744073709551615", fixed64: "1" }],
    ["uint64=18446744073709551616", "uint64"],
    [`int64=${"1".repeat(5000)}`, "int64"],
    ["text_int64=9007199254740993", { textInt64: "9007199254740993" }],
    ["double=1.5&float=-2.5e-1", { double: 1.5, float: -0.25 }],
    ["double=.5", { double: 0.5 }],
    ["double=NaN&float=NaN", { double: "NaN", float: "NaN" }],
    ["double=Infinity&float=-Infinity", { double: "Infinity", float: "-Infinity" }],
    ["double=1e400", "double"],
    ["float=3.5e38", "float"],
    ["double=inf", "double"],
    ["double=0x1", "double"],
    ["double=", "double"],
    ["double=1_0", "double"],
    ["text=a+b%20c%2Bd", { text: "a b c+d" }],
    ["text=%C3%A9%E2%82%AC%F0%9F%98%80", { text: "é€😀" }],
    ["text=é", { text: "é" }],
    ["text=%00", { text: "\0" }],
    ["text=%25%32%30", { text: "%20" }],
    ["text=%", "text"],
    ["text=%4", "text"],
    ["text=%zz", "text"],
    ["text=%ff", "text"],
    ["text=%c0%80", "text"],
    ["text=%ed%a0%80", "text"],
    ["color=COLOR_RED", { color: "COLOR_RED" }],
    ["color=2", { color: "COLOR_GREEN" }],
    ["color=77", { color: 77 }],
    ["color=-1", { color: -1 }],
    ["color=color_red", "color"],
    ["color=2147483648", "color"],
    ["color=", "color"],
    ["legacy.closed=1", { legacy: { closed: "CLOSED_ONE" } }],
    ["legacy.closed=2", "legacy.closed"],
    ["colors=COLOR_RED&colors=2", { colors: ["COLOR_RED", "COLOR_GREEN"] }],
    ["bytes=%2B%2F8%3D", { bytes: "+/8=" }],
    ["bytes=-_8", { bytes: "+/8=" }],
    ["bytes=-_8=", { bytes: "+/8=" }],
    ["bytes=", {}],
    ["bytes=a", "bytes"],
    ["bytes=abc==", "bytes"],
    ["bytes=ab=", "bytes"],
    ["bytes=a b", "bytes"],
    ["bytes=ab*d", "bytes"],
    ["time=2026-01-31T09:30:00Z", { time: "2026-01-31T09:30:00Z" }],
    ["time=2026-01-31T09:30:00.123456789Z", { time: "2026-01-31T09:30:00.123456789Z" }],
    ["time=2026-01-31T09:30:00.5%2B01:00", { time: "2026-01-31T08:30:00.500Z" }],
    ["time=2026-01-31t09:30:00z", { time: "2026-01-31T09:30:00Z" }],
    ["time=2024-02-29T00:00:00Z", { time: "2024-02-29T00:00:00Z" }],
    ["time=2023-02-29T00:00:00Z", "time"],
    ["time=2026-13-01T00:00:00Z", "time"],
    ["time=2026-01-31T24:00:00Z", "time"],
    ["time=2026-01-31T09:60:00Z", "time"],
    ["time=2026-01-31", "time"],
    ["time=2026-01-31T09:30:00", "time"],
    ["time=0001-01-01T00:00:00Z", { time: "0001-01-01T00:00:00Z" }],
    ["time=0001-01-01T00:00:00%2B01:00", "time"],
    ["time=9999-12-31T23:59:59.999999999Z", { time: "9999-12-31T23:59:59.999999999Z" }],
    ["time=9999-12-31T23:59:59-01:00", "time"],
    ["time=0000-01-01T00:00:00Z", "time"],
    ["time=1769851800", "time"],
    [
      "times=2026-01-31T09:30:00Z&times=2026-01-31T09:30:01Z",
      { times: ["2026-01-31T09:30:00Z", "2026-01-31T09:30:01Z"] },
    ],
    ["duration=3s", { duration: "3s" }],
    ["duration=-1.5s", { duration: "-1.500s" }],
    ["duration=-0.5s", { duration: "-0.500s" }],
    ["duration=0.000000001s", { duration: "0.000000001s" }],
    ["duration=315576000000s", { duration: "315576000000s" }],
    ["duration=315576000001s", "duration"],
    ["duration=315576000000.1s", "duration"],
    ["duration=1", "duration"],
    ["duration=1m", "duration"],
    ["duration=1.0000000001s", "duration"],
    ["duration=1sx", "duration"],
    ["duration=.5s", "duration"],
    ["mask=foo_bar,baz.quxQuux", { mask: "fooBar,baz.quxQuux" }],
    ["mask=", { mask: "" }],
    ["mask=a,,b", "mask"],
    ["mask=a b", "mask"],
    ["boxed_double=1.5&boxed_float=NaN", { boxedDouble: 1.5, boxedFloat: "NaN" }],
    [
      "boxed_int64=0&boxed_uint64=1&boxed_int32=0&boxed_uint32=2",
      { boxedInt64: "0", boxedUint64: "1", boxedInt32: 0, boxedUint32: 2 },
    ],
    ["boxed_bool=false&boxed_text=&boxed_bytes=", { boxedBool: false, boxedText: "", boxedBytes: "" }],
    ["boxed_bool=no", "boxed_bool"],
    ["boxed_numbers=1&boxed_numbers=0", { boxedNumbers: ["1", "0"] }],
    ["choice_boxed=a", { choiceBoxed: "a" }],
    ["counts=1", "counts"],
    ["counts.a=1", "counts.a"],
    ["labels=1", "labels"],
    ["book=a", "book"],
    ["books=a", "books"],
    ["books.name=a", "books.name"],
    ["struct=%7B%7D", "struct"],
    ["struct.fields=1", "struct.fields"],
    ["value=1", "value"],
    ["list=1", "list"],
    ["any=1", "any"],
    ["empty=", "empty"],
  ]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { writeFields, writeHead, writeLastChunk } from "../../src/request/http1-answer.ts";

test("a head: status, headers, date and what becomes of the connection", () => {
  const head = writeHead(200, { "x-a": "b", "set-cookie": ["c", "d"] }, "connection: close\r\n");
  const [, date] = /\r\ndate: ([^\r]*)\r\n/.exec(head) ?? [];
  assert.equal(
    head.replace(date ?? "", "now"),
    "HTTP/1.1 200 OK\r\nx-a: b\r\nset-cookie: c\r\nset-cookie: d\r\ndate: now\r\nconnection: close\r\n\r\n",
  );
  assert.match(date ?? "", /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
  assert.ok(Math.abs(Date.parse(date ?? "") - Date.now()) < 5000);
});

test("an answer that ends the connection says so once", () => {
  const head = writeHead(429, { connection: "close" }, "connection: keep-alive\r\n");
  assert.equal(head.match(/^connection:.*$/gm)?.join(), "connection: close");
});

for (const [name, fields] of Object.entries({
  "a line break": { "x-a": "b\r\nx-c: d" },
  "a line feed": { "x-a": "b\nc" },
  "a carriage return": { "x-a": "b\r" },
  NUL: { "x-a": "b\0" },
  "a character beyond Latin-1": { "x-a": "€" },
  "a line break in a list": { "x-a": ["b", "c\r\n"] },
  "a name with a colon": { "x:a": "b" },
  "a name with a line break": { "x\r\na": "b" },
  "a name without a character": { "": "b" },
})) {
  test(`${name} is no header, as with Node`, () => {
    assert.throws(() => writeHead(200, fields, ""), TypeError);
    assert.throws(() => writeFields(fields), TypeError);
    assert.throws(() => writeLastChunk(fields), TypeError);
  });
}

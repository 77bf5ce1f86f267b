// Which requests the short path takes: what is missing from the first list is Node's.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readPlainRequest } from "../../src/request/http1-plain-request.ts";

const read = (text: string) => readPlainRequest(Buffer.from(text, "latin1"));
const get = (...lines: string[]) => ["GET / HTTP/1.1", "host: x", ...lines, "", ""].join("\r\n");
const post = (body: string, ...lines: string[]) =>
  ["POST / HTTP/1.1", "host: x", ...lines, "", body].join("\r\n");

test("a GET: target as it was sent, names in lower case, values without white space around them", () => {
  const request = read("GET /a%20b?c=d HTTP/1.1\r\nHost: x:80\r\nX-API-Key:\tabc d \r\nx-empty:\r\n\r\n");
  assert.deepEqual(
    { ...request, headers: { ...request?.headers } },
    {
      ...{ method: "GET", target: "/a%20b?c=d", body: undefined, isLast: false },
      headers: { host: "x:80", "x-api-key": "abc d", "x-empty": "" },
    },
  );
});

test("a POST has its body, whatever is in it, or none", () => {
  const body = "é\r\n\r\nGET / HTTP/1.1\r\n\r\n";
  assert.equal(
    Buffer.from(read(post(body, `content-length: ${body.length}`))?.body ?? []).toString("latin1"),
    body,
  );
  assert.equal(read(post("", "Content-Length: 0"))?.body, undefined);
  assert.equal(read(post("", "Content-Length: 0"))?.method, "POST");
});

test("names of objects are names of headers like any other", () => {
  const headers = read(get("constructor: a", "toString: b", "hasOwnProperty: c"))?.headers;
  assert.deepEqual({ ...headers }, { host: "x", constructor: "a", tostring: "b", hasownproperty: "c" });
  assert.equal(Object.getPrototypeOf(headers), null);
  assert.equal(read(get())?.headers["constructor"], undefined);
});

test("the caller may ask for the end of the connection, or for more", () => {
  assert.equal(read(get("Connection: Close"))?.isLast, true);
  assert.equal(read(get("Connection: Keep-Alive"))?.isLast, false);
});

test("a head of 8 KB and 64 headers are plain", () => {
  const many = Array.from({ length: 63 }, (_, index) => `x-${index}: y`);
  assert.ok(read(get(...many)));
  assert.ok(read(get(`x: ${"y".repeat(8192 - get("x: ").length)}`)));
});

describe("left to Node:", () => {
  for (const [name, text] of Object.entries({
    nothing: "",
    "a part of a head": get().slice(0, -1),
    "a part of a body": post("ab", "content-length: 3"),
    "more than one request": get() + get(),
    "a byte behind a body": post("abcd", "content-length: 3"),
    "a byte behind a GET": `${get()}a`,
    "an empty line before": `\r\n${get()}`,
    HEAD: get().replace("GET", "HEAD"),
    PUT: post("", "content-length: 0").replace("POST", "PUT"),
    "a method in lower case": get().replace("GET", "get"),
    "HTTP/1.0": get().replace("1.1", "1.0"),
    "HTTP/1.10": get().replace("1.1", "1.10"),
    "an absolute target": get().replace(" / ", " http://x/ "),
    "an authority": get().replace(" / ", " x:80 "),
    "an asterisk": get().replace(" / ", " * "),
    "a fragment": get().replace(" / ", " /#a "),
    "a target beyond ASCII": get().replace(" / ", " /é "),
    "two spaces": get().replace(" / ", "  / "),
    "no Host": "GET / HTTP/1.1\r\nx: y\r\n\r\n",
    "no headers": "GET / HTTP/1.1\r\n\r\n",
    "an empty Host": get().replace("host: x", "host: "),
    "a header twice": get("x-a: b", "X-A: b"),
    "Host twice": get("Host: x"),
    "an empty header twice": get("x-a:", "x-a:"),
    "Transfer-Encoding": post("0\r\n\r\n", "transfer-encoding: chunked"),
    "an empty Transfer-Encoding": get("transfer-encoding:"),
    Expect: post("a", "content-length: 1", "expect: 100-continue"),
    Upgrade: get("upgrade: h2c"),
    "Connection with other words": get("connection: keep-alive, x-a"),
    "an empty Connection": get("connection:"),
    "Proxy-Connection": get("proxy-connection: close"),
    "Set-Cookie": get("set-cookie: a=b"),
    "a GET with a length": get("content-length: 0"),
    "a POST without a length": post(""),
    "a length with a sign": post("a", "content-length: +1"),
    "a length with a zero before it": post("a", "content-length: 01"),
    "a list of lengths": post("a", "content-length: 1, 1"),
    "a hexadecimal length": post("a", "content-length: 0x1"),
    "an empty length": post("", "content-length:"),
    "a length in other digits": post("a", "content-length: ¹"),
    "a folded line": get("x-a: b", " c"),
    "white space before the colon": get("x-a : b"),
    "no colon": get("x-a"),
    "no name": get(": b"),
    "an underscore in a name": get("__proto__: b"),
    "a name beyond ASCII": get("é: b"),
    "a value beyond ASCII": get("x-a: é"),
    "NUL in a value": get("x-a: \0"),
    "DEL in a value": get("x-a: \u007f"),
    "a vertical tab around a value": get("x-a: \u000bb"),
    "a bare CR": get("x-a: b\rc: d"),
    "a bare LF": get("x-a: b\nc: d"),
    "lines that end in LF": get().replaceAll("\r\n", "\n"),
    "a head of more than 8 KB": get(`x: ${"y".repeat(8193 - get("x: ").length)}`),
    "65 headers": get(...Array.from({ length: 64 }, (_, index) => `x-${index}: y`)),
  })) {
    test(name, () => assert.equal(read(text), undefined));
  }
});

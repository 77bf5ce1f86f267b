// Requests of HTTP/1.1 as attackers write them: good ones with some bytes, lines or numbers distorted, from a seed.
import type { SeededRandom } from "../../src/referential/seeded-random.ts";

const targets = ["/", "/v1/students/951242368CR?recipient=13002526500013", "/a%20b", "/stream", "/trailers"];
const otherTargets = [
  "*",
  "//",
  "/#a",
  "/\\",
  "/é",
  "http://localhost/",
  "localhost:80",
  "/ /",
  "",
  "/[",
  "/a?b[]=c",
  "/a?b[]=é&c=à",
  "/a|b",
];
const methods = ["GET", "POST", "HEAD", "PUT", "OPTIONS", "get", "PRI", "CONNECT", "GETT", "M-SEARCH", ""];
const versions = [
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/1.2",
  "HTTP/2.0",
  "HTTP/0.9",
  "http/1.1",
  "HTTP/1.1 ",
  "ICE/1.0",
  "",
];
const lines = [
  "Transfer-Encoding: chunked",
  "transfer-encoding: identity",
  "Transfer_Encoding: chunked",
  "Transfer-Encoding : chunked",
  "Content-Length: 0",
  "content-length: 5",
  "Content-Length: +3",
  "Content-Length: 03",
  "Content-Length: 3, 3",
  "Content-Length: 3 3",
  "Content-Length: 0x3",
  "Content-Length: 99999999999999999999",
  "Content-Length:",
  "Host: other",
  "Host:",
  "Connection: close",
  "Connection: keep-alive",
  "Connection: upgrade",
  "connection: close, content-length",
  "Upgrade: h2c",
  "Expect: 100-continue",
  "Proxy-Connection: close",
  "Keep-Alive: timeout=1",
  "Cookie: a=b",
  "Set-Cookie: a=b",
  "__proto__: x",
  "constructor: x",
  "X-Spaces:  \t a  b \t ",
  "X-Empty:",
  " folded: x",
  "\tfolded",
  "no colon",
  ": no name",
  "x y: z",
  `X-Long: ${"x".repeat(9000)}`,
  ...["X-A: 1", "x-a: 2", "X-B: \u0000", "X-C: é", "X-D: \u007f", "X-E: a\rb", "X-F: a\nb"],
];
const bytes = [
  "\r",
  "\n",
  "\r\n",
  "\r\n\r\n",
  "\0",
  "\t",
  " ",
  ":",
  ",",
  "\u000b",
  "\u000c",
  "\u0080",
  "\u00a0",
  "\u00ff",
  "a",
  "0",
  "9",
  "-",
  "_",
  "#",
];

/** A request that every server reads in one way. */
export function goodRequest(random: SeededRandom): string {
  const headers = ["Host: localhost", "User-Agent: test/1.0", "Accept: */*", "X-A: b"].slice(
    0,
    1 + random.below(4),
  );
  if (random.chance(0.2)) headers.push(`Connection: ${random.pick(["close", "keep-alive", "Keep-Alive"])}`);
  const target = random.pick(targets);
  if (random.chance(0.5)) return `GET ${target} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`;
  const body = random.pick(["", "abc", '{"a":"b"}', "0\r\n\r\n", "GET / HTTP/1.1\r\nHost: inner\r\n\r\n"]);
  headers.splice(random.below(headers.length + 1), 0, `Content-Length: ${body.length}`);
  return `POST ${target} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n${body}`;
}

/** A good request with one to three distortions, which may undo each other. */
export function distortedRequest(random: SeededRandom): string {
  let request = goodRequest(random);
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    request = random.pick(distortions)(request, random);
  }
  return request;
}

type Distortion = (request: string, random: SeededRandom) => string;

const distortions: readonly Distortion[] = [
  (request, random) => splice(request, random, 0, random.pick(bytes)),
  (request, random) => splice(request, random, 1, random.pick(bytes)),
  (request, random) => splice(request, random, 1 + random.below(3), ""),
  (request, random) => insertLine(request, random, random.pick(lines)),
  (request, random) => insertLine(request, random, random.pick(lines)),
  (request, random) => insertLine(request, random, random.pick(request.split("\r\n").slice(1))),
  (request, random) => request.replace(/Content-Length: \d+/i, `Content-Length: ${random.below(40)}`),
  (request, random) => request.replace(/^\S*/, random.pick(methods)),
  (request, random) => request.replace(/ \S* /, ` ${random.pick(otherTargets)} `),
  (request, random) => request.replace(/HTTP\/1\.1/, random.pick(versions)),
  (request, random) => request.replace(/\r\n/, random.pick(["\n", "\r", "\r\r\n", "\n\r"])),
  (request, random) => request.slice(0, random.below(request.length)),
  (request, random) => request + random.pick([...bytes, "x", goodRequest(random)]),
  (request, random) => random.pick(["\r\n", "\n", " ", "\r\n\r\n"]) + request,
  (request) => request.replace(/\r\nHost:[^\r]*/, ""),
  (request) => request.replace(/Content-Length/i, "content-LENGTH"),
  (request) => request.replace(/:[ ]/g, ":"),
  (request, random) =>
    insertLine(request, random, Array.from({ length: 110 }, (_, at) => `X-${at}: y`).join("\r\n")),
];

function splice(request: string, random: SeededRandom, length: number, inserted: string): string {
  const at = random.below(request.length + 1);
  return request.slice(0, at) + inserted + request.slice(at + length);
}

/** Adds a line anywhere after the request line, which is after the headers, too. */
function insertLine(request: string, random: SeededRandom, line: string): string {
  const parts = request.split("\r\n");
  parts.splice(1 + random.below(parts.length - 1), 0, line);
  return parts.join("\r\n");
}

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { test } from "node:test";
import { refuseForbiddenOrigins } from "../../src/access/forbidden-origin.ts";
import { ServiceError } from "../../src/errors.ts";

const server = { host: "127.0.0.1", accept: "*/*", authorization: "Bearer x" };

const pages: [string, IncomingHttpHeaders][] = [
  ["a script of another site", { origin: "https://example.org" }],
  ["a sandboxed page", { origin: "null" }],
  ["an empty origin", { origin: "" }],
  ["a link that was followed", { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }],
  ["an image", { "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image", "sec-fetch-site": "cross-site" }],
  ["a user's click", { "sec-fetch-user": "?1" }],
  ["a header that does not exist yet", { "sec-fetch-something": "1" }],
];

test("calls of browser pages are refused", () => {
  for (const [name, headers] of pages) {
    assert.throws(
      () => refuseForbiddenOrigins({ ...server, ...headers }),
      (error) => error instanceof ServiceError && error.id === "browser_refused",
      name,
    );
  }
});

test("calls of servers pass, those of Node's own fetch included", async (context) => {
  refuseForbiddenOrigins(server);
  refuseForbiddenOrigins({ ...server, referer: "https://example.org", "user-agent": "Mozilla/5.0" });
  const received: IncomingHttpHeaders[] = [];
  const listener = createServer((request, response) => {
    received.push(request.headers);
    response.end();
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  context.after(() => listener.close());
  const address = listener.address();
  assert.ok(address !== null && typeof address === "object");
  await (await fetch(`http://127.0.0.1:${address.port}`)).text();
  const [headers] = received;
  assert.ok(headers);
  refuseForbiddenOrigins(headers);
});

// Exchanges of all sizes with Node's client, which is nghttp2: what goes there comes back.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { describe, test } from "node:test";
import { seededRandom } from "../guard/simulation.ts";
import { eventually } from "../support/eventually.ts";
import { startEcho } from "./echo-server.ts";

const random = seededRandom(9113);
const below = (most: number) => Math.floor(random() * most);
/** Every character that a value may hold, but for spaces at its ends. */
const characters = Array.from({ length: 256 }, (_, code) => code)
  .filter((code) => code === 9 || (code >= 32 && code !== 127))
  .map((code) => String.fromCharCode(code))
  .join("");
const textOf = (length: number) =>
  Array.from({ length }, () => characters[below(characters.length)])
    .join("")
    .trim();
const bodyOf = (length: number) =>
  Buffer.from(Array.from({ length: 997 }, () => below(256)))
    .toString("latin1")
    .repeat(1 + length / 997)
    .slice(0, length);

async function exchange(session: ClientHttp2Session, path: string, bytes: number): Promise<void> {
  const body = Buffer.from(bodyOf(bytes), "latin1");
  const headers = Object.fromEntries(
    Array.from({ length: below(30) }, (_, index) => [`x-${index}-${below(9)}`, textOf(below(120))]),
  );
  const stream = session.request({ ":method": "POST", ":path": path, ...headers });
  // In pieces of any size.
  for (let at = 0; at < body.byteLength; ) {
    const end = at + 1 + below(20_000);
    stream.write(body.subarray(at, end));
    at = end;
  }
  stream.end();
  const trailed = path === "/whole" ? once(stream, "trailers") : undefined;
  const [answered] = await once(stream, "response");
  for (const [name, value] of Object.entries(headers)) assert.equal(answered[name], value);
  assert.ok(Buffer.concat(await stream.toArray()).equals(body), `${bytes} bytes`);
  const [trailers] = (await trailed) ?? [{ "x-length": String(bytes) }];
  assert.equal(trailers["x-length"], String(bytes));
}

const windows = { "of 64 KiB": 65_535, "of 1,000 bytes": 1000, "of one byte": 1, "of a gigabyte": 2 ** 30 };

describe("exchanges", () => {
  for (const [name, initialWindowSize] of Object.entries(windows)) {
    test(`with a client's window ${name}`, async () => {
      await using server = await startEcho();
      const session = connect(`http://127.0.0.1:${server.port}`, { settings: { initialWindowSize } });
      // A byte at a time is a flood, sooner or later.
      const most = initialWindowSize === 1 ? 20 : 200_000;
      for (let round = 0; round < 5; round += 1) {
        const paths = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? "/whole" : "/pieces"));
        await Promise.all(paths.map((path) => exchange(session, path, random() < 0.3 ? 0 : below(most))));
      }
      session.close();
      await once(session, "close");
      await eventually(() => server.open.size === 0);
    });
  }

  test("with a client that changes its windows and its table meanwhile", async () => {
    await using server = await startEcho();
    const session = connect(`http://127.0.0.1:${server.port}`);
    await once(session, "remoteSettings");
    for (let round = 0; round < 40; round += 1) {
      const exchanges = Array.from({ length: 5 }, () => exchange(session, "/whole", below(150_000)));
      session.settings({ initialWindowSize: below(100_000), headerTableSize: below(6000) });
      await Promise.all([...exchanges, once(session, "localSettings")]);
    }
    session.destroy();
  });

  test("on sessions that are closed by the server: what runs ends, nothing else begins", async () => {
    await using server = await startEcho();
    const session = connect(`http://127.0.0.1:${server.port}`);
    const running = session.request({ ":method": "POST", ":path": "/whole" });
    running.write("first");
    await once(session, "remoteSettings");
    await eventually(() => server.open.size === 1);
    const goneAway = once(session, "goaway");
    await exchange(session, "/whole", 10);
    for (const connection of server.open) connection.close();
    const [code] = await goneAway;
    assert.equal(code, 0);
    running.end(" and last");
    assert.equal(Buffer.concat(await running.toArray()).toString(), "first and last");
    await eventually(() => server.open.size === 0);
  });
});

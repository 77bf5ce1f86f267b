// Headers that could mean something else to a reader of HTTP/1.1 are not sent, and what is answered instead is.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { systemClock } from "../../src/clock.ts";
import { Http2Connection } from "../../src/http2/http2-connection.ts";
import { rethrow } from "../support/rethrow.ts";
import { anyRoom, echoLimits } from "./echo-server.ts";

const bad: Readonly<Record<string, Record<string, string>>> = {
  "a line break": { "x-a": "b\r\nset-cookie: c" },
  "NUL in a value": { "x-a": "b\0" },
  "a name with a space": { "x a": "b" },
  "a name with a colon": { "x:a": "b" },
  "a name in upper case": { "X-A": "b" },
  "a pseudo-header": { ":path": "/" },
};

for (const [what, headers] of Object.entries(bad)) {
  test(what, async () => {
    const server = createServer((socket) => {
      new Http2Connection(socket, {
        limits: echoLimits,
        room: anyRoom,
        monotonic: systemClock.monotonic,
        onClose: () => {},
        onError: rethrow,
        onStream: (stream) => {
          const answer = { body: undefined, trailers: undefined };
          assert.throws(
            () => stream.answer({ ...answer, headers: { ":status": "200", ...headers } }),
            TypeError,
          );
          assert.throws(() => stream.begin({ ":status": "200", ...headers }), TypeError);
          stream.answer({ ...answer, headers: { ":status": "500" } });
        },
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    // The table of both sides is as it was: the second answer can be read as well.
    for (let call = 0; call < 2; call += 1) {
      const stream = session.request({ ":path": "/" });
      const [answered] = await once(stream, "response");
      assert.equal(answered[":status"], 500);
      assert.equal(answered["set-cookie"], undefined);
      stream.resume();
    }
    session.close();
    await once(session, "close");
    server.close();
  });
}

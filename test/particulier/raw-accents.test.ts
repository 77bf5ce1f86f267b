// Accents that a client has not encoded, as the public service takes them: a partner changes the base URL and nothing
// else. What is no UTF-8 is refused in the words of the caller's contract, with one line in the journal like any other.
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import Database from "better-sqlite3";
import { eventually } from "../support/eventually.ts";
import { sendRaw, statusOf, untilClosed } from "../support/raw-http.ts";
import { openPublicPort, type PublicPort, recipient } from "./public-port.ts";

const version3 =
  `/v3/mesri/statut_etudiant/identite?nomNaissance=BECKER&prenoms[]=VALIRIÀNNÉ&anneeDateNaissance=2000` +
  `&moisDateNaissance=1&jourDateNaissance=1&sexeEtatCivil=F&recipient=${recipient}`;
const version2 = "/api/v2/etudiants?nom=BÉCKER&prenom=Valirianne&dateDeNaissance=2000-01-01&sexe=f";
const native = `/v1/students/É?recipient=${recipient}`;

for (const lean of ["on", "off"]) {
  describe(`lean lane ${lean}`, () => {
    let port: PublicPort;

    before(async () => {
      port = await openPublicPort({ LEAN_LANE: lean, ADMISSION_WINDOW: "all" });
    });
    after(() => port[Symbol.asyncDispose]());

    const head = (target: string, more = "") =>
      `GET ${target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${port.service.token}\r\n${more}\r\n`;
    const ask = async (bytes: Buffer) => read(await sendRaw(port.service.port, bytes, untilClosed));

    for (const [version, target, pattern] of [
      ["3", version3, /"nom_naissance":"BECKER"/],
      ["2", version2, /"nom":"BECKER"/],
    ] as const) {
      test(`version ${version}: UTF-8 is read as if it were encoded`, async () => {
        const raw = await ask(Buffer.from(head(target)));
        const encoded = await port.call(encodeURI(target));
        assert.deepEqual([raw.status, raw.body], [200, encoded.text]);
        assert.match(raw.body, pattern);
        assert.match(raw.head, /x-request-id: [\s\S]*ratelimit-limit: /);
      });

      test(`version ${version}: Latin-1 is refused by the name of its parameter, with one line of its token`, async () => {
        const answer = await ask(Buffer.from(head(target), "latin1"));
        assert.equal(answer.status, version === "3" ? 422 : 400);
        assert.match(answer.body, version === "3" ? /"parameter":"prenoms\[\]"/ : /paramètre nom /);
        assert.deepEqual(linesOf(answer), [["invalid_request", answer.status, true]]);
      });
    }

    test("over HTTP/2, as over HTTP/1.1", async () => {
      const session = connect(port.service.origin);
      const path = Buffer.from(version3).toString("latin1");
      const stream = session.request({ ":path": path, authorization: `Bearer ${port.service.token}` });
      const body = await text(stream);
      session.close();
      assert.equal(body, (await port.call(encodeURI(version3))).text);
    });

    test("behind other requests of the connection, and in a path", async () => {
      const answers = await sendRaw(
        port.service.port,
        Buffer.from(head("/v1/token") + head(native)),
        untilClosed,
      );
      assert.match(answers, /^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 400 [\s\S]*"field":"ine"/);
    });

    test("one request and no more: what follows it is not guessed at", async () => {
      const { status, body } = await ask(Buffer.from(head(version2) + head("/v1/token")));
      assert.equal(status, 400);
      assert.match(body, /^\{"error":"bad_request","reason":"Unreadable request"/);
    });

    for (const [what, bytes, status, pattern, id] of [
      [
        "version 3",
        "GET /v3/x?é HTTP/1.1\r\n",
        400,
        /^\{"errors":\[\{"code":"00400".*%C3%A9/,
        "unreadable_request",
      ],
      [
        "version 2",
        "GET /api/x HTTP/1.1\r\na\r\n\r\n",
        400,
        /"reason":"Unreadable request"/,
        "unreadable_request",
      ],
      ["ours", "nonsense\r\n\r\n", 400, /"UNREADABLE_REQUEST"/, "unreadable_request"],
      [
        "version 3, with large headers",
        `GET /v3/x HTTP/1.1\r\nhost: x\r\na: ${"b".repeat(20_000)}\r\n\r\n`,
        431,
        /"code":"00431"/,
        "headers_too_large",
      ],
      [
        "version 2, with two hosts",
        "GET /api/x HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        400,
        /Host/,
        "unreadable_request",
      ],
    ] as const) {
      test(`what cannot be read at all is refused in the words of its contract: ${what}`, async () => {
        const answer = await ask(Buffer.from(bytes));
        assert.equal(answer.status, status);
        assert.match(answer.body, pattern);
        assert.match(answer.head, /content-type: application\/json[\s\S]*x-request-id: /);
        await eventually(() => linesOf(answer).length > 0);
        assert.deepEqual(linesOf(answer), [[id, status, false]]);
      });
    }

    test("a body whose rest cannot be read", async () => {
      const post = `POST /v1/students:lookupByIne HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${port.service.token}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
      const { status, body } = await ask(Buffer.from(`${post}zz\r\n`));
      assert.equal(status, 400);
      assert.match(body, /"UNREADABLE_REQUEST"/);
    });

    /** The lines of an answer's request: error, status and whether its token is known. */
    function linesOf({ head }: Awaited<ReturnType<typeof ask>>): [string, number, boolean][] {
      const [, requestId] = /^x-request-id: (\S+)/m.exec(head) ?? [];
      const database = new Database(join(port.service.dataDir, "journal.db"), { readonly: true });
      try {
        return database
          .prepare<[string | undefined], { id: string; status: number; token: string | null }>(
            "select error_id as id, http_status as status, token_id as token from journal_lines where request_id = ?",
          )
          .all(requestId)
          .map(({ id, status, token }) => [id, status, token !== null]);
      } finally {
        database.close();
      }
    }
  });
}

function read(answer: string): { status: number | undefined; head: string; body: string } {
  const [head = "", body = ""] = Buffer.from(answer, "latin1").toString().split("\r\n\r\n");
  return { status: statusOf(answer), head, body };
}

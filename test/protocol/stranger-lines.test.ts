// What one address can write into the journal is bounded, whatever it asks; nobody else is touched by that.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { Code } from "@connectrpc/connect";
import { TokenService } from "../../src/gen/statutetudiant/token/v1/token_pb.ts";
import { callGrpcJs } from "../support/clients.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { sendRaw, statusOf } from "../support/raw-http.ts";
import { type RunningService, startService } from "../support/service.ts";
import { demonstrationCodes, type Visitor, visit } from "../support/visitor.ts";
import {
  assertWhole,
  bearer,
  journalKeys,
  type Line,
  lookupRoute,
  readJournal,
  unlimited,
} from "../support/whole-service.ts";

/** The lines of an address, and what it asks at once: it gets one line more each second, in which far more is asked. */
const [burst, flood] = [100, 2000];

for (const lane of ["on", "off"]) {
  suite(`one address floods (LEAN_LANE=${lane})`, () => {
    let service: RunningService;
    let metricsPort: number;
    let person: Visitor;
    let session: ClientHttp2Session;
    let startedAt: number;

    before(async () => {
      metricsPort = await freePort();
      const environment = {
        ...unlimited,
        JOURNAL_KEYS: journalKeys,
        LEAN_LANE: lane,
        METRICS_PORT: String(metricsPort),
        STRANGER_LINES_OF_ADDRESS: String(burst),
      };
      service = await startService({ environment });
      person = visit(service.origin);
      await person.signIn(demonstrationCodes(service.printed()).contact);
      session = connect(service.origin);
      startedAt = performance.now();
    });
    after(async () => {
      session?.destroy();
      await service?.[Symbol.asyncDispose]();
    });

    /** Asks on one connection of HTTP/2; gives the status, or `cut`. */
    async function ask(path: string, headers: Record<string, string> = {}): Promise<number | "cut"> {
      const stream = session.request({ ":path": path, ...headers });
      let status: number | "cut" = "cut";
      stream.on("response", (head) => {
        status = Number(head[":status"]);
      });
      stream.on("error", (error: Error) => assert.match(error.message, /NGHTTP2_ENHANCE_YOUR_CALM/));
      stream.resume();
      await once(stream, "close").catch(() => {});
      return status;
    }

    async function counted(): Promise<Record<string, number>> {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      const series = text.matchAll(/^statut_lineless_requests_total\{why="(\w+)",end="(\w+)"\} (\d+)$/gm);
      return Object.fromEntries(
        [...series].map(([, why, end, requests]) => [`${why} ${end}`, Number(requests)]),
      );
    }

    const isStrangers = ({ tokenId, clientAddress }: Line) =>
      tokenId === null && clientAddress === "127.0.0.1";
    const linesOf = async () => await readJournal({ file: join(service.dataDir, "journal.db") });

    test("what is answered has its line, and what has none is cut: the lines stop at the budget", async () => {
      const linesBefore = (await linesOf()).filter(isStrangers).length;
      const floodedAt = performance.now();
      const answers: (number | "cut")[] = [];
      for (let batch = 0; batch < flood / 50; batch += 1) {
        answers.push(...(await Promise.all(Array.from({ length: 50 }, () => ask("/v1/token")))));
      }
      const seconds = (performance.now() - floodedAt) / 1000;
      const cut = answers.filter((answer) => answer === "cut").length;
      const lines = (await linesOf()).filter(isStrangers).length - linesBefore;
      assert.deepEqual(new Set(answers), new Set([401, 429, "cut"]));
      assert.equal(lines, flood - cut, "an answer and a line each");
      assert.ok(lines <= burst + seconds + 1, `${lines} lines in ${seconds} s`);
      assert.equal((await counted())["address cut"], cut);
    });

    test("the log tells of it, how many and not whose", async () => {
      await eventually(() => service.log().includes("requests of strangers left no line in the journal"));
      const told = service
        .log()
        .split("\n")
        .filter((line) => line.includes("left no line"));
      assert.ok(told.length <= 1 + (performance.now() - startedAt) / 60_000, "at most one a minute");
      assert.ok(!service.log().includes("127.0.0.1"));
    });

    test("whoever has a good token is served from the same address, over the same connection, with a line each", async () => {
      const linesBefore = (await linesOf()).length;
      for (let call = 0; call < 10; call += 1)
        assert.equal(await ask(lookupRoute, bearer(service.token)), 200);
      const lines = (await linesOf()).slice(linesBefore).filter(({ tokenId }) => tokenId !== null);
      assert.equal(lines.length, 10);
    });

    test("whoever has a good token and asks for what is not there is answered", async () => {
      // Refused too often, as the address was; but not cut.
      for (let call = 0; call < 5; call += 1) {
        assert.match(String(await ask("/nowhere", bearer(service.token))), /^(?:404|429)$/);
      }
    });

    test("who is signed in is served", async () => {
      for (const path of ["/tableau-de-bord", "/tableau-de-bord/jetons"]) {
        assert.equal((await person.get(path)).status, 200, path);
      }
    });

    test("another address reads its refusals", async () => {
      const linesBefore = (await linesOf()).length;
      const asked = request(`${service.origin}/v1/token`, { localAddress: "127.0.0.2", agent: false }).end();
      const [response] = await once(asked, "response");
      response.resume();
      assert.equal(response.statusCode, 401);
      const [line] = (await linesOf())
        .slice(linesBefore)
        .filter(({ clientAddress }) => clientAddress === "127.0.0.2");
      assert.equal(line?.httpStatus, 401);
    });

    test("probes and public pages are answered, without a line when there is none", async () => {
      const linesBefore = (await linesOf()).filter(isStrangers).length;
      const before = await counted();
      const askedAt = performance.now();
      const answers = [];
      for (let count = 0; count < 20; count += 1) answers.push(await ask("/healthz"), await ask("/readyz"));
      answers.push(await ask("/etat-du-service"));
      assert.deepEqual(new Set(answers), new Set([200]));
      const lines = (await linesOf()).filter(isStrangers).length - linesBefore;
      const without = ((await counted())["address answered"] ?? 0) - (before["address answered"] ?? 0);
      assert.equal(lines + without, answers.length);
      assert.ok(lines <= (performance.now() - askedAt) / 1000 + 1);
    });

    test("HTTP/1.1, and what is no HTTP, are cut: the connection ends without a byte", async () => {
      // One at a time, the line that has come back meanwhile may be theirs.
      for (const bytes of ["GET /v1/token HTTP/1.1\r\nhost: x\r\n\r\n", "no request\r\n\r\n"]) {
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => sendRaw(service.port, bytes, (received) => received !== "")),
        );
        const [answered, cut] = [
          answers.filter((answer) => answer !== ""),
          answers.filter((answer) => answer === ""),
        ];
        assert.ok(cut.length > 0, `${answers}`);
        for (const answer of answered) assert.match(String(statusOf(answer)), /^(?:400|401|429)$/);
      }
    });

    test("gRPC's clients read RESOURCE_EXHAUSTED, as for any limit", async () => {
      const call = () =>
        callGrpcJs(service.port, TokenService.method.introspect, {}, undefined).then(
          () => assert.fail("answered"),
          ({ code }: { readonly code: Code }) => code,
        );
      const codes = await Promise.all(Array.from({ length: 20 }, call));
      for (const code of codes)
        assert.ok([Code.Unauthenticated, Code.ResourceExhausted].includes(code), `${code}`);
      assert.ok(codes.includes(Code.ResourceExhausted));
    });

    test("after a while there is a line again", async () => {
      await eventually(async () => (await ask("/v1/token")) !== "cut");
    });

    test("the service lives, and its journal is whole", async () => {
      await assertWhole(service);
      // A connection of its own: the one of the flood is not cut.
      assert.ok(!session.closed && !session.destroyed);
    });
  });
}

// Tables of what a client may send over HTTP/2, right or wrong, and what the service may do then. The same for both
// readers of the port: Node's server (nghttp2), and our own.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type ErrorCode, fields, headersFrame } from "./http2-frames.ts";
import { Http2Peer } from "./http2-peer.ts";
import { type RunningService, startService } from "./service.ts";
import { assertWhole, bearer, ine, lookupRoute, recipient, unlimited } from "./whole-service.ts";

/** What became of a stream, or of the connection. */
export type Outcome =
  /** The stream got a whole answer of that status, or of one in that hundred. */
  | { readonly kind: "answer"; readonly status: number | "4xx" }
  /** A stream error: the stream was reset, and the connection goes on. */
  | { readonly kind: "reset"; readonly code: ErrorCode }
  /** A connection error: GOAWAY, and the end of the connection. */
  | { readonly kind: "goaway"; readonly code: ErrorCode }
  /** Nothing came of it, not even an answer but for the one before, and the connection goes on. */
  | { readonly kind: "ignored" };

export const answer = (status: number | "4xx" = 200): Outcome => ({ kind: "answer", status });
export const reset = (code: ErrorCode): Outcome => ({ kind: "reset", code });
export const goaway = (code: ErrorCode): Outcome => ({ kind: "goaway", code });
export const ignored: Outcome = { kind: "ignored" };
/**
 * A malformed request (8.1.1): a stream error PROTOCOL_ERROR, before which the server may say with a status of its own
 * what is wrong.
 */
export const malformed: readonly Outcome[] = [reset("PROTOCOL_ERROR"), answer("4xx")];

export interface Http2Case {
  readonly name: string;
  /** What is sent before, and answered on stream 1. */
  readonly first?: (requests: Requests) => readonly Uint8Array[];
  /** What is sent in one write, on a connection whose settings are agreed. */
  readonly send: (requests: Requests) => readonly Uint8Array[];
  /** Any of these is right. */
  readonly outcomes: readonly Outcome[];
  /** The stream that is asked about. */
  readonly stream?: number;
}

/** Header blocks of requests that are in order, whose fields are plain literals. */
export class Requests {
  /** A probe, for which nobody has to be known. */
  readonly probe = this.block("GET", "/healthz");
  /** A lookup that finds a student. */
  readonly get: Buffer;
  /** The beginning of the same lookup with a body. */
  readonly post: Buffer;
  readonly body = Buffer.from(JSON.stringify({ ine, recipient }));
  readonly authorization: string;

  constructor(token: string) {
    const credential = bearer(token);
    this.authorization = `Bearer ${token}`;
    this.get = this.block("GET", lookupRoute, credential);
    this.post = this.block("POST", "/v1/students:lookupByIne", {
      ...credential,
      "content-type": "application/json",
    });
  }

  block(method: string, path: string, more: Readonly<Record<string, string>> = {}): Buffer {
    return fields({
      ...{ ":method": method, ":scheme": "http", ":authority": "localhost", ":path": path },
      ...more,
    });
  }
}

/** One way of running the service. */
export interface Lane {
  readonly service: RunningService;
  readonly port: number;
  readonly requests: Requests;
}

/** Defines tests for the service with Node's server of HTTP/2, and for the service with our own reader. */
export function onBothLanes(define: (lane: Lane) => void, environment: Record<string, string> = {}): void {
  for (const LEAN_LANE of ["off", "on"]) {
    describe(`LEAN_LANE=${LEAN_LANE}`, () => {
      let service: RunningService;
      let requests: Requests;
      before(async () => {
        service = await startService({ environment: { ...unlimited, ...environment, LEAN_LANE } });
        requests = new Requests(service.token);
      });
      after(() => service[Symbol.asyncDispose]());
      define({
        get service() {
          return service;
        },
        get port() {
          return service.port;
        },
        get requests() {
          return requests;
        },
      });
      test("the service lives, its journal is whole", () => assertWhole(service));
    });
  }
}

/** Higher than the streams of all cases. */
const probeStream = 9_999;

/** One test for each case: it is sent with a probe behind it, which is served if and only if the connection goes on. */
export function testCases(lane: Lane, cases: readonly Http2Case[]): void {
  for (const one of cases) {
    test(`${one.name} → ${one.outcomes.map(inWords).join(" or ")}`, async () => {
      using peer = await Http2Peer.open(lane.port);
      if (one.first !== undefined) {
        peer.send(...one.first(lane.requests));
        await peer.untilAnswered(1);
      }
      peer.send(...one.send(lane.requests), headersFrame(probeStream, lane.requests.probe));
      const stream = one.stream ?? 1;
      await peer.until(() => peer.closed || peer.answer(probeStream).ended, "an end, or the next answer");
      if (one.outcomes.includes(ignored)) await outlast(peer, lane.requests);
      else await peer.until(() => peer.closed || isOver(peer, stream), `the end of stream ${stream}`);
      const fate = fateOf(peer, stream);
      const isRight = one.outcomes.some((outcome) => isSame(outcome, fate)) || isAnsweredBefore(one, fate);
      assert.ok(isRight, `${inWords(fate)}; received ${peer}`);
    });
  }
}

/** Until an answer to what is ignored would have come: to a lookup like it, behind it. */
async function outlast(peer: Http2Peer, { get }: Requests): Promise<void> {
  if (peer.closed) return;
  const stream = probeStream + 2;
  peer.send(headersFrame(stream, get));
  await peer.until(() => peer.closed || peer.answer(stream).ended, "an end, or the answer after the next");
}

function isAnsweredBefore({ first, outcomes }: Http2Case, fate: Outcome): boolean {
  return first !== undefined && fate.kind === "answer" && outcomes.includes(ignored);
}

function isOver(peer: Http2Peer, stream: number): boolean {
  const { ended, reset } = peer.answer(stream);
  return ended || reset !== undefined;
}

function fateOf(peer: Http2Peer, stream: number): Outcome {
  if (peer.closed) return goaway(peer.goaway ?? assert.fail(`closed without GOAWAY; received ${peer}`));
  const { status, ended, reset: code } = peer.answer(stream);
  // A reset behind a whole answer takes nothing back (8.1).
  if (ended && (code === undefined || code === "NO_ERROR")) return answer(status);
  return code === undefined ? ignored : reset(code);
}

function isSame(expected: Outcome, actual: Outcome): boolean {
  if (expected.kind === "answer" && expected.status === "4xx") {
    return actual.kind === "answer" && Math.floor(Number(actual.status) / 100) === 4;
  }
  return JSON.stringify(expected) === JSON.stringify(actual);
}

function inWords(outcome: Outcome): string {
  if (outcome.kind === "answer") return String(outcome.status);
  if (outcome.kind === "ignored") return "ignored";
  return `${outcome.kind === "reset" ? "RST_STREAM" : "GOAWAY"} ${outcome.code}`;
}

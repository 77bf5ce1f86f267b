// A transcoder around http rules whose methods answer with the request that reached them.

import type { MessageInitShape } from "@bufbuild/protobuf";
import { type JsonObject, type JsonValue, type Message, toJson } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { CustomHttpPatternSchema } from "../../src/gen/google/api/http_pb.ts";
import {
  createTranscoder,
  type Transcoder,
  type TranscoderOptions,
  type TranscoderRequest,
  type TranscoderResponse,
} from "../../src/transcoder/index.ts";
import { type MethodShape, message, type Rule, registry, serviceWith } from "./schema.ts";

type More = Omit<Rule, "pattern" | "$typeName">;
const rule =
  (method: "get" | "put" | "post" | "delete" | "patch") =>
  (path: string, more: More = {}): Rule => ({ pattern: { case: method, value: path }, ...more });

export const get = rule("get");
export const put = rule("put");
export const post = rule("post");
export const del = rule("delete");
export const patch = rule("patch");
export const custom = (kind: string, path: string, more: More = {}): Rule => ({
  pattern: {
    case: "custom",
    value: { kind, path } satisfies MessageInitShape<typeof CustomHttpPatternSchema>,
  },
  ...more,
});

// The tests make their services at run time, so that their types are those of any message.
export type AnyMessage = Message & Record<string, unknown>;
export type Implementation = (request: never, context: HandlerContext) => unknown;

export interface TestMethod extends MethodShape {
  /** The request itself by default, or the first one of a client stream. */
  readonly answer?: Implementation;
}

export interface CallInit {
  readonly headers?: TranscoderRequest["headers"];
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | JsonObject | JsonValue[];
  readonly signal?: AbortSignal;
  readonly contextValues?: TranscoderRequest["contextValues"];
}

export interface Answer {
  readonly status: number;
  readonly headers: TranscoderResponse["headers"];
  readonly text: string;
  readonly bytes: Uint8Array;
  /** The body as JSON; undefined when it is none. */
  readonly json: JsonValue | undefined;
  readonly response: TranscoderResponse;
}

export interface Harness {
  readonly transcoder: Transcoder;
  /** The last request that reached a method, as JSON, with the index of the method. */
  readonly last: () => { method: number; json: JsonValue; message: AnyMessage } | undefined;
  /** Calls `"GET /path"`. */
  readonly call: (line: string, init?: CallInit) => Promise<Answer>;
}

/** Makes a transcoder of methods, or of bare rules. */
export function serve(methods: readonly (Rule | TestMethod)[], options: TranscoderOptions = {}): Harness {
  const shapes = methods.map((one): TestMethod => ("rule" in one ? one : { rule: one as Rule }));
  const service = serviceWith(shapes);
  let last: ReturnType<Harness["last"]>;
  const note = (index: number, request: AnyMessage) => {
    const desc = message(shapes[index]?.input ?? "Everything");
    last = { method: index, json: toJson(desc, request, { registry }), message: request };
    return request;
  };
  const implementation = Object.fromEntries(
    shapes.map(({ kind = "unary", answer }, index) => [`m${index}`, answer ?? echo[kind](index, note)]),
  );
  const transcoder = createTranscoder((router) => router.service(service, implementation as never), {
    registry,
    ...options,
  });
  const call = async (line: string, init: CallInit = {}) =>
    await answerOf(await transcoder.handle(requestOf(line, init)));
  return { transcoder, last: () => last, call };
}

type Note = (index: number, request: AnyMessage) => AnyMessage;

const echo = {
  unary: (index: number, note: Note) => (request: AnyMessage) => note(index, request),
  server: (index: number, note: Note) =>
    async function* (request: AnyMessage) {
      yield note(index, request);
    },
  client: (index: number, note: Note) => async (requests: AsyncIterable<AnyMessage>) => {
    let first: AnyMessage | undefined;
    for await (const request of requests) first ??= note(index, request);
    return first ?? {};
  },
  bidi: () => (requests: AsyncIterable<AnyMessage>) => requests,
};

/** The request of a line such as `"GET /path"`. */
export function requestOf(
  line: string,
  { headers = {}, body, signal, contextValues }: CallInit = {},
): TranscoderRequest {
  const space = line.indexOf(" ");
  return {
    httpMethod: line.slice(0, space),
    target: line.slice(space + 1),
    headers,
    body: bytesOf(body),
    signal: signal ?? new AbortController().signal,
    contextValues,
  };
}

function bytesOf(body: CallInit["body"]): TranscoderRequest["body"] {
  if (body === undefined || body instanceof Uint8Array) return body;
  if (typeof body === "string") return Buffer.from(body);
  return Symbol.asyncIterator in body
    ? (body as AsyncIterable<Uint8Array>)
    : Buffer.from(JSON.stringify(body));
}

/** Reads an answer to its end. */
export async function answerOf(response: TranscoderResponse): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  if (response.body instanceof Uint8Array) chunks.push(response.body);
  else for await (const chunk of response.body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString("utf8");
  return { status: response.status, headers: response.headers, text, bytes, json: parse(text), response };
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** The message of an error answer and the field that it names. */
export function problemOf({ json }: Answer): { message: string; field: string | undefined } {
  const status = json as { message: string; details: { fieldViolations?: { field: string }[] }[] };
  return { message: status.message, field: status.details[0]?.fieldViolations?.[0]?.field };
}

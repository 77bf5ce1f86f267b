// The short path of plain unary calls: gRPC without compression, Connect unary in JSON and binary. It does what
// Connect's handlers do for such calls, with the same limits and errors, and none of their streams,
// iterators and header objects. Everything else takes Connect's own handlers (connect-lane.ts), the reference: one
// protocol suite runs against both.
import {
  create,
  type DescMessage,
  fromBinary,
  type Message,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import { ConnectError, type MethodImplSpec } from "@connectrpc/connect";
import { type Awaitable, then } from "../awaitable.ts";
import { serviceError } from "../errors.ts";
import { createJsonWriter, type JsonWriter } from "../transcoder/json-writer.ts";
import { type BinaryWriter, createBinaryWriter } from "./binary-writer.ts";
import type { Call } from "./call.ts";
import type { Exchange } from "./exchange.ts";
import { readBody } from "./exchange.ts";
import { LeanContext } from "./lean-context.ts";
import { readJson } from "./read-json.ts";
import { renderError } from "./render-error.ts";
import type { Reply } from "./reply.ts";

type UnarySpec = Extract<MethodImplSpec, { kind: "unary" }>;

/** How one media type reads a request and writes an answer. */
interface Framing {
  readonly protocol: "grpc" | "connect";
  readonly contentType: string;
  decode(schema: DescMessage, body: Uint8Array): Message;
  encode(schema: DescMessage, message: Message): Uint8Array;
}

const envelopeBytes = 5;

const grpc: Framing = {
  protocol: "grpc",
  contentType: "application/grpc+proto",
  decode: (schema, body) => fromBinary(schema, openEnvelope(body)),
  encode: (schema, message) => envelope(binaryWriterOf(enveloped, schema, envelopeBytes)(message)),
};

const connectProto: Framing = {
  protocol: "connect",
  contentType: "application/proto",
  decode: (schema, body) => fromBinary(schema, body),
  encode: (schema, message) => binaryWriterOf(bare, schema, 0)(message),
};

const connectJson: Framing = {
  protocol: "connect",
  contentType: "application/json",
  decode: readJson,
  encode: (schema, message) => Buffer.from(jsonWriterOf(schema)(message)),
};

type BinaryWriters = WeakMap<DescMessage, BinaryWriter>;
const enveloped: BinaryWriters = new WeakMap();
const bare: BinaryWriters = new WeakMap();

function binaryWriterOf(writers: BinaryWriters, schema: DescMessage, prefixBytes: number): BinaryWriter {
  const writer = writers.get(schema) ?? createBinaryWriter(schema, prefixBytes);
  writers.set(schema, writer);
  return writer;
}

const jsonWriters = new WeakMap<DescMessage, JsonWriter>();

function jsonWriterOf(schema: DescMessage): JsonWriter {
  const writer = jsonWriters.get(schema) ?? createJsonWriter(schema, {});
  jsonWriters.set(schema, writer);
  return writer;
}

const framings: ReadonlyMap<string, Framing> = new Map([
  ["application/grpc", grpc],
  ["application/grpc+proto", grpc],
  ["application/proto", connectProto],
  ["application/json", connectJson],
]);

/** The framing of a request that the lean lane takes, or undefined when Connect must serve it. */
export function leanFraming({ method, headers, httpVersion }: Exchange): Framing | undefined {
  if (method !== "POST") return undefined;
  const framing = framings.get(headers["content-type"] ?? "");
  if (framing === undefined) return undefined;
  if (framing.protocol === "grpc") {
    const plain = headers["grpc-encoding"] === undefined || headers["grpc-encoding"] === "identity";
    return plain && httpVersion === "2.0" ? framing : undefined;
  }
  return headers["content-encoding"] === undefined ? framing : undefined;
}

export type { Framing };

/** Calls a unary method: once its body is there, at once when the method answers at once. */
export function callLean(
  spec: UnarySpec,
  framing: Framing,
  exchange: Exchange,
  call: Call,
  maxBodyBytes: number,
): Awaitable<Reply> {
  const maxBytes = framing.protocol === "grpc" ? maxBodyBytes + envelopeBytes : maxBodyBytes;
  return then(readBody(exchange, maxBytes), (body) => {
    const request = decode(spec, framing, body);
    const context = new LeanContext(spec.method, framing.protocol, exchange, call);
    const refuse = (error: unknown): Reply => {
      if (!(error instanceof ConnectError)) throw error;
      return renderError(framing.protocol, error, exchange.headers["content-type"]);
    };
    try {
      const answer = then(invoke(spec, context, request), (message) =>
        reply(framing, context, framing.encode(spec.method.output, message)),
      );
      return answer instanceof Promise ? answer.catch(refuse) : answer;
    } catch (error) {
      return refuse(error);
    }
  });
}

function decode(spec: UnarySpec, framing: Framing, body: Uint8Array): Message {
  try {
    return framing.decode(spec.method.input, body);
  } catch (cause) {
    throw cause instanceof ConnectError ? cause : serviceError("unreadable_request", { cause });
  }
}

function invoke(spec: UnarySpec, context: LeanContext, request: Message): Awaitable<Message> {
  const result: Awaitable<MessageInitShape<DescMessage>> = spec.impl(request, context);
  return then(result, (message) => create(spec.method.output, message));
}

function reply(framing: Framing, context: LeanContext, body: Uint8Array): Reply {
  const headers = { ...context.responseHeaders(), "content-type": framing.contentType };
  const trailers =
    framing.protocol === "grpc" ? { ...context.responseTrailers(""), "grpc-status": "0" } : undefined;
  if (framing.protocol === "connect") Object.assign(headers, context.responseTrailers("trailer-"));
  return { status: 200, headers, body, trailers, error: undefined };
}

function openEnvelope(body: Uint8Array): Uint8Array {
  const length =
    body.byteLength < envelopeBytes ? -1 : new DataView(body.buffer, body.byteOffset).getUint32(1);
  if (body[0] !== 0 || length !== body.byteLength - envelopeBytes) throw serviceError("unreadable_request");
  return body.subarray(envelopeBytes);
}

/** Fills the first bytes: not compressed, and how long the message behind them is. */
function envelope(bytes: Buffer): Buffer {
  bytes[0] = 0;
  bytes.writeUInt32BE(bytes.byteLength - envelopeBytes, 1);
  return bytes;
}

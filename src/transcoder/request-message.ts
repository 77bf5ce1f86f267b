// HTTP request → request message: body, then query, then path.

import type { JsonReadOptions } from "@bufbuild/protobuf";
import { create, type Message } from "@bufbuild/protobuf";
import { type Awaitable, then } from "./awaitable.ts";
import type { CompiledBinding } from "./binding.ts";
import type { TranscoderRequest } from "./exchange.ts";
import { InvalidText } from "./field-text.ts";
import { messageFromFieldJson, messageFromJson } from "./json-message.ts";
import { splitJson } from "./json-splitter.ts";
import { InvalidJson, type ParsedJson, parseJson } from "./json-text.ts";
import { percentDecode, percentDecodeExceptSlash } from "./percent-decoding.ts";
import { readQuery } from "./query.ts";
import { noBytes, readBody, refuseBody, streamBody } from "./request-body.ts";
import { invalidBody, TranscodingError } from "./transcoding-error.ts";

interface ReadLimits {
  readonly readMaxBytes: number;
  readonly jsonOptions: Partial<JsonReadOptions>;
}

/** A request that matched a binding. */
export interface MatchedRequest {
  readonly request: TranscoderRequest;
  readonly binding: CompiledBinding;
  /** Path segments as received. */
  readonly segments: readonly string[];
}

/** Reads the one message of a request. */
export function readMessage(matched: MatchedRequest, limits: ReadLimits): Awaitable<Message> {
  const { request, binding } = matched;
  if (binding.body === undefined) {
    const checked = request.body === undefined ? undefined : refuseBody(request);
    return then(checked, () => bindParameters(matched, create(binding.method.input)));
  }
  const body = readBody(request, limits.readMaxBytes);
  return then(body, (bytes) => bindParameters(matched, messageOfBody(matched, bytes, limits)));
}

/** Reads the messages of a client stream; path and query bind to each of them. */
export async function* readMessages(matched: MatchedRequest, limits: ReadLimits): AsyncIterable<Message> {
  const { request, binding } = matched;
  if (binding.body === undefined) {
    yield await readMessage(matched, limits);
    return;
  }
  const body = streamBody(request);
  if (binding.rawRequest) return yield* readRawMessages(matched, body);
  for await (const bytes of splitJson(body, limits.readMaxBytes)) {
    yield bindParameters(matched, messageOfBody(matched, bytes, limits));
  }
}

/** An upload in pieces: the first message has the content type, and there is one even when nothing comes. */
async function* readRawMessages(
  matched: MatchedRequest,
  body: AsyncIterable<Uint8Array>,
): AsyncIterable<Message> {
  let contentType = contentTypeOf(matched.request);
  let empty = true;
  for await (const bytes of body) {
    yield bindParameters(matched, rawMessage(matched.binding, contentType, bytes));
    contentType = "";
    empty = false;
  }
  if (empty) yield bindParameters(matched, rawMessage(matched.binding, contentType, noBytes));
}

function messageOfBody({ request, binding }: MatchedRequest, bytes: Uint8Array, limits: ReadLimits): Message {
  const { method, bodyField, rawRequest } = binding;
  if (rawRequest) return rawMessage(binding, contentTypeOf(request), bytes);
  if (bytes.byteLength === 0) return create(method.input);
  refuseOtherMediaTypes(request.headers["content-type"]);
  const json = parse(bytes);
  if (bodyField === undefined) return messageFromJson(method.input, json, limits.jsonOptions);
  return messageFromFieldJson(method.input, bodyField, json, limits.jsonOptions);
}

function parse(bytes: Uint8Array): ParsedJson {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (error instanceof InvalidJson) throw invalidBody(undefined, `the body ${error.message}`);
    throw error;
  }
}

function rawMessage({ method, bodyField }: CompiledBinding, contentType: string, data: Uint8Array): Message {
  const body = { contentType, data: new Uint8Array(data) };
  if (bodyField === undefined) return create(method.input, body as never);
  const init = { $typeName: "google.api.HttpBody", extensions: [], ...body };
  const { oneof, localName } = bodyField;
  const fields =
    oneof === undefined ? { [localName]: init } : { [oneof.localName]: { case: localName, value: init } };
  return create(method.input, fields as never);
}

function contentTypeOf({ headers }: TranscoderRequest): string {
  return String(headers["content-type"] ?? "");
}

function refuseOtherMediaTypes(contentType: string | string[] | undefined): void {
  if (contentType === undefined || contentType === "application/json" || isJsonType(String(contentType)))
    return;
  throw new TranscodingError("unsupported_media_type", "the body must be application/json in UTF-8", {
    headers: { accept: "application/json" },
  });
}

/** JSON under its own name, that of its streams, or a `+json` type. */
const jsonTypeName = /^application\/(?:json|x-ndjson|ndjson|jsonl|[a-z0-9!#$&^_.-]+\+json)$/;

function isJsonType(contentType: string): boolean {
  const [name = "", ...parameters] = contentType
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => /^charset\s*=/.test(parameter));
  return jsonTypeName.test(name) && (charset === undefined || /^charset\s*=\s*"?utf-?8"?$/.test(charset));
}

function bindParameters({ request, binding, segments }: MatchedRequest, message: Message): Message {
  const mark = request.target.indexOf("?");
  if (mark >= 0) readQuery(binding.query, request.target.slice(mark + 1), message);
  for (const { variable, target } of binding.pathTargets) {
    const raw = variable.multiSegment
      ? segments.slice(variable.start, variable.end).join("/")
      : (segments[variable.start] ?? "");
    const text = variable.multiSegment ? percentDecodeExceptSlash(raw) : percentDecode(raw);
    if (text === undefined) throw invalidPath(target.path, "is not percent-encoded UTF-8");
    try {
      target.put(message, target.read(text));
    } catch (error) {
      if (error instanceof InvalidText) throw invalidPath(target.path, error.message);
      throw error;
    }
  }
  return message;
}

function invalidPath(fieldPath: string, description: string): TranscodingError {
  return new TranscodingError("invalid_path", description, { fieldPath });
}

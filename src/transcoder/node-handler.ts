// Serves a transcoder on a Node server.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Match, TranscoderRequest, TranscoderResponse } from "./exchange.ts";
import type { Transcoder } from "./transcoder.ts";

type NodeRequest = IncomingMessage | Http2ServerRequest;
/** Without the method whose types differ between the two, so that connectNodeAdapter's response fits as well. */
type NodeResponse = Omit<ServerResponse, "write"> | Omit<Http2ServerResponse, "write">;

export type NodeHandler = (
  request: NodeRequest,
  response: NodeResponse,
  next?: (error?: unknown) => void,
) => void;

/** Why the signal of a request aborts. One for all: making an error captures a stack. */
const callerLeft = new ConnectError("the caller has left", Code.Canceled);

/** Makes the handler of a transcoder for servers of node:http, node:http2 and connectNodeAdapter's fallback. */
export function createNodeHandler({ match, handle }: Pick<Transcoder, "match" | "handle">): NodeHandler {
  return (request, response, next) => {
    const found = match(request.method ?? "", request.url ?? "");
    if (found.kind === "none" && next !== undefined) return next();
    Promise.resolve(handle(new NodeTranscoderRequest(request, response, found)))
      .then((answer) => write(request, response, answer))
      // A stream that broke off in its middle: cutting it is all that can be told.
      .catch(() => cut(response));
  };
}

/** A class, for its accessor: each literal with one would get a hidden class, which keeps the whole request alive. */
class NodeTranscoderRequest implements TranscoderRequest {
  readonly httpMethod: string;
  readonly target: string;
  readonly headers: NodeRequest["headers"];
  readonly body: TranscoderRequest["body"];
  readonly secure: boolean;
  readonly match: Match;
  readonly #response: NodeResponse;
  #abort: AbortController | undefined;

  constructor(request: NodeRequest, response: NodeResponse, match: Match) {
    this.httpMethod = request.method ?? "";
    this.target = request.url ?? "";
    this.headers = request.headers;
    this.body = hasBody(request) ? request : undefined;
    this.secure = "encrypted" in request.socket;
    this.match = match;
    this.#response = response;
  }

  get signal(): AbortSignal {
    this.#abort ??= abortWhenLeft(this.#response);
    return this.#abort.signal;
  }
}

function abortWhenLeft(response: NodeResponse): AbortController {
  const abort = new AbortController();
  if (isGone(response)) abort.abort(callerLeft);
  else response.once("close", () => response.writableEnded || abort.abort(callerLeft));
  return abort;
}

function hasBody(request: NodeRequest): boolean {
  if ("stream" in request) return !request.stream.endAfterHeaders;
  const { headers } = request;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

async function write(
  request: NodeRequest,
  nodeResponse: NodeResponse,
  answer: TranscoderResponse,
): Promise<void> {
  if (isGone(nodeResponse)) return;
  // What is used here is the same in both classes, but TypeScript cannot call a union of overloads.
  const response = nodeResponse as ServerResponse;
  const { status, headers, body } = answer;
  // A body that was not read to its end would be taken for the next request.
  if (!request.complete && "shouldKeepAlive" in response) response.shouldKeepAlive = false;
  if (!(body instanceof Uint8Array)) return await writeStream(response, answer, body);
  if (status !== 204) headers["content-length"] ??= String(body.byteLength);
  response.writeHead(status, headers);
  response.end(body.byteLength === 0 ? undefined : body);
}

async function writeStream(
  response: ServerResponse,
  { status, headers, trailers }: TranscoderResponse,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  response.writeHead(status, headers);
  response.flushHeaders();
  for await (const chunk of body) {
    if (isGone(response)) return;
    if (!response.write(chunk)) await Promise.race([once(response, "drain"), once(response, "close")]);
  }
  const late = trailers?.();
  if (late !== undefined && Object.keys(late).length > 0) response.addTrailers(late);
  response.end();
}

function isGone(response: NodeResponse): boolean {
  return "stream" in response
    ? response.stream === undefined || response.stream.destroyed
    : response.destroyed;
}

function cut(response: NodeResponse): void {
  if ("stream" in response) response.stream?.close(constants.NGHTTP2_INTERNAL_ERROR);
  else response.destroy();
}

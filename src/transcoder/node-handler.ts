// Serves a transcoder on a Node server.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Match, TranscoderRequest, TranscoderResponse } from "./exchange.ts";
import type { Transcoder } from "./transcoder.ts";

type NodeRequest = IncomingMessage | Http2ServerRequest;
type NodeResponse = ServerResponse | Http2ServerResponse;

export type NodeHandler = (
  request: NodeRequest,
  response: NodeResponse,
  next?: (error?: unknown) => void,
) => void;

/** Makes the handler of a transcoder for servers of node:http, node:http2 and connectNodeAdapter's fallback. */
export function createNodeHandler({ match, handle }: Pick<Transcoder, "match" | "handle">): NodeHandler {
  return (request, response, next) => {
    const found = match(request.method ?? "", request.url ?? "");
    if (found.kind === "none" && next !== undefined) return next();
    handle(readRequest(request, response, found))
      .then((answer) => write(request, response, answer))
      // A caller who left, or a stream that broke off in its middle: cutting is all that can be told.
      .catch(() => response.destroy());
  };
}

function readRequest(request: NodeRequest, response: NodeResponse, match: Match): TranscoderRequest {
  let abort: AbortController | undefined;
  return {
    httpMethod: request.method ?? "",
    target: request.url ?? "",
    headers: request.headers,
    body: hasBody(request) ? request : undefined,
    secure: "encrypted" in request.socket,
    match,
    get signal() {
      if (abort === undefined) {
        const made = new AbortController();
        abort = made;
        if (response.destroyed) made.abort();
        else response.once("close", () => response.writableFinished || made.abort());
      }
      return abort.signal;
    },
  } as TranscoderRequest;
}

function hasBody(request: NodeRequest): boolean {
  if (request.httpVersionMajor >= 2)
    return !(request as Http2ServerRequest).stream.readableEnded || !request.complete;
  const { headers } = request;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

async function write(
  request: NodeRequest,
  nodeResponse: NodeResponse,
  answer: TranscoderResponse,
): Promise<void> {
  // What is used here is the same in both classes, but TypeScript cannot call a union of overloads.
  const response = nodeResponse as ServerResponse;
  if (response.destroyed) return;
  const { status, headers, body } = answer;
  // A body that was not read to its end would be taken for the next request.
  if (!request.complete && "shouldKeepAlive" in response) response.shouldKeepAlive = false;
  if (body instanceof Uint8Array) {
    const length =
      status === 204 ? {} : { "content-length": headers["content-length"] ?? String(body.byteLength) };
    response.writeHead(status, { ...headers, ...length } as never);
    response.end(body.byteLength === 0 ? undefined : body);
    return;
  }
  response.writeHead(status, headers as never);
  for await (const chunk of body) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await Promise.race([once(response, "drain"), once(response, "close")]);
  }
  const trailers = answer.trailers?.() ?? {};
  if (Object.keys(trailers).length > 0) response.addTrailers(trailers as never);
  response.end();
}

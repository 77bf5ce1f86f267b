// One question over HTTP and its whole answer: bounded in time and size, without redirects, asked again only when the
// first question cannot have been answered.
import { setTimeout as pause } from "node:timers/promises";
import { type ServiceError, serviceError } from "../errors.ts";
import { waitLimits } from "../wait-limits.ts";

export interface HttpQuestion {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** `application/json`, in lower case and without parameters; empty when there is none. */
  readonly mediaType: string;
  readonly body: string;
}

/**
 * Asks and gives the answer, whatever its status. Errors: `france_connect_slow` when it is not whole in time,
 * `france_connect_down` when nobody answers, `france_connect_answer_unreadable` for a redirect and for an answer that
 * is too large.
 */
export type HttpExchange = (question: HttpQuestion) => Promise<HttpAnswer>;

export interface HttpExchangeOptions {
  /** Longest time for the question, its repetition and the whole answer, in milliseconds. */
  readonly deadlineMs: number;
  /** Largest body of an answer, in bytes. */
  readonly maxBytes: number;
}

const defaultMaxBytes = 65_536;

/** Time after which FranceConnect may be asked again, in milliseconds: what a caller is told to wait. */
export const retryAfterMs = 5000;
const pauseMs = 50;

/** The connection was never made: nothing was sent. */
const unsent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
/** The connection broke before an answer came: a kept one may have been closed meanwhile. To ask twice changes nothing
 * at FranceConnect (RFC 7662, 2.1: introspection only reads). */
const unanswered = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

export function createHttpExchange(options: Partial<HttpExchangeOptions> = {}): HttpExchange {
  const { deadlineMs = waitLimits.franceConnectMs, maxBytes = defaultMaxBytes } = options;
  return async (question) => {
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      const response = await ask(question, signal).catch(async (error: unknown) => {
        if (!mayRepeat(error)) throw error;
        await pause(pauseMs, undefined, { signal });
        return await ask(question, signal);
      });
      return {
        status: response.status,
        mediaType: mediaTypeOf(response),
        body: await read(response, maxBytes),
      };
    } catch (error) {
      throw signal.aborted ? slow(deadlineMs) : describe(error);
    }
  };
}

function ask({ url, method, headers, body }: HttpQuestion, signal: AbortSignal): Promise<Response> {
  return fetch(url, { method, headers, body: body ?? null, redirect: "error", signal });
}

function mediaTypeOf({ headers }: Response): string {
  return (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** An answer that is too large. */
class TooLarge extends Error {}

async function read(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    // Leaving the loop cancels what is still to come.
    if (length > maxBytes) throw new TooLarge(`FranceConnect answered more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString("utf8");
}

function mayRepeat(error: unknown): boolean {
  const code = codeOf(error);
  return unsent.has(code) || unanswered.has(code);
}

/** The code of the network's error, which `fetch` wraps; empty when it is none. */
function codeOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : "";
}

function describe(error: unknown): ServiceError {
  if (error instanceof TooLarge) return serviceError("france_connect_answer_unreadable", { cause: error });
  const code = codeOf(error);
  // Redirects have no code. Causes are told by their code: whatever else they say may quote the request.
  return code === ""
    ? serviceError("france_connect_answer_unreadable", { cause: new Error("FranceConnect: no plain answer") })
    : serviceError("france_connect_down", { retryAfterMs, cause: new Error(`FranceConnect: ${code}`) });
}

function slow(deadlineMs: number): ServiceError {
  const cause = new Error(`FranceConnect: no whole answer in ${deadlineMs} ms`);
  return serviceError("france_connect_slow", { retryAfterMs, cause });
}

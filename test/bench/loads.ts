// Load generators: wrk for HTTP/1.1, h2load for gRPC. A round is one run of one of them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./processes.ts";

export interface Round {
  /** Answered calls. */
  readonly calls: number;
  /** Answers that are not 2xx. */
  readonly refused: number;
  readonly perSecond: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

export interface Load {
  /** Calls that are in flight at once, and cut at the end of a round. */
  readonly concurrency: number;
  /** Calls the port for a number of seconds; throws when a connection breaks. */
  run(port: number, seconds: number): Promise<Round>;
}

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** JSON, or empty. */
  readonly body: string;
  readonly token: string;
}

const concurrency = 64;
/** What a generator may take beyond its round. */
const slackMs = 20_000;
const script = join(import.meta.dirname, "load/requests.lua");

let files = 0;

/** wrk with one thread, which sends these requests in turn. */
export function wrkLoad(folder: string, core: string, requests: readonly HttpRequest[]): Load {
  files += 1;
  const file = join(folder, `requests-${files}`);
  const lines = requests.map(({ method, path, body, token }) => `${method}\t${path}\t${body}\t${token}\n`);
  writeFileSync(file, lines.join(""));
  return {
    concurrency,
    async run(port, seconds) {
      const printed = await run(
        "wrk",
        ["-t1", `-c${concurrency}`, `-d${seconds}s`, "-s", script, `http://127.0.0.1:${port}`],
        { cores: core, env: { ...process.env, BENCH_REQUESTS: file }, limitMs: seconds * 1000 + slackMs },
      );
      const figures = JSON.parse(/^BENCH (.*)$/m.exec(printed)?.[1] ?? "null") as WrkFigures;
      const { calls, bad: refused, p50Ms, p99Ms } = figures;
      if (figures.broken > 0 || calls === 0) {
        throw new Error(`wrk: ${calls} answers, ${figures.broken} connections broken or too late`);
      }
      return { calls: calls - refused, refused, perSecond: calls / figures.seconds, p50Ms, p99Ms };
    },
  };
}

interface WrkFigures {
  readonly calls: number;
  readonly seconds: number;
  readonly bad: number;
  readonly broken: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface GrpcRequest {
  readonly path: string;
  /** The message as it is encoded, without gRPC's frame. */
  readonly message: Uint8Array;
  readonly token: string;
  /** Length of the answer's message: shorter bodies are errors, whose HTTP status is 200. Undefined: not checked. */
  readonly answerBytes: number | undefined;
}

const connections = 8;
const frameBytes = 5;

/** h2load with one thread, eight connections and eight streams on each, which repeats one gRPC request. */
export function h2Load(folder: string, core: string, request: GrpcRequest): Load {
  files += 1;
  const file = join(folder, `message-${files}`);
  const frame = Buffer.alloc(frameBytes);
  frame.writeUInt32BE(request.message.length, 1);
  writeFileSync(file, Buffer.concat([frame, request.message]));
  const headers = [
    "content-type: application/grpc",
    "te: trailers",
    `authorization: Bearer ${request.token}`,
  ];
  const shape = ["-t", "1", "-c", String(connections), "-m", String(concurrency / connections), "-d", file];
  return {
    concurrency,
    async run(port, seconds) {
      const printed = await run(
        "h2load",
        [
          ...[...shape, "-D", String(seconds)],
          ...headers.flatMap((header) => ["-H", header]),
          `http://127.0.0.1:${port}${request.path}`,
        ],
        { cores: core, limitMs: seconds * 1000 + slackMs },
      );
      return readH2load(printed, seconds, request.answerBytes);
    },
  };
}

function readH2load(printed: string, seconds: number, answerBytes: number | undefined): Round {
  const number = (pattern: RegExp) => Number(pattern.exec(printed)?.[1] ?? Number.NaN);
  const calls = number(/(\d+) succeeded/);
  const refused = number(/(\d+) failed/);
  const bytes = number(/(?:\d+\)) headers.*?\((\d+)\) data/);
  const broken = number(/(\d+) errored/) + number(/(\d+) timeout/);
  if (!(calls > 0) || broken !== 0) throw new Error(`h2load:\n${printed.slice(-1500)}`);
  if (answerBytes === undefined) return { calls, refused, perSecond: calls / seconds };
  const answered = Math.min(calls, Math.floor(bytes / (answerBytes + frameBytes)));
  return { calls: answered, refused: refused + calls - answered, perSecond: calls / seconds };
}

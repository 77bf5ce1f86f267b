// The caller's deadline, whatever its protocol. A method that ignores its signal still ends here.
import type { IncomingHttpHeaders } from "node:http";
import type { Awaitable } from "../awaitable.ts";
import { serviceError } from "../errors.ts";

/** Longest time for a stream, in milliseconds: clients come back by themselves. */
export const maxStreamMs = 600_000;

/** `1S`, `500m`, … of gRPC: at most eight digits and a unit, in milliseconds (gRPC over HTTP/2, "Timeout"). */
const grpcUnitsMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/**
 * The time that the caller gives, in milliseconds, at most `maxMs`; undefined when it gives none. Errors:
 * `invalid_request`, which names the header.
 */
export function readTimeout(headers: IncomingHttpHeaders, maxMs: number): number | undefined {
  const grpc = headers["grpc-timeout"];
  if (grpc !== undefined) return Math.min(parse("grpc-timeout", grpc, grpcTimeout), maxMs);
  const connect = headers["connect-timeout-ms"];
  if (connect !== undefined) return Math.min(parse("connect-timeout-ms", connect, connectTimeout), maxMs);
  const server = headers["x-server-timeout"];
  if (server !== undefined) return Math.min(parse("x-server-timeout", server, serverTimeout), maxMs);
  return undefined;
}

/** Starts work and waits for it at most `timeoutMs`. Errors: `deadline_exceeded`. */
export async function withinDeadline<T>(timeoutMs: number, start: () => Awaitable<T>): Promise<T> {
  if (timeoutMs <= 0) throw serviceError("deadline_exceeded");
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(serviceError("deadline_exceeded")), timeoutMs);
  try {
    return await Promise.race([start(), promise]);
  } finally {
    clearTimeout(timer);
  }
}

function parse(name: string, value: string | string[], read: (text: string) => number | undefined): number {
  const timeoutMs = read(String(value));
  if (timeoutMs !== undefined) return timeoutMs;
  const violation = { field: name, description: "N'est pas un délai valide.", rule: `${name}.format` };
  throw serviceError("invalid_request", { violations: [violation] });
}

function grpcTimeout(text: string): number | undefined {
  const [, digits, unit] = /^([0-9]{1,8})([HMSmun])$/.exec(text) ?? [];
  return digits === undefined || unit === undefined ? undefined : Number(digits) * (grpcUnitsMs[unit] ?? 0);
}

function connectTimeout(text: string): number | undefined {
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}

function serverTimeout(text: string): number | undefined {
  return /^[0-9]{1,9}(\.[0-9]{1,9})?$/.test(text) ? Number(text) * 1000 : undefined;
}

// The spans of a call, made once it has ended: the call itself, and in it the wait for its trace. They hold what the
// journal keeps in the clear about the call's kind, and neither addresses nor anything that is sealed.
import { randomBytes } from "node:crypto";
import type { ObservedCall } from "../journal/journal.ts";

/** A span, as OTLP writes it in JSON (opentelemetry-proto 1.x: identifiers in hexadecimal, 64-bit numbers as texts). */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 2: server; 1: internal. */
  readonly kind: 1 | 2;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  /** 2: the service failed. */
  readonly status: { readonly code?: 2 };
}

type Attribute = {
  readonly key: string;
  readonly value: { readonly stringValue: string } | { readonly intValue: string };
};

/** Continues the caller's trace (W3C Trace Context, level 1), unless the caller does not record it. */
export function spansOf({ line, traced, commitMs, traceParent }: ObservedCall): Span[] {
  const parent = readTraceParent(traceParent);
  if (parent?.isSampled === false) return [];
  const traceId = parent?.traceId ?? randomBytes(16).toString("hex");
  const [callId, commitId] = [randomBytes(8).toString("hex"), randomBytes(8).toString("hex")];
  const startUs = line.receivedAt * 1000;
  const handedOverUs = startUs + line.durationUs;
  const endUs = handedOverUs + commitMs * 1000;
  const failed = !traced || line.outcome === "failed" ? ({ code: 2 } as const) : {};
  const call: Span = {
    ...{ traceId, spanId: callId, ...(parent && { parentSpanId: parent.spanId }) },
    ...{ name: line.rpc || line.route || line.protocol, kind: 2 },
    ...{ startTimeUnixNano: nanoseconds(startUs), endTimeUnixNano: nanoseconds(endUs) },
    attributes: attributesOf(line),
    status: failed,
  };
  const commit: Span = {
    ...{ traceId, spanId: commitId, parentSpanId: callId, name: "journal", kind: 1, attributes: [] },
    ...{ startTimeUnixNano: nanoseconds(handedOverUs), endTimeUnixNano: nanoseconds(endUs) },
    status: traced ? {} : { code: 2 },
  };
  return [call, commit];
}

function attributesOf(line: ObservedCall["line"]): Attribute[] {
  const text = (key: string, value: string): Attribute => ({ key, value: { stringValue: value } });
  return [
    text("rpc.system", line.protocol),
    text("rpc.method", line.rpc),
    text("http.request.method", line.httpMethod),
    text("http.route", line.route),
    { key: "http.response.status_code", value: { intValue: String(line.httpStatus) } },
    text("error.type", line.errorId),
    text("statut.outcome", line.outcome),
    text("statut.request_id", line.requestId),
  ];
}

function nanoseconds(microseconds: number): string {
  return `${Math.round(microseconds)}000`;
}

function readTraceParent(
  header: string | undefined,
): { readonly traceId: string; readonly spanId: string; readonly isSampled: boolean } | undefined {
  const [, traceId = "", spanId = "", flags = ""] =
    /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/.exec(
      header ?? "",
    ) ?? [];
  return traceId === "" ? undefined : { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

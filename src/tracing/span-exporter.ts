// Sends spans to an OpenTelemetry collector: OTLP over HTTP with JSON, in batches, beside the calls. A collector that is
// slow or away loses spans and slows nobody down. The SDK would bring twelve packages for these lines.
import { once } from "node:events";
import type { Span } from "./spans-of.ts";

export interface SpanExporterOptions {
  /** Base address of the collector. */
  readonly endpoint: string;
  /** `name=value`, comma-separated. */
  readonly headers: string;
  /** Told once of each outage. */
  readonly report: (cause: unknown) => void;
}

export interface SpanExporter {
  add(spans: readonly Span[]): void;
  /** Sends what waits, within a second. */
  close(): Promise<void>;
}

const batchSpans = 512;
/** Spans that wait at most; more are dropped. */
const maxWaiting = 4096;
const everyMs = 5000;
const timeoutMs = 5000;
const closeTimeoutMs = 1000;

export function createSpanExporter({ endpoint, headers, report }: SpanExporterOptions): SpanExporter {
  const address = new URL("v1/traces", endpoint.endsWith("/") ? endpoint : `${endpoint}/`);
  const given = Object.fromEntries(
    headers
      .split(",")
      .map((pair) => splitOnce(pair, "="))
      .filter(([name]) => name),
  );
  const waiting: Span[] = [];
  let running: Promise<void> | undefined;
  let isFailing = false;
  const timer = setInterval(flush, everyMs).unref();

  function flush(): void {
    running ??= sendAll(() => AbortSignal.timeout(timeoutMs)).finally(() => {
      running = undefined;
    });
  }

  async function sendAll(limit: () => AbortSignal): Promise<void> {
    while (waiting.length > 0) {
      const spans = waiting.splice(0, batchSpans);
      try {
        await send(spans, limit());
        isFailing = false;
      } catch (cause) {
        if (!isFailing) report(cause);
        isFailing = true;
        return;
      }
    }
  }

  async function send(spans: readonly Span[], signal: AbortSignal): Promise<void> {
    const response = await fetch(address, {
      method: "POST",
      headers: { ...given, "content-type": "application/json" },
      body: JSON.stringify(writeRequest(spans)),
      redirect: "error",
      signal,
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the collector answered ${response.status}`);
  }

  return {
    add(spans) {
      if (waiting.length + spans.length > maxWaiting) return;
      waiting.push(...spans);
      if (waiting.length >= batchSpans) flush();
    },
    async close() {
      clearInterval(timer);
      // One limit for all that waits: a slow collector must not hold up the end of the service.
      const limit = AbortSignal.timeout(closeTimeoutMs);
      await Promise.race([running, once(limit, "abort")]);
      await sendAll(() => limit);
    },
  };
}

function writeRequest(spans: readonly Span[]): object {
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "statut-etudiant" } }] };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "statut-etudiant" }, spans }] }] };
}

function splitOnce(text: string, separator: string): [string, string] {
  const place = text.indexOf(separator);
  return place === -1 ? ["", ""] : [text.slice(0, place).trim(), text.slice(place + 1).trim()];
}

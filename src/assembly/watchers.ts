// Who watches the service from outside: Prometheus and an OpenTelemetry collector. Neither is loaded unless it is
// configured. Part of the composition root.
import type { Config } from "../config.ts";
import type { Guard } from "../guard/guard.ts";
import type { Journal, ObservedCall } from "../journal/journal.ts";
import { surfaceOf } from "../journal/rollup-series.ts";
import type { StrangerLines } from "../request/stranger-lines.ts";
import type { Database } from "../storage/database.ts";

export interface WatcherParts {
  readonly config: Config;
  readonly guard: Guard;
  readonly journal: Journal;
  readonly strangerLines: StrangerLines;
  readonly databases: Readonly<Record<string, Database>>;
  readonly report: (cause: unknown) => void;
}

export interface Watchers {
  /** Undefined when nobody watches: calls then cost nothing. */
  readonly observe: ((call: ObservedCall) => void) | undefined;
  close(): Promise<void>;
}

interface Watcher {
  observe(call: ObservedCall): void;
  close(): Promise<void>;
}

export async function openWatchers(parts: WatcherParts): Promise<Watchers> {
  const open = [await openMetrics(parts), await openTraces(parts)].filter((watcher) => watcher !== undefined);
  return {
    observe:
      open.length === 0
        ? undefined
        : (call) => {
            for (const watcher of open) watcher.observe(call);
          },
    async close() {
      for (const watcher of open) await watcher.close();
    },
  };
}

async function openMetrics({
  config,
  guard,
  journal,
  strangerLines,
  databases,
}: WatcherParts): Promise<Watcher | undefined> {
  if (config.METRICS_PORT === undefined) return undefined;
  const { createMetrics } = await import("../metrics/metrics.ts");
  const { serveMetrics } = await import("../metrics/serve-metrics.ts");
  const metrics = createMetrics({
    surfaceOf,
    guardWaiting: () => guard.waiting,
    guardMode: () => guard.mode,
    isJournalHealthy: () => journal.healthy,
    linelessRequests: strangerLines.counts,
    pools: () => Object.entries(databases).map(([name, database]) => [name, database.pool()] as const),
  });
  const server = await serveMetrics(metrics, config.METRICS_HOST, config.METRICS_PORT);
  return { observe: metrics.observe, close: () => server.close() };
}

async function openTraces({ config, report }: WatcherParts): Promise<Watcher | undefined> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return undefined;
  const { createSpanExporter } = await import("../tracing/span-exporter.ts");
  const { spansOf } = await import("../tracing/spans-of.ts");
  const exporter = createSpanExporter({ endpoint, headers: config.OTEL_EXPORTER_OTLP_HEADERS ?? "", report });
  return { observe: (call) => exporter.add(spansOf(call)), close: () => exporter.close() };
}

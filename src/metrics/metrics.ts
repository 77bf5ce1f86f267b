// What Prometheus reads: rate, errors and duration of each method, and what calls wait for. Labels are from lists of ours,
// so that no stranger makes a series; nothing of a partner or a person is among them.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { ObservedCall } from "../journal/journal.ts";

export interface MetricsParts {
  /** The contract of a method, or of none. */
  readonly surfaceOf: (rpc: string) => string;
  readonly guardWaiting: () => number;
  readonly guardMode: () => string;
  readonly isJournalHealthy: () => boolean;
  /** Requests of strangers that left no line, since the start, by why and how they ended. */
  readonly linelessRequests: () => readonly {
    readonly why: string;
    readonly end: string;
    readonly requests: number;
  }[];
  readonly pools: () => readonly (readonly [
    name: string,
    state: { readonly used: number; readonly idle: number; readonly waiting: number },
  ])[];
}

export interface Metrics {
  observe(call: ObservedCall): void;
  readonly contentType: string;
  write(): Promise<string>;
}

/** Seconds: from a lookup in memory to the longest deadline. */
const durations = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const modes = ["alone", "shared", "local-share"];

export function createMetrics(parts: MetricsParts): Metrics {
  const registry = new Registry();
  // Event-loop delay, garbage collection, memory, CPU.
  collectDefaultMetrics({ register: registry });
  addGauges(registry, parts);
  addLinelessRequests(registry, parts);
  const calls = new Counter({
    name: "statut_calls_total",
    help: "Calls by method (empty: no method), surface (contract), protocol and outcome",
    labelNames: ["method", "surface", "protocol", "outcome"],
    registers: [registry],
  });
  const duration = new Histogram({
    name: "statut_call_duration_seconds",
    help: "From the request to its durable trace",
    labelNames: ["method", "surface", "protocol"],
    buckets: durations,
    registers: [registry],
  });
  const commit = new Histogram({
    name: "statut_journal_commit_seconds",
    help: "From handing a line to the journal until it was durable, or given up",
    labelNames: ["durable"],
    buckets: durations,
    registers: [registry],
  });
  return {
    observe({ line, traced, commitMs }) {
      const { rpc: method, protocol } = line;
      const surface = parts.surfaceOf(method);
      // The caller of a call without a trace was refused for that.
      calls.inc({ method, surface, protocol, outcome: traced ? line.outcome : "failed" });
      duration.observe({ method, surface, protocol }, line.durationUs / 1e6 + commitMs / 1000);
      commit.observe({ durable: String(traced) }, commitMs / 1000);
    },
    contentType: registry.contentType,
    write: () => registry.metrics(),
  };
}

function addLinelessRequests(registry: Registry, { linelessRequests }: MetricsParts): void {
  new Counter({
    name: "statut_lineless_requests_total",
    help: "Requests of strangers without a line in the journal, by why (address, everybody, queue) and end (cut, refused, answered)",
    labelNames: ["why", "end"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { why, end, requests } of linelessRequests()) this.inc({ why, end }, requests);
    },
  });
}

function addGauges(registry: Registry, parts: MetricsParts): void {
  const registers = [registry];
  new Gauge({
    ...{ name: "statut_guard_waiting_calls", help: "Calls that wait for their turn", registers },
    collect() {
      this.set(parts.guardWaiting());
    },
  });
  new Gauge({
    ...{
      name: "statut_guard_mode",
      help: "1 for how limits are shared now",
      labelNames: ["mode"],
      registers,
    },
    collect() {
      for (const mode of modes) this.set({ mode }, mode === parts.guardMode() ? 1 : 0);
    },
  });
  new Gauge({
    ...{ name: "statut_journal_healthy", help: "Whether lines can be written", registers },
    collect() {
      this.set(parts.isJournalHealthy() ? 1 : 0);
    },
  });
  new Gauge({
    ...{
      name: "statut_pool_connections",
      help: "Connections to a database, and statements that wait for one",
    },
    ...{ labelNames: ["database", "state"], registers },
    collect() {
      for (const [database, states] of parts.pools()) {
        for (const [state, count] of Object.entries(states)) this.set({ database, state }, count);
      }
    },
  });
}

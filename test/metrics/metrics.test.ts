// Prometheus and an OpenTelemetry collector watch the running service.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { startService } from "../support/service.ts";
import { bearer, ine, lookupRoute } from "../support/whole-service.ts";

test("metrics count calls by method, surface, protocol and outcome, on a port of their own", async () => {
  const port = await freePort();
  await using service = await startService({ environment: { METRICS_PORT: String(port) } });
  const metrics = `http://127.0.0.1:${port}/metrics`;
  for (let call = 0; call < 3; call += 1) {
    assert.equal((await fetch(service.origin + lookupRoute, { headers: bearer(service.token) })).status, 200);
  }
  for (const path of ["/nothing/one", "/nothing/two"]) await fetch(service.origin + path);
  const response = await fetch(metrics);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  const method = "statutetudiant.lookup.v1.LookupService/LookupByIne";
  assert.ok(
    text.includes(
      `statut_calls_total{method="${method}",surface="native",protocol="rest",outcome="answered"} 3`,
    ),
    text,
  );
  assert.match(text, /statut_calls_total\{method="",surface="public",protocol="http",outcome="\w+"\} 2/);
  assert.ok(
    text.includes(
      `statut_call_duration_seconds_count{method="${method}",surface="native",protocol="rest"} 3`,
    ),
    "durations",
  );
  assert.match(text, /statut_journal_commit_seconds_count\{durable="true"\} 5/);
  assert.match(text, /statut_guard_waiting_calls 0/);
  assert.match(text, /statut_guard_mode\{mode="alone"\} 1/);
  assert.match(text, /statut_pool_connections\{database="main",state="idle"\} \d/);
  assert.match(text, /nodejs_eventloop_lag_p99_seconds/);
  for (const secret of [ine, service.token, "nothing"]) assert.ok(!text.includes(secret), secret);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);
  assert.equal((await fetch(`${service.origin}/metrics`)).status, 404);

  const dashboard = readFileSync(join(import.meta.dirname, "../../docs/grafana-dashboard.json"), "utf8");
  const { panels } = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] };
  const shown = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join(" ");
  const names = new Set(shown.match(/\b(?:statut|nodejs|process)_[a-z0-9_]+/g));
  assert.ok(names.size > 5);
  for (const name of names) assert.ok(text.includes(`${name} `) || text.includes(`${name}{`), name);
});

test("spans continue the caller's trace, and hold nothing of anybody", async () => {
  const received: { headers: Record<string, unknown>; text: string }[] = [];
  const collector = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on("end", () => {
      received.push({ headers: request.headers, text });
      response.end("{}");
    });
  });
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  const { port } = collector.address() as AddressInfo;
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_HEADERS: "x-collector-key=abc",
  };
  await using service = await startService({ environment });
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const ask = (flags: string) =>
    fetch(service.origin + lookupRoute, {
      headers: { ...bearer(service.token), traceparent: `00-${trace}-b7ad6b7169203331-${flags}` },
    });
  await ask("01");
  await ask("00");
  await fetch(service.origin + lookupRoute, {
    headers: { ...bearer(service.token), traceparent: "00-nonsense" },
  });
  const spansOf = ({ text }: { text: string }) => JSON.parse(text).resourceSpans[0].scopeSpans[0].spans;
  // They are sent every few seconds, wherever these lie between the calls.
  await eventually(() => received.flatMap(spansOf).length >= 4);
  collector.close();
  for (const { headers } of received) assert.equal(headers["x-collector-key"], "abc");
  const spans = received.flatMap(spansOf);
  const text = received.map((batch) => batch.text).join("\n");
  // Two spans of each call, but none of the one that its caller does not record.
  assert.equal(spans.length, 4);
  const [call, commit] = spans;
  assert.deepEqual([call.traceId, call.parentSpanId, call.kind], [trace, "b7ad6b7169203331", 2]);
  assert.deepEqual([commit.traceId, commit.parentSpanId, commit.name], [trace, call.spanId, "journal"]);
  assert.ok(BigInt(call.startTimeUnixNano) < BigInt(commit.startTimeUnixNano));
  assert.equal(call.endTimeUnixNano, commit.endTimeUnixNano);
  assert.notEqual(spans[2].traceId, trace);
  for (const secret of [ine, service.token, "127.0.0.1", "13002526500013"])
    assert.ok(!text.includes(secret), secret);
});

// A collector that is slow holds up neither calls nor the end of the service.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createSpanExporter } from "../../src/tracing/span-exporter.ts";
import type { Span } from "../../src/tracing/spans-of.ts";

const span: Span = {
  ...{ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", name: "call", kind: 2 },
  ...{ startTimeUnixNano: "1000", endTimeUnixNano: "2000", attributes: [], status: {} },
};

/** Of the 4,096 spans that may wait, 512 go at a time. */
const batches = 8;
let answered = 0;
const collector = createServer((request, response) => {
  request.resume().on("end", async () => {
    await pause(400);
    answered += 1;
    response.end("{}");
  });
});

before(async () => {
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
});
after(() => collector.close());

test("the end waits for a slow collector a second in all, not for each batch", async () => {
  const { port } = collector.address() as AddressInfo;
  const reports: unknown[] = [];
  const exporter = createSpanExporter({
    ...{ endpoint: `http://127.0.0.1:${port}`, headers: "", report: (cause) => reports.push(cause) },
  });
  for (let count = 0; count < batches; count += 1) exporter.add(Array(512).fill(span));
  await exporter.close();
  assert.ok(answered < batches - 1, `${answered} of ${batches} batches were waited for`);
  assert.equal(reports.length, 1);
});

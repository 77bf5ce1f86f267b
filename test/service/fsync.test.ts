// A SIGKILL cannot show a missing fsync, for the kernel keeps what was written. The system calls can: between the read
// of a lookup and the write of its answer, the journal is synced.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createGrpcWebTransport } from "@connectrpc/connect-node";
import { LookupService } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { callGrpcJs, clientsOf, withToken } from "../support/clients.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningService, startService } from "../support/service.ts";
import { assertWhole, bearer, ine, lookupRoute, recipient, unlimited } from "../support/whole-service.ts";

let service: RunningService;
before(async () => {
  service = await startService({ environment: unlimited });
});
after(() => service[Symbol.asyncDispose]());

/** Traces all threads of the service while `work` runs; gives the system calls in their order. */
async function traced(work: () => Promise<unknown>): Promise<string[]> {
  const output = join(service.dataDir, "strace");
  const calls = "read,recvfrom,recvmsg,write,writev,sendto,sendmsg,fdatasync,fsync";
  const options = ["-f", "-y", "-s", "4096", "-e", `trace=${calls}`, "-o", output];
  const strace = spawn("strace", [...options, "-p", String(service.process.pid)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let printed = "";
  strace.stderr.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const exited = once(strace, "exit");
  await eventually(() => printed.includes("attached"));
  await work();
  strace.kill("SIGINT");
  await exited;
  return (await readFile(output, "utf8")).split("\n");
}

/** Places of the completed syncs of the journal: `-y` writes the file at a call's start, its end may come later. */
function syncsOf(calls: readonly string[]): number[] {
  const pending = new Set<string>();
  return calls.flatMap((call, index) => {
    const thread = call.split(" ")[0] ?? "";
    if (/ f(?:data)?sync\(\d+<[^>]*journal\.db-wal>/.test(call)) {
      if (call.endsWith("= 0")) return [index];
      pending.add(thread);
    }
    const ends = /<\.\.\. f(?:data)?sync resumed>.*= 0$/.test(call) && pending.delete(thread);
    return ends ? [index] : [];
  });
}

const lookups: Record<string, () => Promise<unknown>> = {
  REST: () =>
    fetch(service.origin + lookupRoute, { headers: bearer(service.token) }).then((got) => got.json()),
  gRPC: () => callGrpcJs(service.port, LookupService.method.lookupByIne, { ine, recipient }, service.token),
  "gRPC-Web, by Connect's handlers": () =>
    clientsOf(createGrpcWebTransport({ baseUrl: service.origin, httpVersion: "1.1" })).lookup.lookupByIne(
      { ine, recipient },
      withToken(service.token),
    ),
};

for (const [name, lookup] of Object.entries(lookups)) {
  test(`${name}: an fdatasync of the journal stands between the request and its answer`, async () => {
    await lookup();
    const calls = await traced(lookup);
    const asked = calls.findIndex((call) => /(?:read|recv)/.test(call) && call.includes(ine));
    const answered = calls.findIndex((call) => /(?:write|send)/.test(call) && call.includes("AUTORBB"));
    assert.ok(
      asked !== -1 && answered > asked,
      `request at ${asked}, answer at ${answered} of ${calls.length}`,
    );
    const syncs = syncsOf(calls);
    assert.ok(
      syncs.some((index) => index > asked && index < answered),
      calls.slice(asked, answered + 1).join("\n"),
    );
  });
}

test("the service lives, its journal is whole", () => assertWhole(service));

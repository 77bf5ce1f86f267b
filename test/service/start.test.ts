// A start answers lookups first, and loads what is asked for less while it does.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startService } from "../support/service.ts";

const folder = await mkdtemp(join(tmpdir(), "statut-start-"));
after(() => rm(folder, { recursive: true, force: true }));

/** Runs a script in each thread of a process before anything else. */
const preload = (script: string) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}`,
});

test("what is asked for before it is loaded waits for it", async () => {
  // What is loaded meanwhile holds up the guard's permits as well; how long calls may wait for those is not asked here.
  await using service = await startService({ early: true, environment: { QUEUE_MAX_WAIT_MS: "5000" } });
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${service.origin}${path}`, { headers });
  const authorization = `Bearer ${service.token}`;
  const health = fetch(`${service.origin}/grpc.health.v1.Health/Check`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ service: "statutetudiant.token.v1.TokenService" }),
  });
  const [lookup, token, page, document, nowhere] = await Promise.all([
    ask("/v1/students/951242368CR?recipient=13002526500013", { authorization }),
    ask("/v1/token", { authorization }),
    ask("/", { accept: "text/html" }),
    ask("/status.json"),
    ask("/nowhere", { accept: "text/html" }),
  ]);
  assert.deepEqual(
    [lookup, token, page, document, nowhere].map(({ status }) => status),
    [200, 200, 200, 200, 404],
  );
  assert.match(await nowhere.text(), /^<!doctype html>/i);
  assert.deepEqual(await (await health).json(), { status: "SERVING" });
});

test("a service that stops before everything is loaded ends well", async () => {
  await using service = await startService({ demonstration: false, early: true });
  assert.equal(await service.stop(), 0);
});

test("a part that cannot be loaded ends the service, and is told", async () => {
  const broken = `import { registerHooks } from "node:module";
    registerHooks({ load(url, context, next) {
      if (url.endsWith("/assembly/office.ts")) throw new Error("the office is broken");
      return next(url, context);
    } });`;
  const entry = join(import.meta.dirname, "../../src/statut.js");
  const env = { ...process.env, ...preload(broken), PORT: "0", DATA_DIR: join(folder, "broken") };
  const child = spawn(process.execPath, [entry, "serve"], { env, stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  child.stderr.on("data", (chunk: Buffer) => {
    told += chunk.toString();
  });
  const [code] = await once(child, "close");
  assert.equal(code, 1);
  assert.match(told, /^error: the office is broken$/m);
});

test("a later start compiles and strips nothing again, in no thread", async () => {
  const file = join(folder, "threads");
  const report = `import { appendFileSync } from "node:fs";
    import { isMainThread, threadName } from "node:worker_threads";
    process.on("exit", () => {
      const strips = process.moduleLoadList.some((name) => name.includes("amaro"));
      appendFileSync(${JSON.stringify(file)}, (isMainThread ? "main" : threadName) + " " + strips + "\\n");
    });`;
  const environment = { ...preload(report), NODE_COMPILE_CACHE: join(folder, "compiled") };
  for (let start = 1; start <= 2; start += 1) {
    await using service = await startService({ demonstration: false, environment });
    await fetch(`${service.origin}/`);
    assert.equal(await service.stop(), 0);
  }
  const lines = (await readFile(file, "utf8")).split("\n");
  for (const thread of ["main", "journal"]) {
    const strips = lines.filter((line) => line.startsWith(`${thread} `));
    assert.deepEqual(strips, [`${thread} true`, `${thread} false`]);
  }
});

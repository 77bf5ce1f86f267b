// The example of the README is a file that runs.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const example = fileURLToPath(new URL("example.ts", import.meta.url));
const readme = new URL("../../src/transcoder/README.md", import.meta.url);

test("the example of the README runs and answers", async () => {
  assert.ok(readFileSync(readme, "utf8").includes(readFileSync(example, "utf8")));
  const server = spawn(process.execPath, [example, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [line] = await once(server.stdout, "data");
    const base = `http://127.0.0.1:${/port: ([0-9]+)/.exec(String(line))?.[1]}/v1/books`;
    assert.deepEqual(await (await fetch(`${base}/walden`)).json(), { name: "walden", title: "Walden" });
    assert.equal((await fetch(`${base}/emma`)).status, 404);
    const made = await fetch(base, {
      method: "POST",
      body: '{"name":"emma"}',
      headers: { "content-type": "application/json" },
    });
    assert.deepEqual(await made.json(), { name: "emma" });
  } finally {
    server.kill();
    await once(server, "exit");
  }
});

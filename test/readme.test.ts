// The README's examples, pasted as they stand: only the port and the data folder are those of the test.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type RunningService, startService } from "./support/service.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = blocksOf(readme);
const commandsOfTable = [...readme.matchAll(/`npm run statut -- ([^`]*)`/g)].map(
  ([, command = ""]) => command,
);

function blocksOf(document: string): string[] {
  return [...document.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = ""]) => block);
}

let service: RunningService;

before(async () => {
  service = await startService();
});
after(() => service[Symbol.asyncDispose]());

/** Runs a block in bash, as a reader would, after the block that sets TOKEN. */
async function paste(block: string): Promise<{ code: number; output: string }> {
  const here = (text: string) =>
    text
      .replaceAll("127.0.0.1:8080", `127.0.0.1:${service.port}`)
      .replaceAll("data/demonstration-", join(service.dataDir, "demonstration-"));
  const address = block.includes("node-grpc-client.ts") ? ` 127.0.0.1:${service.port}` : "";
  const script = `set -eo pipefail\n${here(tokenBlock)}\n${here(block).trimEnd()}${address}\n`;
  const child = spawn("bash", ["-c", script], {
    cwd: root,
    env: { ...process.env, DATA_DIR: service.dataDir },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [code] = (await once(child, "close")) as [number];
  return { code, output };
}

const tokenBlock = blocks.find((block) => block.startsWith("TOKEN=$(")) ?? "";
const calls = blocks.filter((block) => block.includes("127.0.0.1:8080") || block.includes("docs/examples"));
const callsOfDocuments = readdirSync(join(root, "docs"))
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) => blocksOf(readFileSync(join(root, "docs", name), "utf8")))
  .filter((block) => block.includes("127.0.0.1:8080"));

describe("README", () => {
  it("tells how to get the token", () => assert.match(tokenBlock, /data\/demonstration-token/));

  it("has examples", () => assert.ok(calls.length >= 6));

  for (const block of [...calls, ...callsOfDocuments]) {
    it(`answers ${block.split("\n")[0]}`, async () => {
      const { code, output } = await paste(block);
      assert.equal(code, 0, output);
      assert.match(output, /AUTORBB|BECKER|tokenId|"days"|^\{"admissions":\[\{"startDate":"2025-09-01"/);
    });
  }

  it("shows the answer that is given", async () => {
    const [, shown = ""] = /^```json\n(.*?)^```/ms.exec(readme) ?? [];
    const { output } = await paste(calls[0] ?? "");
    assert.deepEqual(JSON.parse(output), JSON.parse(shown));
  });

  it("names only commands that exist, with their options", async () => {
    for (const command of commandsOfTable) {
      const words = command.split(" ");
      const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
      const { code, stdout, stderr } = await service.statut(
        ...words.slice(0, end === -1 ? words.length : end),
        "--help",
      );
      assert.equal(code, 0, `${command}: ${stderr}`);
      // The usage names the command itself, and not one above it.
      const family = words.slice(0, 2).filter((word) => /^[a-z-]+$/.test(word));
      assert.match(stdout, new RegExp(`^Usage: statut ${family.join(" ")}`), command);
      for (const option of words.filter((word) => word.startsWith("--"))) {
        assert.ok(stdout.includes(`${option} `) || stdout.includes(`${option}\n`), `${command}: ${option}`);
      }
    }
  });
});

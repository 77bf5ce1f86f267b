// The README's examples, pasted as they stand: only the port and the data folder are those of the test.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Command } from "commander";
import type { AddCommand, CommandContext } from "../src/cli/command.ts";
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

  for (const command of new Set(commandsOfTable)) {
    it(`names a command that exists, with options that it has and all that it needs: ${command}`, async () => {
      const words = command.split(" ");
      if (words[0] === "--help") return;
      const found = await findCommand(words);
      const given = words.filter((word) => word.startsWith("--"));
      const known = found.options.map(({ long }) => long ?? "");
      for (const option of given) assert.ok(known.includes(option), `it has no ${option}`);
      // Arguments first: what follows an option is its value.
      const firstOption = words.findIndex((word) => word.startsWith("--"));
      const plain = words.slice(0, firstOption === -1 ? words.length : firstOption);
      const depth = namesOf(found).length;
      const required = found.registeredArguments.filter((argument) => argument.required).length;
      assert.ok(plain.length - depth >= required, `${required} arguments are required`);
      const mandatory = found.options.filter((option) => option.mandatory).map(({ long }) => long ?? "");
      assert.deepEqual(
        mandatory.filter((option) => !given.includes(option)),
        [],
      );
    });
  }
});

/** The command that words lead to: the file of the first one adds it, as `src/cli/run-command.ts` would. */
async function findCommand(words: readonly string[]): Promise<Command> {
  const [name = ""] = words;
  const added = (await import(`../src/cli/${name}-command.ts`)) as Record<string, AddCommand>;
  const camel = name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  let found = new Command("statut");
  added[`add${camel}Command`]?.(found, {} as CommandContext);
  for (const word of words) {
    const next = found.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    found = next;
  }
  assert.equal(found.commands.length, 0, `${words.join(" ")} ends at a family of commands`);
  return found;
}

function namesOf(command: Command): string[] {
  return command.parent === null ? [] : [...namesOf(command.parent), command.name()];
}

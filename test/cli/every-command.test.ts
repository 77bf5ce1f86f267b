// What every command of `statut` has, whoever adds the next one: `--json`, an example, and a dry run for what changes
// partners, procedures, tokens and breaches.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Command } from "commander";
import { readSourceFiles } from "../support/source-files.ts";

type Add = (program: Command, context: object) => void;

/** As `run-command.ts` adds them. */
async function readProgram(): Promise<Command> {
  const program = new Command("statut");
  const [{ code } = { code: "" }] = readSourceFiles("src").filter(
    ({ path }) => path === "src/cli/run-command.ts",
  );
  for (const [, file = "", name = ""] of code.matchAll(/import\("\.\/([\w-]+\.ts)"\)\)\.(add\w+)/g)) {
    const added = (await import(`../../src/cli/${file}`)) as Readonly<Record<string, Add>>;
    added[name]?.(program, {});
  }
  return program;
}

interface Leaf {
  readonly name: string;
  readonly options: ReadonlySet<string>;
}

function leavesOf(command: Command, above: readonly string[] = []): Leaf[] {
  const way = [...above, command.name()];
  if (command.commands.length > 0) return command.commands.flatMap((one) => leavesOf(one, way));
  const options = new Set(command.options.map(({ long }) => long ?? ""));
  return [{ name: way.slice(1).join(" "), options }];
}

const leaves = leavesOf(await readProgram());

/** It goes on until it is stopped: its answers are its log, which is JSON. */
const endless = ["serve"];
/** What only reads, and what is undone by its counterpart (`token revoke`). */
const withoutDryRun = /^(?:(?:partner|procedure|token|breach) (?:list|show)|token issue)$/;

suite("every command", () => {
  test("is found", () => {
    assert.ok(leaves.length > 60, `${leaves.length} commands`);
    for (const name of ["token revoke", "breach notice", "partner suspend", "procedure approve"])
      assert.ok(
        leaves.some((leaf) => leaf.name === name),
        name,
      );
  });

  for (const { name, options } of leaves.filter((leaf) => !endless.includes(leaf.name))) {
    test(`${name} can print JSON`, () => assert.ok(options.has("--json")));
  }

  for (const { name, options } of leaves.filter(({ name }) =>
    /^(?:partner|procedure|token|breach) /.test(name),
  )) {
    if (!withoutDryRun.test(name))
      test(`${name} is tried until --apply`, () => assert.ok(options.has("--apply")));
  }
});

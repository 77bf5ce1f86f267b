// `npm test`: every check of the project, each with its name and duration, then the tests. The first argument
// narrows it: `checks` (all but the tests) or `coverage` (the tests alone, and what they reach). It ends with 1 as soon as anything failed, and says what.
import { runSteps, type Step } from "./run-steps.ts";
import { runTestFiles } from "./run-test-files.ts";

/** One stage after the other; within a stage two steps at a time. A stage that fails is the last one. */
const stages: readonly { readonly part: "checks" | "always"; readonly steps: readonly Step[] }[] = [
  {
    part: "always",
    steps: [
      { name: "programs", command: ["node", "test/tools/ensure-programs.ts"] },
      { name: "foreign contracts", command: ["node", "test/tools/vendor-protos.ts"] },
    ],
  },
  {
    part: "checks",
    steps: [
      { name: "types", command: ["tsc", "-p", "."] },
      { name: "generated code", command: ["node", "test/tools/check-generated.ts"] },
      { name: "style", command: ["biome", "check", "."] },
      { name: "contracts: lint", command: ["buf", "lint"] },
      { name: "contracts: format", command: ["buf", "format", "proto", "--diff", "--exit-code"] },
      { name: "contracts: breaking", command: ["node", "test/tools/check-breaking.ts"] },
      { name: "dead code", command: ["node", "test/tools/run-knip.ts"] },
      { name: "duplicate code", command: ["jscpd", "src"] },
      { name: "generated documents", command: ["node", "test/tools/write-docs.ts", "--check"] },
    ],
  },
];

const part = process.argv[2];
if (part !== undefined && part !== "checks" && part !== "coverage") {
  process.stderr.write("usage: run-tests.ts [checks|coverage]\n");
  process.exit(2);
}

process.exitCode = await run();

async function run(): Promise<number> {
  for (const stage of stages) {
    if (part === "coverage" && stage.part === "checks") continue;
    const failed = await runSteps(stage.steps);
    if (failed.length > 0) {
      process.stdout.write(`\nfailed: ${failed.join(", ")}\n`);
      return 1;
    }
  }
  return part === "checks" ? 0 : await runTestFiles({ coverage: part === "coverage" });
}

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { Command } from "commander";
import {
  defaultGeneratorOptions,
  generateInstitutions,
  generateStudentLines,
} from "../referential/generate-referential.ts";
import type { CommandContext } from "./command.ts";
import { readWholeNumber } from "./option-readers.ts";

interface GenerateOptions {
  readonly students: number;
  readonly institutionCount: number;
  readonly seed: number;
  readonly year: number;
  readonly out: string;
  readonly institutions?: string;
  readonly json?: true;
}

const { seed, latestYear } = defaultGeneratorOptions;

/** `statut generate` */
export function addGenerateCommand(program: Command, context: CommandContext): void {
  program
    .command("generate")
    .description("Writes a fictitious referential, for tests and benchmarks. Equal options give equal files.")
    .requiredOption("--students <number>", "students to write, as newline-delimited JSON", readWholeNumber)
    .option("--institution-count <number>", "institutions that they attend", readWholeNumber, 4000)
    .option("--seed <number>", "another seed gives other people", readWholeNumber, seed)
    .option("--year <year>", "year in which the latest academic year starts", readWholeNumber, latestYear)
    .option("--out <file>", "where the students go; - is standard output", "-")
    .option("--institutions <file>", "where the institutions go, which must be imported first")
    .option("--json", "print one JSON document when done; needs --out FILE")
    .addHelpText(
      "after",
      `
Example:
  statut generate --students 100000 --institutions institutions.ndjson --out students.ndjson
  statut import institutions institutions.ndjson && statut import students students.ndjson`,
    )
    .action((options: GenerateOptions, command: Command) => runGenerate(options, command, context));
}

async function runGenerate(
  options: GenerateOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const toStandardOutput = options.out === "-";
  if (options.json && toStandardOutput) command.error("error: --json needs --out FILE");
  if (options.institutionCount < 1 || options.institutionCount > maxInstitutions) {
    command.error(`error: --institution-count must be 1 to ${maxInstitutions}`);
  }
  if (options.year < minYear || options.year > maxYear) {
    command.error(`error: --year must be ${minYear} to ${maxYear}`);
  }
  const generator = { seed: options.seed, latestYear: options.year };
  const institutions = generateInstitutions(options.institutionCount, generator);
  if (options.institutions !== undefined) {
    const lines = institutions.map((institution) => `${JSON.stringify(institution)}\n`);
    await writeChunks(createWriteStream(options.institutions), lines);
  }
  const chunks = generateStudentLines(options.students, institutions, generator);
  await writeChunks(toStandardOutput ? context.stdout : createWriteStream(options.out), chunks);
  if (options.json) {
    const counts = { students: options.students, institutions: options.institutionCount, ...generator };
    context.stdout.write(`${JSON.stringify(counts)}\n`);
  }
}

const maxInstitutions = 180_000;
const minYear = 1950;
const maxYear = 2100;

async function writeChunks(
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
  chunks: Iterable<string> | AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const chunk of chunks) if (!stream.write(chunk)) await once(stream, "drain");
  // Standard output stays open.
  if (stream === process.stdout) return;
  stream.end();
  await finished(stream);
}

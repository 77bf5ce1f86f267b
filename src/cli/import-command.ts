import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type Command, Option } from "commander";
import {
  type ImportCounts,
  type ImportFormat,
  type ImportKind,
  importReferential,
} from "../referential/import-referential.ts";
import { locateDatabase, openDatabase } from "../storage/database.ts";
import { migrate } from "../storage/migrate.ts";
import { type CommandContext, exitCode } from "./command.ts";
import { createImportProgress } from "./import-progress.ts";
import { RejectFile } from "./reject-file.ts";

interface ImportCommandOptions {
  readonly format?: ImportFormat;
  readonly rejects?: string;
  readonly resume?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

const standardInput = "-";
const readBytesAtOnce = 1 << 20;

/** `statut import institutions|students` */
export function addImportCommand(program: Command, context: CommandContext): void {
  const family = program
    .command("import")
    .description("Imports the referential: institutions, then students.");
  for (const kind of ["institutions", "students"] as const) {
    family
      .command(kind)
      .description(
        `Imports ${kind} from newline-delimited JSON or CSV, plain or gzip. The same file twice changes nothing.`,
      )
      .argument("<file>", "the file, or - for standard input")
      .addOption(
        new Option("--format <format>", "told by the file's name; ndjson on standard input").choices([
          "ndjson",
          "csv",
        ]),
      )
      .option("--rejects <file>", "where refused lines are listed; FILE.rejects.ndjson in the current folder")
      .option("--resume", "go on where the import of this file was interrupted")
      .option("--dry-run", "check every line and write nothing")
      .option("--json", "print one JSON document")
      .addHelpText(
        "after",
        `
Refused lines are listed with line number, field and reason; the rest is imported (exit code ${exitCode.refusals}).
Files are described in docs/referential.md.

Examples:
  statut import ${kind} ${kind}.ndjson
  zcat ${kind}.csv.gz | statut import ${kind} - --format csv`,
      )
      .action((file: string, options: ImportCommandOptions, command: Command) => {
        const format = options.format ?? detectFormat(file);
        if (format === undefined) {
          return command.error(
            "error: the file's name does not tell its format: give --format ndjson or csv",
          );
        }
        return runImport(kind, file, { ...options, format }, context);
      });
  }
}

async function runImport(
  kind: ImportKind,
  file: string,
  options: ImportCommandOptions & { readonly format: ImportFormat },
  context: CommandContext,
): Promise<void> {
  const totalBytes = file === standardInput ? undefined : (await stat(file)).size;
  const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = context.config();
  const rejects = new RejectFile(
    options.rejects ?? `${nameOf(kind, file)}.rejects.ndjson`,
    file === standardInput ? undefined : file,
  );
  const { clock, stderr } = context;
  const progress = createImportProgress({ stream: stderr, clock, label: kind, totalBytes });
  const startedAt = clock.monotonic();
  let readBytes = 0;
  let resumed = false;
  const database = openDatabase(locateDatabase({ dataDir, databaseUrl }, "main"));
  try {
    await migrate(database.knex, "main");
    const counts = await importReferential({
      database,
      clock,
      kind,
      format: options.format,
      source: counted(openSource(file, context), (bytes) => {
        readBytes += bytes;
      }),
      resume: options.resume === true,
      dryRun: options.dryRun === true,
      onProblems: (problems) => rejects.write(problems),
      onProgress: (current, resuming) => {
        resumed ||= resuming;
        progress.report(current, readBytes, resuming);
      },
    });
    rejects.settle();
    progress.end();
    const seconds = (clock.monotonic() - startedAt) / 1000;
    if (counts.refused > 0) context.setExitCode(exitCode.refusals);
    report(
      { kind, counts, seconds, rejects: rejects.exists ? rejects.path : null, resumed, options },
      context,
    );
  } catch (error) {
    progress.end();
    throw error;
  } finally {
    rejects.close();
    await database.close();
  }
}

function detectFormat(file: string): ImportFormat | undefined {
  if (file === standardInput) return "ndjson";
  const name = file.toLowerCase().replace(/\.gz$/, "");
  if (name.endsWith(".csv")) return "csv";
  if (/\.(ndjson|jsonl|json)$/.test(name)) return "ndjson";
  return undefined;
}

function nameOf(kind: ImportKind, file: string): string {
  return file === standardInput ? kind : basename(file);
}

function openSource(file: string, context: CommandContext): AsyncIterable<Uint8Array> {
  if (file === standardInput) return context.stdin;
  return createReadStream(file, { highWaterMark: readBytesAtOnce });
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    count(chunk.length);
    yield chunk;
  }
}

interface ImportReport {
  readonly kind: ImportKind;
  readonly counts: ImportCounts;
  readonly seconds: number;
  readonly rejects: string | null;
  readonly resumed: boolean;
  readonly options: ImportCommandOptions;
}

function report({ kind, counts, seconds, rejects, resumed, options }: ImportReport, context: CommandContext) {
  const dryRun = options.dryRun === true;
  if (options.json) {
    context.stdout.write(`${JSON.stringify({ kind, dryRun, resumed, ...counts, seconds, rejects })}\n`);
    return;
  }
  const number = (value: number) => value.toLocaleString("en");
  const rate = number(Math.round((counts.accepted + counts.refused) / Math.max(seconds, 0.001)));
  const written = dryRun
    ? `${number(counts.accepted)} right, nothing written (dry run)`
    : `${number(counts.inserted)} inserted, ${number(counts.updated)} updated, ${number(counts.unchanged)} unchanged`;
  context.stdout.write(`${kind}: ${written}, ${number(counts.refused)} refused\n`);
  context.stderr.write(`${seconds.toFixed(1)} s, ${rate} records/s\n`);
  if (options.resume && !resumed)
    context.stderr.write("There was nothing to resume: the whole file was read.\n");
  if (rejects !== null) context.stderr.write(`Refused lines: ${rejects}\n`);
}

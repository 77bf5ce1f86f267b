// The command line of `npm run bench`.
import { cpus } from "node:os";
import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Names of the rows to run; empty: all. */
  readonly rows: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly students: number;
  /** The full sizes of the issue for the rows that have smaller ones by default. */
  readonly large: boolean;
  readonly profile: string | undefined;
  readonly json: string | undefined;
  /** Exit code 0 whatever the table says. */
  readonly noFail: boolean;
}

const usage = `Usage: npm run bench -- [options]

  --rows NAME,…    these rows only; "list" prints their names
  --rounds N       interleaved rounds of each row (5)
  --seconds S      length of a round, whole seconds (3)
  --students N     students of the dataset (1000000)
  --large          3,000,000 students, a journal of 5,000,000 lines, memory after 1,000,000 calls
  --profile DIR    write a CPU profile of every server there
  --json FILE      write all figures there
  --no-fail        exit code 0 even when a goal is missed
`;

/** Reads the arguments; undefined when help was asked for and printed. Throws on wrong ones. */
export function readOptions(arguments_: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...arguments_],
    options: {
      rows: { type: "string", default: "" },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
      students: { type: "string", default: "1000000" },
      large: { type: "boolean", default: false },
      profile: { type: "string" },
      json: { type: "string" },
      "no-fail": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return undefined;
  }
  return {
    rows: values.rows.split(",").filter((name) => name !== ""),
    rounds: wholeNumber("rounds", values.rounds, 1),
    seconds: wholeNumber("seconds", values.seconds, 1),
    students: wholeNumber("students", values.students, 10_000),
    large: values.large,
    profile: values.profile,
    json: values.json,
    noFail: values["no-fail"],
  };
}

function wholeNumber(name: string, text: string, minimum: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < minimum) {
    throw new Error(`--${name} must be a whole number from ${minimum}`);
  }
  return number;
}

export interface Cores {
  /** Of every server that is compared. */
  readonly server: string;
  /** Of the load generators and of this program. */
  readonly load: string;
  /** Of a second process of the service. */
  readonly second: string;
  /** Of PostgreSQL and Redis. */
  readonly stores: string;
  readonly all: string;
  readonly count: number;
}

/** Which core serves what: with two cores the generators, the stores and a second process share core 1. */
export function assignCores(): Cores {
  const count = cpus().length;
  if (count < 2) throw new Error("the bench needs two cores: one for the servers, one for the load");
  return {
    server: "0",
    load: "1",
    second: count > 2 ? "2" : "1",
    stores: count > 3 ? "3" : "1",
    all: `0-${count - 1}`,
    count,
  };
}

// Fictitious students, made and imported once by the operator's own commands, and kept for the next run.
import { createHash, randomUUID } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allScopes } from "../../src/access/scopes.ts";
import { run } from "./processes.ts";

export interface IssuedToken {
  readonly token: string;
  readonly tokenId: string;
}

export interface Dataset {
  readonly folder: string;
  readonly students: number;
  /** The main database. */
  readonly file: string;
  readonly institutionLines: string;
  readonly studentLines: string;
  /** A token without any limit to speak of. */
  readonly token: IssuedToken;
}

const root = join(import.meta.dirname, "../..");
/** Ignored by git. */
export const cacheFolder = join(root, "data/bench");
export const mainFile = "statut.db";
const statut = join(root, "src/statut.js");
export const partnerSiret = "13002526500013";
const limitMs = 1_200_000;
const renewedAfterMs = 180 * 86_400_000;

/** What makes other data when it changes: the schemas, the generator, the rules of the import, the journal's lines. */
const sources = {
  students: [
    "db/migrations/main/*.ts",
    "src/referential/*-record.ts",
    "src/referential/gener*.ts",
    "src/referential/seeded-random.ts",
    "src/identity/identity-key.ts",
    "src/access/{access-storage,token-secret,scopes}.ts",
  ],
  journal: ["db/migrations/journal/*.ts", "src/journal/{line-encoding,chain,seal,journal-keys}.ts"],
};

function fingerprint(kind: keyof typeof sources): string {
  const hash = createHash("sha256");
  for (const pattern of sources[kind]) {
    for (const file of globSync(pattern, { cwd: root }).sort()) hash.update(readFileSync(join(root, file)));
  }
  return hash.digest("hex").slice(0, 12);
}

/** Runs an operator's command on all cores. */
export function runStatut(arguments_: readonly string[], env: Record<string, string>, cores: string) {
  return run(process.execPath, ["--disable-warning=ExperimentalWarning", statut, ...arguments_], {
    cores,
    env: { ...process.env, ...env },
    limitMs,
  });
}

/** A folder of the cache, filled by `build` when it is missing; folders of the same name from older sources go. */
export async function cached(
  name: string,
  build: (folder: string) => Promise<void>,
  kind: keyof typeof sources = "students",
): Promise<string> {
  const folder = join(cacheFolder, `${name}-${fingerprint(kind)}`);
  const isFresh = existsSync(folder) && ageMs(folder) < renewedAfterMs;
  if (isFresh) return folder;
  mkdirSync(cacheFolder, { recursive: true });
  for (const old of globSync(`${name}-????????????`, { cwd: cacheFolder })) {
    rmSync(join(cacheFolder, old), { recursive: true, force: true });
  }
  const unfinished = join(cacheFolder, `unfinished-${randomUUID()}`);
  mkdirSync(unfinished);
  try {
    await build(unfinished);
    writeFileSync(join(unfinished, "made-at"), String(Date.now()));
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

function ageMs(folder: string): number {
  return Date.now() - Number(readFileSync(join(folder, "made-at"), "utf8"));
}

/** The dataset with this many generated students. */
export async function prepareDataset(students: number, cores: string): Promise<Dataset> {
  return await prepareStudents(`students-${students}`, students, cores, async (institutions, lines) => {
    const counts = ["--students", String(students)];
    await runStatut(["generate", ...counts, "--institutions", institutions, "--out", lines], {}, cores);
  });
}

/** A dataset whose files `write` makes. */
export async function prepareStudents(
  name: string,
  students: number,
  cores: string,
  write: (institutionLines: string, studentLines: string) => Promise<void>,
): Promise<Dataset> {
  const folder = await cached(name, async (unfinished) => {
    const [institutions, lines] = [
      join(unfinished, "institutions.ndjson"),
      join(unfinished, "students.ndjson"),
    ];
    await write(institutions, lines);
    const env = { DATA_DIR: unfinished };
    await runStatut(["import", "institutions", institutions], env, cores);
    await runStatut(["import", "students", lines], env, cores);
    const tokens = { token: await issue(env, cores, 1_000_000) };
    writeFileSync(join(unfinished, "tokens.json"), JSON.stringify(tokens));
  });
  return {
    folder,
    students,
    file: join(folder, mainFile),
    institutionLines: join(folder, "institutions.ndjson"),
    studentLines: join(folder, "students.ndjson"),
    ...(JSON.parse(readFileSync(join(folder, "tokens.json"), "utf8")) as Pick<Dataset, "token">),
  };
}

/** Issues a token with all scopes, as an operator does. */
export async function issue(env: Record<string, string>, cores: string, rate: number): Promise<IssuedToken> {
  const partner = ["--partner-siret", partnerSiret, "--partner-name", "Partenaire d'essai"];
  const rest = ["--procedure", `Essai ${rate}`, "--scopes", [...allScopes].join(","), "--rate", String(rate)];
  return JSON.parse(
    await runStatut(["token", "issue", ...partner, ...rest, "--json"], env, cores),
  ) as IssuedToken;
}

// Datasets that differ from the generated ones in one thing: tokens, admissions, or lines of the journal.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { raiseVersion } from "../../src/access/access-storage.ts";
import { allScopes } from "../../src/access/scopes.ts";
import { terminalActor } from "../../src/audit/actor.ts";
import { createLedger } from "../../src/audit/ledger.ts";
import { issueAtTerminal } from "../../src/cli/issue-at-terminal.ts";
import { systemClock } from "../../src/clock.ts";
import {
  type GeneratedStudent,
  generateInstitutions,
  generateStudents,
} from "../../src/referential/generate-referential.ts";
import { openDatabase } from "../../src/storage/database.ts";
import {
  cached,
  type Dataset,
  type IssuedToken,
  mainFile,
  partnerSiret,
  prepareStudents,
} from "./datasets.ts";

const manyTokens = 10_000;
const procedures = 100;

/** The same students, and ten thousand tokens of a hundred procedures. */
export async function prepareManyTokens(base: Dataset): Promise<{ dataset: Dataset; tokens: IssuedToken[] }> {
  const folder = await cached("tokens", async (unfinished) => {
    const file = join(unfinished, mainFile);
    copyFileSync(base.file, file);
    writeFileSync(join(unfinished, "many-tokens.json"), JSON.stringify(await issueMany(file)));
  });
  const tokens = JSON.parse(readFileSync(join(folder, "many-tokens.json"), "utf8")) as IssuedToken[];
  return { dataset: { ...base, folder, file: join(folder, mainFile) }, tokens };
}

async function issueMany(file: string): Promise<IssuedToken[]> {
  const database = openDatabase({ file });
  try {
    // Nothing would be lost with the power: the folder counts once it is complete.
    await database.knex.raw("pragma synchronous = off");
    const ledger = createLedger({ database, clock: systemClock, raiseVersion });
    const issued: IssuedToken[] = [];
    for (let index = 0; index < manyTokens; index += 1) {
      const { secret, tokenId } = await issueAtTerminal(ledger, terminalActor(), {
        partnerSiret,
        partnerName: "Partenaire d'essai",
        procedureName: `Démarche ${index % procedures}`,
        scopes: [...allScopes],
        networks: [],
        expiresInDays: undefined,
        callsPerSecond: undefined,
        validFrom: undefined,
      });
      issued.push({ token: secret, tokenId });
    }
    return issued;
  } finally {
    await database.close();
  }
}

const admittedStudents = 10_000;
const admissionCounts = [2, 20] as const;

/** Students of whom every second one has 2 admissions, and the others 20. */
export async function prepareManyAdmissions(
  cores: string,
): Promise<{ dataset: Dataset; few: string[]; many: string[] }> {
  const dataset = await prepareStudents(
    "admissions",
    admittedStudents,
    cores,
    async (institutionFile, studentFile) => {
      const institutions = generateInstitutions(4000);
      const students = generateStudents(institutions);
      const lines = Array.from({ length: admittedStudents }, (_, index) => {
        const count = admissionCounts[index % 2] as number;
        return withAdmissions(
          students.next().value,
          count,
          institutions[index % institutions.length]?.uai ?? "",
        );
      });
      writeFileSync(institutionFile, lineText(institutions));
      writeFileSync(studentFile, lineText(lines));
    },
  );
  const lines = readFileSync(dataset.studentLines, "utf8").trimEnd().split("\n");
  const ines = lines.map((line) => (JSON.parse(line) as GeneratedStudent).ine);
  return {
    dataset,
    few: ines.filter((_, index) => index % 2 === 0),
    many: ines.filter((_, index) => index % 2 === 1),
  };
}

function lineText(records: readonly object[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

function withAdmissions(student: GeneratedStudent, count: number, uai: string): GeneratedStudent {
  const admissions = Array.from({ length: count }, (_, index) => ({
    startDate: `${2026 - index}-09-01`,
    endDate: `${2027 - index}-08-31`,
    registered: true,
    regime: "RF1",
    communeCog: "75056",
    uai,
  }));
  return { ...student, admissions };
}

// What a team would write by hand: a token check and prepared statements, no guard, no journal.
import { createHash, timingSafeEqual } from "node:crypto";

export interface StudentRow {
  ine: string;
  birth_name: string;
  given_names: string;
  birth_date: string;
  admissions: string;
}

export const studentSql =
  "select ine, birth_name, given_names, birth_date, admissions from students where ine = ";

/** Whether the header carries the token whose hash is known. */
export function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = createHash("sha256").update(token).digest();
  return (authorization) => {
    if (authorization === undefined || !authorization.startsWith("Bearer ")) return false;
    const given = createHash("sha256").update(authorization.slice(7)).digest();
    return timingSafeEqual(given, expected);
  };
}

export interface Institutions {
  get(uai: string): string | undefined;
}

const labels: Record<number, string> = {
  1: "formation initiale",
  2: "formation initiale hors apprentissage",
  3: "reprise d'études non financée sans convention",
  4: "contrat d'apprentissage",
  5: "formation continue",
  6: "formation continue hors contrat professionnel",
  7: "contrat de professionnalisation",
};

type Stored = [string, string, 0 | 1, number, string, string];

/** The answer that the service gives for the same row. */
export function answerOf(row: StudentRow, institutions: Institutions) {
  const admissions = (JSON.parse(row.admissions) as Stored[]).map(
    ([startDate, endDate, registered, regime, communeCog, uai]) => ({
      startDate,
      endDate,
      registered: registered === 1,
      regime: { code: `RF${regime}`, label: labels[regime] ?? "" },
      communeCog,
      institution: { uai, name: institutions.get(uai) ?? "" },
    }),
  );
  return {
    student: {
      identity: {
        birthName: row.birth_name,
        givenNames: JSON.parse(row.given_names) as string[],
        birthDate: row.birth_date,
      },
      admissions,
    },
  };
}

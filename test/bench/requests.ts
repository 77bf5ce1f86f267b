// Requests for students who are in a dataset, and who are found.
import { create, toBinary } from "@bufbuild/protobuf";
import Sqlite from "better-sqlite3";
import { LookupByIneRequestSchema } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { type Dataset, partnerSiret } from "./datasets.ts";
import type { HttpRequest } from "./loads.ts";

/** Enough that caches of the processor and of the database see many rows, few enough to prepare. */
export const manyStudents = 20_000;
const manyIdentities = 5000;

/** INEs evenly spread over the table, in an order of no meaning. */
export function sampleInes(dataset: Dataset, count = manyStudents): string[] {
  return sample<{ ine: string }>(dataset, "ine", count).map(({ ine }) => ine);
}

function sample<Row>({ file, students }: Dataset, columns: string, count: number): Row[] {
  const database = new Sqlite(file, { readonly: true });
  try {
    const statement = database.prepare<[number], Row>(`select ${columns} from students where rowid = ?`);
    const taken = Math.min(count, students);
    const found: Row[] = [];
    // A large step that shares no factor with the count visits every place once.
    for (let index = 0; index < taken; index += 1) {
      const place = Math.floor(((index * 7919) % taken) * (students / taken));
      const row = statement.get(1 + place);
      if (row !== undefined) found.push(row);
    }
    return found;
  } finally {
    database.close();
  }
}

export const getByIne = (ine: string, token: string): HttpRequest => ({
  method: "GET",
  path: `/v1/students/${ine}?recipient=${partnerSiret}`,
  body: "",
  token,
});

export const postByIne = (ine: string, token: string): HttpRequest => ({
  method: "POST",
  path: "/v1/students:lookupByIne",
  body: JSON.stringify({ ine, recipient: partnerSiret }),
  token,
});

export const connectByIne = (ine: string, token: string): HttpRequest => ({
  ...postByIne(ine, token),
  path: `/${grpcPath}`,
});

export const grpcPath = "statutetudiant.lookup.v1.LookupService/LookupByIne";

export function messageByIne(ine: string): Uint8Array {
  return toBinary(
    LookupByIneRequestSchema,
    create(LookupByIneRequestSchema, { ine, recipient: partnerSiret }),
  );
}

interface IdentityRow {
  readonly birth_name: string;
  readonly given_names: string;
  readonly birth_date: string;
  readonly sex: string | null;
  readonly birthplace_cog: string | null;
  readonly birth_name_key: string;
}

/** Searches by civil identity which find one person: homonyms of one day, and unknown sexes, are left out. */
export function postByIdentity(dataset: Dataset, token: string): HttpRequest[] {
  const columns = "birth_name, given_names, birth_date, sex, birthplace_cog, birth_name_key";
  const database = new Sqlite(dataset.file, { readonly: true });
  const others = database
    .prepare<[string, string], number>(
      "select count(*) from students where birth_name_key = ? and birth_date = ?",
    )
    .pluck();
  try {
    return sample<IdentityRow>(dataset, columns, manyIdentities)
      .filter(({ sex, birth_date }) => sex !== null && !birth_date.includes("-00"))
      .filter((row) => others.get(row.birth_name_key, row.birth_date) === 1)
      .map((row) => ({
        method: "POST",
        path: "/v1/students:lookupByIdentity",
        body: identityBody(row),
        token,
      }));
  } finally {
    database.close();
  }
}

function identityBody(row: IdentityRow): string {
  return JSON.stringify({
    birthName: row.birth_name,
    givenNames: JSON.parse(row.given_names),
    birthDate: row.birth_date,
    sex: row.sex === "F" ? "SEX_FEMALE" : "SEX_MALE",
    birthplaceCog: row.birthplace_cog ?? undefined,
    recipient: partnerSiret,
  });
}

// For every subset of the scopes of a version, an answer holds what the reference grants and nothing more.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { bearer, impurities, openPublicPort, type PublicPort, recipient, subsetsOf } from "./public-port.ts";

const scopesOfVersion3 = [
  "mesri_identite",
  "mesri_admissions",
  "mesri_admission_inscrit",
  "mesri_admission_regime_formation",
  "mesri_admission_commune_etudes",
  "mesri_admission_etablissement_etudes",
];
const scopesOfVersion2 = [
  "mesri_identifiant",
  "mesri_identite",
  "mesri_inscription_etudiant",
  "mesri_inscription_autre",
  "mesri_admission",
  "mesri_etablissements",
];

/** Registered in formation initiale, registered in formation continue, admitted only. */
const students = ["917579666FK", "978860781AO", "951242368CR"] as const;

interface Version3Body {
  data: { identite: object; admissions: Record<string, unknown>[] };
  links: object;
  meta: object;
}

interface Version2Body extends Record<string, unknown> {
  inscriptions: Record<string, unknown>[];
}

const version3 = (ine: string) => `/v3/mesri/statut_etudiant/ine?ine=${ine}&recipient=${recipient}`;
const version2 = (ine: string) => `/api/v2/etudiants?ine=${ine}`;

suite("masks", () => {
  let port: PublicPort;
  const tokens = new Map<string, string>();
  const whole3 = new Map<string, Version3Body>();
  const whole2 = new Map<string, Version2Body>();

  before(async () => {
    port = await openPublicPort();
    const sets = [...subsetsOf(scopesOfVersion3), ...subsetsOf(scopesOfVersion2)];
    for (const scopes of sets) tokens.set(nameOf(scopes), (await port.issue({ scopes })).secret);
    for (const ine of students) {
      whole3.set(ine, (await port.call(version3(ine))).body as Version3Body);
      whole2.set(ine, (await port.call(version2(ine))).body as Version2Body);
    }
    await port.settle();
  });
  after(() => port[Symbol.asyncDispose]());

  test("the whole answers hold every field", () => {
    for (const ine of students) {
      const { data, links, meta } = whole3.get(ine) as Version3Body;
      assert.deepEqual(Object.keys(data.identite), ["nom_naissance", "prenom", "date_naissance"]);
      assert.deepEqual(Object.keys(data.admissions[0] ?? {}), [
        "date_debut",
        "date_fin",
        "est_inscrit",
        "regime_formation",
        "code_cog_insee_commune",
        "etablissement_etudes",
      ]);
      assert.deepEqual([links, meta], [{}, {}]);
      const { inscriptions, ...identity } = whole2.get(ine) as Version2Body;
      assert.deepEqual(Object.keys(identity), ["ine", "nom", "prenom", "dateNaissance"]);
      assert.deepEqual(Object.keys(inscriptions[0] ?? {}), [
        "dateDebutInscription",
        "dateFinInscription",
        "statut",
        "regime",
        "codeCommune",
        "etablissement",
      ]);
    }
    const rows = students.map((ine) => {
      const { statut, regime } = whole2.get(ine)?.inscriptions[0] ?? {};
      return [statut, regime];
    });
    assert.deepEqual(rows, [
      ["inscrit", "formation initiale"],
      ["inscrit", "formation continue"],
      ["admis", "formation continue"],
    ]);
  });

  for (const scopes of subsetsOf(scopesOfVersion3)) {
    test(`version 3: ${nameOf(scopes)}`, async () => {
      for (const ine of students) {
        const answer = await port.call(version3(ine), { headers: bearer(tokens.get(nameOf(scopes)) ?? "") });
        const expected = expectVersion3(whole3.get(ine) as Version3Body, new Set(scopes));
        assert.equal(answer.status, expected === undefined ? 403 : 200);
        if (expected !== undefined) assert.deepEqual(answer.body, expected);
        else assert.match(answer.text, /"00100"/);
        assert.deepEqual(expected === undefined ? [] : impurities(answer.body), []);
      }
    });
  }

  for (const scopes of subsetsOf(scopesOfVersion2)) {
    test(`version 2: ${nameOf(scopes)}`, async () => {
      for (const ine of students) {
        const headers = { "X-API-Key": tokens.get(nameOf(scopes)) ?? "" };
        const answer = await port.call(version2(ine), { headers });
        const expected = expectVersion2(whole2.get(ine) as Version2Body, new Set(scopes));
        assert.equal(answer.status, expected === undefined ? 403 : 200);
        if (expected !== undefined) assert.deepEqual(answer.body, expected);
        assert.deepEqual(impurities(answer.body), []);
      }
    });
  }

  test("each version reads its own generation of scopes", async () => {
    const only3 = bearer(tokens.get(nameOf(scopesOfVersion3)) ?? "");
    const only2 = bearer(tokens.get(nameOf(scopesOfVersion2)) ?? "");
    const [ine] = students;
    const { data } = whole3.get(ine) as Version3Body;
    assert.deepEqual((await port.call(version3(ine), { headers: only2 })).body, {
      data: { identite: data.identite },
      links: {},
      meta: {},
    });
    const { ine: _ine, inscriptions: _inscriptions, ...identity } = whole2.get(ine) as Version2Body;
    assert.deepEqual((await port.call(version2(ine), { headers: only3 })).body, {
      ...identity,
      inscriptions: [],
    });
    for (const target of [version3(ine), version2(ine)]) {
      const generation = target.startsWith("/v3") ? ["mesri_admission"] : ["mesri_admissions"];
      const headers = bearer(tokens.get(nameOf(generation)) ?? "");
      assert.equal((await port.call(target, { headers })).status, 403);
    }
  });
});

function nameOf(scopes: readonly string[]): string {
  return [...scopes].join(" ");
}

/** The scope table of version 3, as the reference words it. */
function expectVersion3(whole: Version3Body, scopes: ReadonlySet<string>): object | undefined {
  const unmaskedBy: Record<string, string> = {
    date_debut: "mesri_admissions",
    date_fin: "mesri_admissions",
    est_inscrit: "mesri_admission_inscrit",
    regime_formation: "mesri_admission_regime_formation",
    code_cog_insee_commune: "mesri_admission_commune_etudes",
    etablissement_etudes: "mesri_admission_etablissement_etudes",
  };
  const data: Record<string, unknown> = {};
  if (scopes.has("mesri_identite")) data["identite"] = whole.data.identite;
  if (scopes.has("mesri_admissions")) {
    data["admissions"] = whole.data.admissions.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([key]) => scopes.has(unmaskedBy[key] ?? ""))),
    );
  }
  return Object.keys(data).length === 0 ? undefined : { data, links: {}, meta: {} };
}

/** The scopes of version 2: two show fields of the student, three choose rows, one adds to rows. */
function expectVersion2(whole: Version2Body, scopes: ReadonlySet<string>): object | undefined {
  const { ine, inscriptions, ...identity } = whole;
  if ([...scopes].every((scope) => scope === "mesri_etablissements")) return undefined;
  const rows = inscriptions.filter(({ statut, regime }) => {
    if (statut === "admis") return scopes.has("mesri_admission");
    const isInitial = regime === "formation initiale";
    return scopes.has(isInitial ? "mesri_inscription_etudiant" : "mesri_inscription_autre");
  });
  return {
    ...(scopes.has("mesri_identifiant") && { ine }),
    ...(scopes.has("mesri_identite") && identity),
    inscriptions: rows.map(({ etablissement, ...row }) =>
      scopes.has("mesri_etablissements") ? { ...row, etablissement } : row,
    ),
  };
}

// Version 2, sentence by sentence of the public contract.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { bearer, impurities, openPublicPort, type PublicPort, recipient } from "./public-port.ts";

const students = "/api/v2/etudiants";
const lance = { nom: "AUTORBB", prenom: "LANCE", dateDeNaissance: "2005-02-05", sexe: "m" };
const answer = {
  ine: "951242368CR",
  nom: "AUTORBB",
  prenom: "LANCE",
  dateNaissance: "2005-02-05",
  inscriptions: [
    {
      dateDebutInscription: "2025-09-01",
      dateFinInscription: "2026-12-31",
      statut: "admis",
      regime: "formation continue",
      codeCommune: "75009",
      etablissement: { uai: "0331023W", nom: "Université Paris Saclay" },
    },
  ],
};

interface Version2Body {
  inscriptions: { regime: string }[];
}

interface Version3Body {
  data: { admissions: { regime_formation: { code: string } }[] };
}

suite("version 2", () => {
  let port: PublicPort;
  before(async () => {
    port = await openPublicPort();
  });
  after(() => port[Symbol.asyncDispose]());

  const get = (parameters: Record<string, string>) =>
    port.call(`${students}?${new URLSearchParams(parameters)}`);

  test("takes the token in X-API-Key, in any case, and as a bearer", async () => {
    const { token } = port.service;
    for (const headers of [
      { "X-API-Key": token },
      { "x-api-key": token },
      { "X-Api-Key": token },
      bearer(token),
    ]) {
      const { status, body } = await port.call(`${students}?ine=951242368CR`, { headers });
      assert.equal(status, 200);
      assert.deepEqual(body, answer);
    }
  });

  test("RateLimit-Reset is an instant, as clients of the public service read it", async () => {
    const sentAt = Date.now();
    const { headers } = await get({ ine: "951242368CR" });
    const endsAt = Number(headers.get("ratelimit-reset")) * 1000;
    assert.ok(endsAt > sentAt && endsAt <= Date.now() + 2000, `${endsAt} for a call of ${sentAt}`);
  });

  test("answers by civil identity, birthplace or not", async () => {
    for (const more of [
      {},
      { lieuDeNaissance: "99138" },
      { lieuDeNaissance: "99100" },
      { lieuDeNaissance: "" },
      { recipient: "13002526500013" },
      { context: "x" },
    ]) {
      const { status, body } = await get({ ...lance, ...(more as Record<string, string>) });
      assert.equal(status, 200, JSON.stringify(more));
      assert.deepEqual(body, answer);
    }
    assert.equal((await get({ ...lance, lieuDeNaissance: "75109" })).status, 404);
  });

  test("inscriptions is there for a student without any", async () => {
    const { status, body } = await get({ ine: "020000009QR" });
    assert.equal(status, 200);
    assert.deepEqual((body as { inscriptions: unknown }).inscriptions, []);
  });

  test("RF1 to RF4 read formation initiale, RF5 to RF7 formation continue", async () => {
    const regimes = new Map<string, string>();
    const ines = ["917579666FK", "978860781AO", "020000003CD", "020000005GH", "020000007LM", "020000010ST"];
    for (const ine of [...ines, "020000011UV"]) {
      const { body } = await get({ ine });
      assert.deepEqual(impurities(body), []);
      const version3 = await port.call(`/v3/mesri/statut_etudiant/ine?ine=${ine}&recipient=${recipient}`);
      const codes = (version3.body as Version3Body).data.admissions.map((row) => row.regime_formation.code);
      for (const [index, { regime }] of (body as Version2Body).inscriptions.entries()) {
        regimes.set(`${codes[index]} ${regime}`, ine);
      }
    }
    assert.deepEqual([...regimes.keys()].sort(), [
      "RF1 formation initiale",
      "RF2 formation initiale",
      "RF3 formation initiale",
      "RF4 formation initiale",
      "RF5 formation continue",
      "RF6 formation continue",
      "RF7 formation continue",
    ]);
  });

  test("a birth date that is not wholly known is absent: dates are dates", async () => {
    const { body } = await get({ ine: "020000005GH" });
    assert.deepEqual(Object.keys(body as object), ["ine", "nom", "prenom", "inscriptions"]);
    const found = await get({
      nom: "Haidari",
      prenom: "Farid",
      dateDeNaissance: "2001-07-00",
      sexe: "m",
    });
    assert.deepEqual(found.body, body);
  });

  const bad: [name: string, parameters: Record<string, string>, says: RegExp][] = [
    ["nothing", {}, /ine se donne seul, ou à sa place nom, prenom, dateDeNaissance et sexe/],
    ["an INE and a name", { ine: "951242368CR", nom: "AUTORBB" }, /ine se donne seul/],
    ["an INE and a birthplace", { ine: "951242368CR", lieuDeNaissance: "99138" }, /ine se donne seul/],
    ["half an identity", { nom: "AUTORBB", prenom: "LANCE" }, /nom, prenom, dateDeNaissance et sexe/],
    ["a short INE", { ine: "95" }, /ine doit être un INE/],
    ["a capital sex", { ...lance, sexe: "M" }, /sexe doit valoir m ou f/],
    ["a French date", { ...lance, dateDeNaissance: "05/02/2005" }, /dateDeNaissance doit être une date/],
    ["a date that does not exist", { ...lance, dateDeNaissance: "2005-02-30" }, /dateDeNaissance/],
    ["a recipient that is no SIRET", { ...lance, recipient: "12" }, /recipient doit être un SIRET/],
    ["two bad parameters", { ...lance, sexe: "X", nom: "42" }, /nom .*sexe /],
  ];
  for (const [name, parameters, says] of bad) {
    test(`400: ${name}`, async () => {
      const { status, body } = await get(parameters);
      const { message, ...rest } = body as Record<string, string>;
      assert.equal(status, 400);
      assert.deepEqual(rest, { error: "bad_request", reason: "Invalid parameters" });
      assert.match(message ?? "", says);
    });
  }

  test("401 and 404 are those of the reference", async () => {
    const unknown = await port.call(`${students}?ine=951242368CR`, {
      headers: { "X-API-Key": "x".repeat(20) },
    });
    assert.equal(unknown.status, 401);
    assert.deepEqual(
      { ...(unknown.body as object), message: undefined },
      { error: "access_denied", reason: "Token not found or inactive", message: undefined },
    );
    const nobody = await get({ ine: "00000000000" });
    assert.equal(nobody.status, 404);
    assert.deepEqual(nobody.body, {
      error: "not_found",
      reason: "Student not found",
      message: "Aucun étudiant n'a pu être trouvé avec les critères de recherche fournis.",
    });
  });

  test("nobody and several people are byte-identical", async () => {
    const camille = { prenom: "Camille", dateDeNaissance: "2004-09-14", sexe: "f" };
    const several = await get({ ...camille, nom: "Lefèvre" });
    assert.equal(several.status, 404);
    assert.equal(several.text, (await get({ ...camille, nom: "Personne" })).text);
  });

  test("introspect names the token and the scopes of both generations", async () => {
    const issued = await port.issue({
      procedureName: "Bourse municipale",
      scopes: ["mesri_inscription_autre", "mesri_admissions"],
    });
    await port.settle();
    const { status, body } = await port.call("/api/introspect", { headers: { "X-API-Key": issued.secret } });
    assert.equal(status, 200);
    assert.deepEqual(body, {
      _id: issued.tokenId,
      name: "Bourse municipale",
      scopes: ["mesri_admissions", "mesri_inscription_autre"],
    });
  });

  suite("pings", () => {
    test("need no token", async () => {
      const ping = await port.call("/api/ping", {});
      assert.deepEqual([ping.status, ping.text], [200, "pong"]);
      const { status, body } = await port.call("/api/mesri_statut_etudiant_ine/ping", {});
      const { last_update: at, last_ok_status: ok, ...rest } = body as Record<string, string>;
      assert.deepEqual([status, rest], [200, { status: "ok" }]);
      assert.ok(Math.abs(Date.now() - Date.parse(at ?? "")) < 5000);
      assert.equal(ok, at);
    });

    test("refuse anything but reading, in the words of the version", async () => {
      const { status, body } = await port.call("/api/ping", { method: "POST" });
      assert.deepEqual([status, (body as { error: string }).error], [405, "method_not_allowed"]);
    });

    test("cannot be used to flood: strangers are limited, partners from the same address are not", async () => {
      const address = { "x-forwarded-for": "203.0.113.99" };
      const statuses = new Set<number>();
      for (let count = 0; count < 70; count += 1) {
        const { status, headers, body } = await port.call("/api/ping", { headers: address });
        statuses.add(status);
        if (status !== 429) continue;
        assert.match(headers.get("retry-after") ?? "", /^[1-9][0-9]*$/);
        assert.equal((body as { error: string }).error, "too_many_requests");
      }
      assert.deepEqual([...statuses], [200, 429]);
      const partner = { "X-API-Key": port.service.token, ...address };
      assert.equal((await port.call(`${students}?ine=951242368CR`, { headers: partner })).status, 200);
    });
  });

  test("what is unknown below /api is refused in the words of the version", async () => {
    for (const path of ["/api", "/api/", "/api/v2", "/api/v2/etudiants/12", "/api/v2/etudiants-boursiers"]) {
      const { status, body } = await port.call(path);
      assert.equal(status, 404);
      assert.deepEqual(body, {
        error: "not_found",
        reason: "Route not found",
        message: "Cette adresse ne correspond à aucune méthode du service.",
      });
    }
    assert.match((await port.call("/apis")).text, /ROUTE_UNKNOWN/);
  });
});

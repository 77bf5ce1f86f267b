// Version 3, sentence by sentence of the public contract.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { bearer, impurities, openPublicPort, type PublicPort, recipient } from "./public-port.ts";

const byIne = "/v3/mesri/statut_etudiant/ine";
const byIdentity = "/v3/mesri/statut_etudiant/identite";
const byFranceConnect = "/v3/mesri/statut_etudiant/france_connect";
const found = `${byIne}?ine=951242368CR&recipient=${recipient}`;

const lance = {
  nomNaissance: "AUTORBB",
  "prenoms[]": "LANCE",
  anneeDateNaissance: "2005",
  moisDateNaissance: "2",
  jourDateNaissance: "5",
  sexeEtatCivil: "M",
  recipient,
};
const delafontenelle = {
  ...lance,
  nomNaissance: "De la Fontenelle",
  "prenoms[]": "Anne-Sophie",
  anneeDateNaissance: "2004",
  moisDateNaissance: "03",
  jourDateNaissance: "17",
  sexeEtatCivil: "F",
};

interface ErrorObject {
  code: string;
  title: string;
  detail: string;
  source: { parameter: string } | null;
  meta: Record<string, unknown>;
}

suite("version 3", () => {
  let port: PublicPort;
  before(async () => {
    port = await openPublicPort({ FRANCE_CONNECT: "off" });
  });
  after(() => port[Symbol.asyncDispose]());

  const identity = (parameters: Record<string, string>) =>
    port.call(`${byIdentity}?${new URLSearchParams(parameters)}`);
  const errorsOf = (body: unknown) => (body as { errors: ErrorObject[] }).errors;
  const parametersOf = (body: unknown) => errorsOf(body).map(({ source }) => source?.parameter);

  test("answers in an envelope, by INE in either case", async () => {
    const { status, body, headers } = await port.call(found.replace("CR", "cr"));
    assert.equal(status, 200);
    assert.deepEqual(body, {
      data: {
        identite: { nom_naissance: "AUTORBB", prenom: "LANCE", date_naissance: "2005-02-05" },
        admissions: [
          {
            date_debut: "2025-09-01",
            date_fin: "2026-12-31",
            est_inscrit: false,
            regime_formation: { libelle: "formation continue", code: "RF5" },
            code_cog_insee_commune: "75009",
            etablissement_etudes: { uai: "0331023W", nom: "Université Paris Saclay" },
          },
        ],
      },
      links: {},
      meta: {},
    });
    assert.equal(headers.get("content-type"), "application/json");
  });

  test("every answer has its identifier, its rate and no CORS", async () => {
    const { headers } = await port.call(found);
    assert.match(headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
    for (const name of ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]) {
      assert.match(headers.get(name) ?? "", /^[0-9]+$/, name);
    }
    assert.equal(headers.get("access-control-allow-origin"), null);
    const refused = await port.call(byIne);
    assert.match(refused.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
    assert.match(refused.headers.get("ratelimit-remaining") ?? "", /^[0-9]+$/);
  });

  test("RateLimit-Reset is an instant, as clients of the public service read it; in our own contracts a delay", async () => {
    const sentAt = Date.now();
    const { headers } = await port.call(found);
    const endsAt = Number(headers.get("ratelimit-reset")) * 1000;
    assert.ok(endsAt > sentAt && endsAt <= Date.now() + 2000, `${endsAt} for a call of ${sentAt}`);
    const own = await port.call(`/v1/students/951242368CR?recipient=${recipient}`);
    assert.match(own.headers.get("ratelimit-reset") ?? "", /^[01]$/);
  });

  for (const [header, value, says] of [
    ["X-API-Key", "x".repeat(20), /^Le paramètre X-API-Key doit être absent, ou contenir le même jeton/],
    ["x-server-timeout", "1s", /^Le paramètre x-server-timeout n'est pas un délai valide\.$/],
  ] as const) {
    test(`a bad header ${header}: which one, and what is wrong with it`, async () => {
      const headers = { ...bearer(port.service.token), [header]: value };
      const { status, body } = await port.call(found, { headers });
      assert.deepEqual([status, parametersOf(body)], [422, [header]]);
      assert.match(errorsOf(body)[0]?.detail ?? "", says);
    });
  }

  suite("civil identity", () => {
    const places: [name: string, parameters: Record<string, string>][] = [
      ["without a birthplace", {}],
      ["a country as the commune", { codeCogInseeCommuneNaissance: "99138" }],
      ["a country as such", { codeCogInseePaysNaissance: "99138" }],
      [
        "the same country twice",
        { codeCogInseePaysNaissance: "99138", codeCogInseeCommuneNaissance: "99138" },
      ],
      ["France, which narrows nothing", { codeCogInseePaysNaissance: "99100" }],
      ["empty parameters, which are absent", { codeCogInseeCommuneNaissance: "", nomCommuneNaissance: "" }],
      ["parameters of other services", { context: "aide", object: "dossier 12", date: "2026" }],
      ["prenoms without brackets", { "prenoms[]": "", prenoms: "LANCE" }],
      ["leading zeros", { moisDateNaissance: "02", jourDateNaissance: "05" }],
    ];
    for (const [name, parameters] of places) {
      test(name, async () => {
        const { status, text } = await identity({ ...lance, ...parameters });
        assert.equal(status, 200, text);
        assert.match(text, /"prenom":"LANCE"/);
      });
    }

    test("a commune by its code, its name, a code before a name, and France beside it", async () => {
      for (const place of [
        { codeCogInseeCommuneNaissance: "29019" },
        { nomCommuneNaissance: "Brest", codeCogInseeDepartementNaissance: "29" },
        { codeCogInseeCommuneNaissance: "29019", nomCommuneNaissance: "Nulle-Part" },
        { codeCogInseeCommuneNaissance: "29019", codeCogInseePaysNaissance: "99100" },
      ]) {
        const { status, text } = await identity({ ...delafontenelle, ...place });
        assert.equal(status, 200, `${JSON.stringify(place)} ${text}`);
      }
      const elsewhere = await identity({ ...delafontenelle, codeCogInseeCommuneNaissance: "29232" });
      assert.equal(elsewhere.status, 404);
    });

    test("several given names, repeated under either name", async () => {
      const base = new URLSearchParams({ ...delafontenelle, "prenoms[]": "Anne-Sophie" });
      for (const further of ["prenoms[]=Marie", "prenoms%5B%5D=Marie", "prenoms=Marie"]) {
        assert.equal((await port.call(`${byIdentity}?${base}&${further}`)).status, 200);
      }
      assert.equal((await port.call(`${byIdentity}?${base}&prenoms=Jeanne`)).status, 404);
    });

    test("a partial birth date finds, and is never answered as a date that does not exist", async () => {
      for (const [month, day] of [
        ["0", "0"],
        ["00", "00"],
      ]) {
        const { status, body } = await identity({
          ...lance,
          nomNaissance: "Diarra",
          "prenoms[]": "Moussa",
          anneeDateNaissance: "2002",
          moisDateNaissance: month ?? "",
          jourDateNaissance: day ?? "",
        });
        assert.equal(status, 200);
        const { data } = body as { data: { identite: object } };
        assert.deepEqual(data.identite, { nom_naissance: "Diarra", prenom: "Moussa" });
      }
    });

    test("the usual name is never answered", async () => {
      const { text } = await port.call(`${byIne}?ine=0200000002B&recipient=${recipient}`);
      assert.match(text, /"nom_naissance":"Nguyễn"/);
      assert.doesNotMatch(text, /Martineau|nom_?[fF]amille|usage/);
    });
  });

  suite("bad parameters", () => {
    const cases: [
      name: string,
      target: string,
      expected: [code: string, parameter: string, detail: RegExp][],
    ][] = [
      [
        "no recipient",
        `${byIne}?ine=951242368CR`,
        [["00203", "recipient", /^Le paramètre recipient est obligatoire$/]],
      ],
      [
        "an empty recipient",
        `${byIne}?ine=951242368CR&recipient=`,
        [["00203", "recipient", /^Le paramètre recipient est obligatoire$/]],
      ],
      [
        "a recipient that is no SIRET",
        `${byIne}?ine=951242368CR&recipient=13002526500014`,
        [["00203", "recipient", /SIRET/]],
      ],
      ["a short INE", `${byIne}?ine=95&recipient=${recipient}`, [["00360", "ine", /INE/]]],
      ["an INE twice", `${found}&ine=951242368CR`, [["00360", "ine", /plusieurs fois/]]],
      [
        "nothing at all",
        byIne,
        [
          ["00360", "ine", /obligatoire/],
          ["00203", "recipient", /obligatoire/],
        ],
      ],
      [
        "nothing at all of an identity",
        byIdentity,
        [
          ["00366", "nomNaissance", /obligatoire/],
          ["00366", "prenoms[]", /obligatoire/],
          ["00366", "anneeDateNaissance", /obligatoire/],
          ["00366", "moisDateNaissance", /obligatoire/],
          ["00366", "jourDateNaissance", /obligatoire/],
          ["00366", "sexeEtatCivil", /obligatoire/],
          ["00203", "recipient", /obligatoire/],
        ],
      ],
      ["FranceConnect without recipient", byFranceConnect, [["00203", "recipient", /obligatoire/]]],
    ];
    for (const [name, target, expected] of cases) {
      test(name, async () => {
        const { status, body } = await port.call(target);
        assert.equal(status, 422);
        assert.equal(errorsOf(body).length, expected.length);
        for (const [index, error] of errorsOf(body).entries()) {
          const [code, parameter, detail] = expected[index] ?? [];
          assert.deepEqual(Object.keys(error), ["code", "title", "detail", "source", "meta"]);
          assert.deepEqual(
            [error.code, error.title, error.source, error.meta],
            [code, "Entité non traitable", { parameter }, {}],
          );
          assert.match(error.detail, detail ?? /^$/);
          assert.match(error.detail, new RegExp(`^Le paramètre ${parameter?.replace("[]", "\\[\\]")} `));
        }
      });
    }

    const one: [parameter: string, value: string][] = [
      ["nomNaissance", "Дюпон"],
      ["nomNaissance", "A\u0000B"],
      ["nomNaissance", "' OR 1=1 --"],
      ["prenoms[]", "123"],
      ["anneeDateNaissance", "05"],
      ["anneeDateNaissance", "1899"],
      ["moisDateNaissance", "13"],
      ["jourDateNaissance", "32"],
      ["sexeEtatCivil", "m"],
      ["sexeEtatCivil", "X"],
      ["codeCogInseeCommuneNaissance", "2Z017"],
      ["codeCogInseePaysNaissance", "29019"],
    ];
    for (const [parameter, value] of one) {
      test(`${parameter} = ${JSON.stringify(value)}`, async () => {
        const { status, body, text } = await identity({ ...lance, [parameter]: value });
        assert.equal(status, 422);
        assert.deepEqual(
          errorsOf(body).map(({ code, source }) => [code, source]),
          [["00366", { parameter }]],
        );
        assert.ok(value.length < 3 || !text.includes(value), "the value is not repeated");
      });
    }

    const together: [name: string, parameters: Record<string, string>, parameter: string][] = [
      [
        "a day that the month has not",
        { moisDateNaissance: "2", jourDateNaissance: "30" },
        "jourDateNaissance",
      ],
      [
        "29 February of a common year",
        { moisDateNaissance: "2", jourDateNaissance: "29" },
        "jourDateNaissance",
      ],
      ["a day of an unknown month", { moisDateNaissance: "0" }, "moisDateNaissance"],
      [
        "a commune without its department",
        { nomCommuneNaissance: "Brest" },
        "codeCogInseeDepartementNaissance",
      ],
      ["a department without commune", { codeCogInseeDepartementNaissance: "29" }, "nomCommuneNaissance"],
      [
        "a commune that the department has not",
        { nomCommuneNaissance: "Brest", codeCogInseeDepartementNaissance: "75" },
        "nomCommuneNaissance",
      ],
      [
        "a commune and a country that contradict each other",
        { codeCogInseeCommuneNaissance: "29019", codeCogInseePaysNaissance: "99109" },
        "codeCogInseePaysNaissance",
      ],
    ];
    for (const [name, parameters, parameter] of together) {
      test(name, async () => {
        const { status, body } = await identity({ ...lance, ...parameters });
        assert.deepEqual([status, parametersOf(body)], [422, [parameter]]);
        assert.equal(errorsOf(body)[0]?.code, "00366");
      });
    }

    const unknownCommune = { nomCommuneNaissance: "Brest", codeCogInseeDepartementNaissance: "75" };
    const atOnce: [name: string, parameters: Record<string, string>, wrong: string[]][] = [
      [
        "a format, a date that does not exist and a commune that is not there",
        { nomNaissance: "123", jourDateNaissance: "30", ...unknownCommune },
        ["nomNaissance", "jourDateNaissance", "nomCommuneNaissance"],
      ],
      [
        "a recipient, a commune alone and the day of an unknown month",
        { recipient: "1", moisDateNaissance: "0", nomCommuneNaissance: "Brest" },
        ["recipient", "moisDateNaissance", "codeCogInseeDepartementNaissance"],
      ],
      [
        "what cannot be read says nothing of what it would go with",
        { moisDateNaissance: "13", jourDateNaissance: "31", ...unknownCommune, nomCommuneNaissance: "12" },
        ["moisDateNaissance", "nomCommuneNaissance"],
      ],
    ];
    for (const [name, parameters, wrong] of atOnce) {
      test(`all that is wrong is told at once: ${name}`, async () => {
        // Names of communes are read in the background; whoever asks for one waits for that.
        await identity({ ...lance, nomCommuneNaissance: "Brest", codeCogInseeDepartementNaissance: "29" });
        const { status, body } = await identity({ ...lance, ...parameters });
        assert.deepEqual([status, parametersOf(body)], [422, wrong]);
      });
    }
  });

  suite("nobody", () => {
    const nobody = `${byIne}?ine=00000000000&recipient=${recipient}`;

    test("is the documented 404, which proves nothing", async () => {
      const { status, body } = await port.call(nobody);
      const [error] = errorsOf(body);
      assert.equal(status, 404);
      assert.deepEqual(
        { ...error, meta: undefined },
        {
          code: "25003",
          title: "Entité non trouvée",
          detail: "Aucun étudiant n'a pu être trouvé avec les critères de recherche fournis.",
          source: null,
          meta: undefined,
        },
      );
      assert.equal(error?.meta["provider"], "MESRI");
      assert.equal(error?.meta["coverage"], "partial");
      assert.match(String(error?.meta["notice"]), /ne prouve pas/);
    });

    test("and several people are byte-identical", async () => {
      const homonyms = { ...lance, nomNaissance: "Lefèvre", "prenoms[]": "Camille", sexeEtatCivil: "F" };
      const born = { anneeDateNaissance: "2004", moisDateNaissance: "9", jourDateNaissance: "14" };
      const several = await identity({ ...homonyms, ...born });
      const none = await identity({ ...homonyms, ...born, nomNaissance: "Personne" });
      assert.equal(several.status, 404);
      assert.equal(several.text, none.text);
      assert.match(String(errorsOf(none.body)[0]?.meta["hint"]), /prenoms\[\].*codeCogInseeCommuneNaissance/);
    });

    test("is what a student without any admission is", async () => {
      const { status, text } = await port.call(`${byIne}?ine=020000009QR&recipient=${recipient}`);
      assert.equal(status, 404);
      assert.equal(text, (await port.call(nobody)).text);
    });
  });

  suite("FranceConnect", () => {
    test("is refused where it is not configured, with a code of its own", async () => {
      const target = `${byFranceConnect}?recipient=${recipient}`;
      const { status, body } = await port.call(target, { headers: bearer("jeton-france-connect-abcdef") });
      assert.equal(status, 501);
      assert.deepEqual(
        errorsOf(body).map(({ code, meta }) => [code, meta]),
        [["25501", { provider: "MESRI" }]],
      );
    });

    test("wants a bearer", async () => {
      const target = `${byFranceConnect}?recipient=${recipient}`;
      const { status, body } = await port.call(target, { headers: { "x-api-key": port.service.token } });
      assert.deepEqual([status, errorsOf(body)[0]?.code], [401, "00101"]);
    });

    test("limits strangers by their address", async () => {
      const headers = { ...bearer("un-jeton"), "x-forwarded-for": "203.0.113.77" };
      // Together: one after the other, a busy machine would give refusals back as fast as they are spent.
      const answers = await Promise.all(
        Array.from({ length: 150 }, () =>
          port.call(`${byFranceConnect}?recipient=${recipient}`, { headers }),
        ),
      );
      const statuses = new Set(answers.map(({ status }) => status));
      assert.deepEqual([...statuses].toSorted(), [429, 501]);
    });
  });

  test("HEAD says what GET says, without a body", async () => {
    for (const target of [found, byIne, "/v3/inconnu"]) {
      const headers = bearer(port.service.token);
      const head = await port.call(target, { method: "HEAD", headers });
      const whole = await port.call(target);
      assert.equal(head.status, whole.status);
      assert.equal(head.text, "");
      assert.equal(Number(head.headers.get("content-length")), Buffer.byteLength(whole.text));
    }
  });

  test("answers hold no null and no date-time", async () => {
    for (const ine of ["020000012WX", "0200000002B", "020000005GH", "020000011UV"]) {
      const { status, body } = await port.call(`${byIne}?ine=${ine}&recipient=${recipient}`);
      assert.equal(status, 200);
      assert.deepEqual(impurities(body), []);
    }
  });

  test("the most recent admission comes first", async () => {
    const { body } = await port.call(`${byIne}?ine=020000012WX&recipient=${recipient}`);
    const { data } = body as { data: { admissions: { date_debut: string }[] } };
    const starts = data.admissions.map(({ date_debut }) => date_debut);
    assert.ok(starts.length > 1);
    assert.deepEqual(starts, starts.toSorted().reverse());
  });
});

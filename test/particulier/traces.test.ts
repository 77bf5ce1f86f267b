// Calls of the public contract leave the same trace as any other: one line each, with whom it was for and whom it
// was about, and never a credential.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { bearer, openPublicPort, type PublicPort, recipient } from "./public-port.ts";

interface Line {
  requestId: string;
  route: string;
  rpc: string;
  recipient: string | null;
  httpStatus: number;
  errorId: string;
  outcome: string;
  tokenId: string | null;
  target?: string;
  ine?: string;
  finding?: string;
}

const identity =
  "nomNaissance=AUTORBB&prenoms[]=LANCE&anneeDateNaissance=2005&moisDateNaissance=2&jourDateNaissance=5&sexeEtatCivil=M";
const franceConnectToken = "fc-4f1e0c9b7a2d46d8-acces";

suite("traces", () => {
  let port: PublicPort;
  const answered = new Map<string, string>();
  const targets: Record<string, string> = {
    "version 3, found": `/v3/mesri/statut_etudiant/ine?ine=951242368cr&recipient=${recipient}`,
    "version 3, identity": `/v3/mesri/statut_etudiant/identite?${identity}&recipient=${recipient}`,
    "version 3, nobody": `/v3/mesri/statut_etudiant/ine?ine=00000000000&recipient=${recipient}`,
    "version 3, no admission": `/v3/mesri/statut_etudiant/ine?ine=020000009QR&recipient=${recipient}`,
    "version 3, invalid": "/v3/mesri/statut_etudiant/ine?ine=95",
    "version 3, unknown path": "/v3/inconnu",
    "version 2, found": "/api/v2/etudiants?ine=951242368CR",
    "version 2, with a recipient": `/api/v2/etudiants?ine=951242368CR&recipient=${recipient}`,
    "version 2, nobody": "/api/v2/etudiants?ine=00000000000",
    introspection: "/api/introspect",
  };
  let lines: Line[];

  before(async () => {
    port = await openPublicPort({ FRANCE_CONNECT: "off" });
    for (const [name, target] of Object.entries(targets)) {
      const { headers } = await port.call(target);
      answered.set(name, headers.get("x-request-id") ?? "");
    }
    for (const [name, init] of Object.entries<RequestInit>({
      ping: {},
      franceConnect: { headers: bearer(franceConnectToken) },
      noToken: {},
    })) {
      const target: Record<string, string> = {
        ping: "/api/ping",
        franceConnect: `/v3/mesri/statut_etudiant/france_connect?recipient=${recipient}`,
        noToken: "/api/introspect",
      };
      const { headers } = await port.call(target[name] ?? "", init);
      answered.set(name, headers.get("x-request-id") ?? "");
    }
    await port.service.stop();
    lines = await read("tail", "-n", "10000");
  });
  after(() => port[Symbol.asyncDispose]());

  async function read(...arguments_: string[]): Promise<Line[]> {
    const { code, stdout, stderr } = await port.service.statut("journal", ...arguments_, "--json");
    assert.equal(code, 0, stderr);
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
  }

  const lineOf = (name: string) => {
    const own = lines.filter(({ requestId }) => requestId === answered.get(name));
    assert.equal(own.length, 1, `${name}: exactly one line`);
    return own[0] as Line;
  };

  test("every call has exactly one line", () => {
    for (const name of answered.keys()) assert.notEqual(lineOf(name).requestId, "");
  });

  const expected: [name: string, route: string, status: number, outcome: string, recipient: string | null][] =
    [
      ["version 3, found", "/v3/mesri/statut_etudiant/ine", 200, "answered", recipient],
      ["version 3, identity", "/v3/mesri/statut_etudiant/identite", 200, "answered", recipient],
      ["version 3, nobody", "/v3/mesri/statut_etudiant/ine", 404, "not_found", recipient],
      ["version 3, no admission", "/v3/mesri/statut_etudiant/ine", 404, "not_found", recipient],
      ["version 3, invalid", "/v3/mesri/statut_etudiant/ine", 422, "invalid", null],
      ["version 3, unknown path", "", 404, "invalid", null],
      ["version 2, found", "/api/v2/etudiants", 200, "answered", null],
      ["version 2, with a recipient", "/api/v2/etudiants", 200, "answered", recipient],
      ["version 2, nobody", "/api/v2/etudiants", 404, "not_found", null],
      ["introspection", "/api/introspect", 200, "answered", null],
      ["ping", "/api/ping", 200, "answered", null],
      ["franceConnect", "/v3/mesri/statut_etudiant/france_connect", 501, "invalid", recipient],
      ["noToken", "/api/introspect", 401, "unauthenticated", null],
    ];
  for (const [name, route, status, outcome, forWhom] of expected) {
    test(`${name}: ${status}`, () => {
      const line = lineOf(name);
      assert.deepEqual(
        [line.route, line.httpStatus, line.outcome, line.recipient],
        [route, status, outcome, forWhom],
      );
    });
  }

  test("a search by INE finds the calls that asked for the student or found one", async () => {
    const found = await read("search", "--ine", "951242368CR", "--reason", "essai", "-n", "100");
    const ids = new Set(found.map(({ requestId }) => requestId));
    const names = [
      "version 3, found",
      "version 3, identity",
      "version 2, found",
      "version 2, with a recipient",
    ];
    for (const name of names) assert.ok(ids.has(answered.get(name) ?? ""), name);
    const identityLine = found.find(({ requestId }) => requestId === answered.get("version 3, identity"));
    assert.deepEqual([identityLine?.ine, identityLine?.finding], ["951242368CR", "one"]);
    assert.equal(identityLine?.target, targets["version 3, identity"]);
    const nobody = await read("search", "--ine", "00000000000", "--reason", "essai", "-n", "100");
    assert.ok(nobody.some(({ requestId }) => requestId === answered.get("version 2, nobody")));
  });

  test("the FranceConnect token is of nobody, and stands nowhere", () => {
    assert.equal(lineOf("franceConnect").tokenId, null);
    assert.doesNotMatch(port.service.log(), new RegExp(franceConnectToken));
    const entries = readdirSync(port.service.dataDir, { withFileTypes: true });
    for (const { name } of entries.filter((entry) => entry.isFile())) {
      const bytes = readFileSync(join(port.service.dataDir, name));
      assert.ok(!bytes.includes(franceConnectToken), `${name} holds the FranceConnect token`);
    }
  });
});

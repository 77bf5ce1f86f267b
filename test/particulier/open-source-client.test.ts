// A client as partners run it today, and one configuration file for the state's sandbox and for this service.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, suite, test } from "node:test";
import { call, openPublicPort, type PublicPort, recipient } from "./public-port.ts";
import { type SandboxCase, sandboxCases, targetOf } from "./sandbox-cases.ts";

class TokenRefused extends Error {}
class ServiceFailed extends Error {}

/** What the client does: introspect, then ask by INE; it reads 401 apart from every other failure. */
async function askStudent(baseUrl: string, token: string, ine: string): Promise<Record<string, unknown>> {
  if (!/^[A-Za-z0-9\-_=.]{15,}$/.test(token)) throw new TokenRefused("shape");
  const { scopes } = await getJson(baseUrl, token, "introspect");
  check({ scopes: "strings" }, { scopes });
  const student = await getJson(baseUrl, token, `v2/etudiants?ine=${encodeURIComponent(ine)}`);
  checkStudent(student, scopes as string[]);
  return student;
}

async function getJson(baseUrl: string, token: string, path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${baseUrl}/${path}`, {
    headers: { Accept: "application/json", "X-API-Key": token },
    signal: AbortSignal.timeout(20_000),
  });
  if (response.status === 401) throw new TokenRefused();
  if (!response.ok) throw new ServiceFailed(String(response.status));
  return (await response.json()) as Record<string, unknown>;
}

type Kind = "string" | "date" | "strings" | "rows" | "institution";

const kinds: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  date: (value) => typeof value === "string" && isDate(value),
  strings: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  rows: (value) => Array.isArray(value),
  institution: (value) => check({ uai: "string", nom: "string" }, value),
};

/** Its JSON schema: every key is required, of its kind, never null, and no other key is there. */
function check(schema: Readonly<Record<string, Kind>>, value: unknown): true {
  assert.ok(typeof value === "object" && value !== null);
  assert.deepEqual(Object.keys(value).sort(), Object.keys(schema).sort());
  for (const [key, kind] of Object.entries(schema)) {
    assert.ok(kinds[kind]((value as Record<string, unknown>)[key]), `${key} is no ${kind}`);
  }
  return true;
}

function checkStudent(student: Record<string, unknown>, scopes: readonly string[]): void {
  check(
    {
      ...(scopes.includes("mesri_identifiant") && { ine: "string" }),
      ...(scopes.includes("mesri_identite") && { nom: "string", prenom: "string", dateNaissance: "date" }),
      inscriptions: "rows",
    },
    student,
  );
  for (const row of student["inscriptions"] as Record<string, unknown>[]) {
    check(
      {
        dateDebutInscription: "date",
        dateFinInscription: "date",
        statut: "string",
        regime: "string",
        codeCommune: "string",
        ...(scopes.includes("mesri_etablissements") && { etablissement: "institution" }),
      },
      row,
    );
    assert.match(String(row["statut"]), /^(?:inscrit|admis)$/);
    assert.match(String(row["regime"]), /^formation (?:initiale|continue)$/);
  }
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

suite("the unmodified client", () => {
  let port: PublicPort;
  before(async () => {
    port = await openPublicPort();
  });
  after(() => port[Symbol.asyncDispose]());

  const baseUrl = () => `${port.service.origin}/api`;

  test("reads a student", async () => {
    const student = await askStudent(baseUrl(), port.service.token, "951242368CR");
    assert.equal(student["nom"], "AUTORBB");
  });

  test("reads every student of the sandbox within its schema", async () => {
    const ines = sandboxCases
      .map(({ body }) => (body as { ine?: string }).ine)
      .filter((ine) => ine !== undefined);
    assert.ok(ines.length >= 35);
    for (const ine of ines) await askStudent(baseUrl(), port.service.token, ine);
  });

  test("reads what its token's scopes leave, and always `etablissement` when it holds that scope", async () => {
    const { secret } = await port.issue({
      scopes: ["mesri_identifiant", "mesri_admission", "mesri_etablissements"],
    });
    await port.settle();
    const student = await askStudent(baseUrl(), secret, "951242368CR");
    assert.deepEqual(Object.keys(student), ["ine", "inscriptions"]);
    assert.equal((student["inscriptions"] as unknown[]).length, 1);
  });

  test("tells a refused token from everything else", async () => {
    const unknown = "x".repeat(20);
    await assert.rejects(askStudent(baseUrl(), unknown, "951242368CR"), TokenRefused);
    const { tokenId, secret } = await port.issue({ partner: 2 });
    await port.access.revokeToken(tokenId, Date.now(), "essai");
    await port.settle();
    await assert.rejects(askStudent(baseUrl(), secret, "951242368CR"), TokenRefused);
    await assert.rejects(askStudent(baseUrl(), port.service.token, "00000000000"), ServiceFailed);
    await assert.rejects(askStudent(baseUrl(), port.service.token, "95"), ServiceFailed);
  });
});

/** What a partner's application is configured with. Nothing but the base URL changes. */
interface PartnerConfiguration {
  readonly baseUrl: string;
  readonly token: string;
  readonly recipient: string;
  readonly version3: { readonly byIne: string; readonly byIdentity: string };
  readonly version2: { readonly students: string };
}

const configurationFile = JSON.stringify({
  baseUrl: "https://staging.particulier.api.gouv.fr",
  token: "TOKEN",
  recipient,
  version3: { byIne: "/v3/mesri/statut_etudiant/ine", byIdentity: "/v3/mesri/statut_etudiant/identite" },
  version2: { students: "/api/v2/etudiants" },
} satisfies PartnerConfiguration);

suite("one configuration file", () => {
  let port: PublicPort;
  let sandbox: Sandbox;
  before(async () => {
    port = await openPublicPort();
    sandbox = await openSandbox();
  });
  after(async () => {
    await port[Symbol.asyncDispose]();
    sandbox.server.close();
  });

  test("works against the state's sandbox and here, on both versions, by its base URL alone", async () => {
    const configuration: PartnerConfiguration = JSON.parse(
      configurationFile.replace("TOKEN", port.service.token),
    );
    const here = await runPartner({ ...configuration, baseUrl: port.service.origin });
    const there = await runPartner({ ...configuration, baseUrl: sandbox.origin });
    assert.equal(here.length, 70);
    assert.deepEqual(here, there);
    assert.deepEqual(new Set(here.map(({ status }) => status)), new Set([200]));
  });

  test("a call that the state's sandbox does not know fails there: the comparison can fail", async () => {
    const answer = await call(sandbox.origin, "/api/v2/etudiants?ine=951242368CR", {});
    assert.equal(answer.status, 404);
  });
});

/** Asks for everybody of the sandbox, with the paths and the token of the configuration. */
async function runPartner(configuration: PartnerConfiguration): Promise<{ status: number; body: unknown }[]> {
  const { baseUrl, token, version2, version3 } = configuration;
  const answers: { status: number; body: unknown }[] = [];
  for (const { surface, query } of sandboxCases) {
    const parameters = new URLSearchParams();
    for (const [name, value] of query) if (name !== "recipient") parameters.append(name, value);
    if (surface === "v3") parameters.append("recipient", configuration.recipient);
    const byIne = query.some(([name]) => name === "ine");
    const path = surface === "v2" ? version2.students : byIne ? version3.byIne : version3.byIdentity;
    const headers: Record<string, string> =
      surface === "v2" ? { "X-API-Key": token } : { Authorization: `Bearer ${token}` };
    const { status, body } = await call(baseUrl, `${path}?${parameters}`, { headers });
    answers.push({ status, body });
  }
  return answers;
}

interface Sandbox {
  readonly origin: string;
  readonly server: ReturnType<typeof createServer>;
}

/** The state's sandbox as it was recorded: it answers what it answered, to whom asked with a token. */
async function openSandbox(): Promise<Sandbox> {
  const recorded = new Map(sandboxCases.map((one) => [canonical(targetOf(one)), one]));
  const server = createServer(({ url = "", headers }, response) => {
    const hasToken = headers.authorization !== undefined || headers["x-api-key"] !== undefined;
    const found: SandboxCase | undefined = hasToken ? recorded.get(canonical(url)) : undefined;
    response.writeHead(found?.status ?? 404, { "content-type": "application/json" });
    response.end(JSON.stringify(found?.body ?? {}));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** A target whose parameters stand in one order. */
function canonical(target: string): string {
  const url = new URL(target, "http://localhost");
  url.searchParams.sort();
  return `${url.pathname}?${url.searchParams}`;
}

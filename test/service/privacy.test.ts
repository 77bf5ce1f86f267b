// Personal data and tokens stay where they belong: nothing of a call is readable in the journal's files or the log.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import { createSecret, createTokenSecret, signInCodePrefix } from "../../src/access/token-secret.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningService, startService } from "../support/service.ts";
import { untilServed } from "../support/token-load.ts";
import {
  assertWhole,
  bearer,
  issueToken,
  type Line,
  readJournal,
  recipient,
  unlimited,
} from "../support/whole-service.ts";

/** Of no student of the referential, so that each place where it is found is a leak. */
const name = "Zzyzxova-Qwertel";
const ine = "8Q7W6E5R4TZ";
const agent = "agent.xylophone";
const known = "951242368CR";
const revoked = createTokenSecret();

let service: RunningService;
let mine: string;
let other: string;

before(async () => {
  service = await startService({ environment: { ...unlimited, LOG_LEVEL: "trace" } });
  ({ token: other } = await issueToken(service, "21750001600019"));
  ({ token: mine } = await issueToken(service, "13002526500013"));
  // Whoever knows the latter knows the former.
  await untilServed([service], mine);
});
after(() => service[Symbol.asyncDispose]());

const lines = (): Promise<Line[]> => readJournal({ file: join(service.dataDir, "journal.db") });

async function call(path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
  const headers = { ...bearer(mine), ...(init.headers as Record<string, string>) };
  const response = await fetch(service.origin + path, { ...init, headers });
  return { status: response.status, text: await response.text() };
}

function post(path: string, body: object, headers: Record<string, string> = {}) {
  return call(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

const identity = {
  birthName: name,
  givenNames: ["Quirinus"],
  birthDate: "2001-02-03",
  sex: "SEX_MALE",
  recipient,
  agent,
};
const encoded = (text: string) => encodeURIComponent(text);

/** Calls that carry a name, an INE, an agent or a token to every place that a caller can reach. */
const leaks: readonly (() => Promise<{ status: number }>)[] = [
  () => call(`/v1/students/${ine}?recipient=${recipient}&agent=${agent}`),
  () => call(`/v1/students/${known}?recipient=${recipient}&agent=${agent}`),
  () => call(`/v1/students/${ine}?recipient=${name}`),
  () => call(`/v1/students/${ine}/${name}`),
  () => call(`/v1/students:lookupByIdentity?birth_name=${name}&given_names=A&recipient=${recipient}`),
  () => call(`/${name}?${ine}=${agent}`),
  () => call(`/v1/token?token=${mine}`),
  () => call(`/v1/token?access%5ftoken=${mine}`),
  () => call(`/v1/students/${mine}?recipient=${recipient}`),
  () => call("/v1/token", { headers: { authorization: `Bearer ${revoked}`, "user-agent": `agent ${mine}` } }),
  () => call("/v1/token", { headers: { "user-agent": `agent/1.0 (ine=${known}; ${known.toLowerCase()})` } }),
  () => call("/v1/token", { headers: { "x-api-key": mine, authorization: `Basic ${mine}` } }),
  () => call("/v1/token", { headers: { "x-forwarded-for": mine, referer: `https://x/${ine}` } }),
  () => post("/v1/students:lookupByIdentity", identity),
  () => post("/v1/students:lookupByIdentity", { ...identity, birthName: `${name}1` }),
  () => post("/v1/students:lookupByIdentity", { ...identity, [name]: ine }),
  () => post("/v1/students:lookupByIdentity", { ...identity, agent: mine }),
  () => post("/v1/students:lookupByIne", { ine, recipient: name }),
  () => post("/statutetudiant.lookup.v1.LookupService/LookupByIdentity", identity),
  () => post("/statutetudiant.lookup.v1.LookupService/LookupByIne", { ine: `${ine}X`, recipient }),
  () => post("/v1/students:lookupByIne", { ine, recipient }, { "content-type": `text/${name}` }),
  () => post("/v1/students:lookupByIne", { ine, recipient }, { "connect-timeout-ms": ine, [name]: ine }),
];

/** What terminals and line-based tools would take for a new line, a colour or the end of a text. */
const controls = ['\r\n{"level":60}', "\u001b[31m", "\u2028", "\u2029", "\u0000", "\u0085", "\u202e"];

test("calls of every kind leave one line each", async () => {
  const before = (await lines()).length;
  for (const leak of leaks) await leak();
  for (const control of controls) {
    const value = encoded(`${name}${control}${ine}`);
    const refused = await Promise.all([
      call(`/v1/students/${ine}?recipient=${recipient}&agent=${value}`),
      call(`/v1/students/${value}?recipient=${recipient}`),
      post("/v1/students:lookupByIdentity", { ...identity, birthName: `${name}${control}` }),
      call(`/${value}`),
    ]);
    for (const { status, text } of refused) assert.ok(status >= 400 && status < 500, `${status} ${text}`);
  }
  assert.equal((await lines()).length - before, leaks.length + 4 * controls.length);
});

test("SQL in every parameter is refused or finds nobody", async () => {
  const corpus = [
    "' OR '1'='1",
    "'; DROP TABLE students; --",
    '" OR ""="',
    "1 UNION SELECT * FROM tokens",
    "x') OR 1=1 --",
    "$1",
    "?",
    "\\'; --",
    "%27%20OR%201=1",
  ];
  const fields = ["ine", "recipient", "agent", "on_date"];
  const good: Record<string, string> = { ine: "00000000000", recipient };
  const texts = [
    "birthName",
    "givenNames",
    "birthDate",
    "sex",
    "birthplaceCog",
    "birthDepartment",
    "recipient",
  ];
  for (const attack of corpus) {
    const answers = await Promise.all([
      ...fields.map((field) => {
        const { ine: number, ...query } = { ...good, [field]: attack };
        const parameters = new URLSearchParams(query as Record<string, string>);
        return call(`/v1/students/${encoded(number ?? "")}?${parameters}`);
      }),
      ...texts.map((field) =>
        post("/v1/students:lookupByIdentity", {
          ...identity,
          [field]: field === "givenNames" ? [attack] : attack,
        }),
      ),
      call(`/v1/token/usage?start_date=${encoded(attack)}`),
      call("/v1/token", { headers: { authorization: "", "x-api-key": attack } }),
    ]);
    for (const { status, text } of answers) {
      assert.ok(status >= 400 && status < 500, `${attack}: ${status} ${text}`);
      assert.doesNotMatch(text, /SQLITE|syntax error|select /i);
    }
  }
  assert.match((await call(`/v1/students/${known}?recipient=${recipient}`)).text, /AUTORBB/);
});

test("a partner's usage shows nothing of another's", async () => {
  const usageOf = async (token: string) => {
    const { status, text } = await call("/v1/token/usage", { headers: bearer(token) });
    assert.equal(status, 200, text);
    const { days } = JSON.parse(text) as { days?: { calls: string }[] };
    return (days ?? []).reduce((sum, { calls }) => sum + Number(calls), 0);
  };
  assert.equal(await usageOf(other), 0);
  assert.ok((await usageOf(mine)) > leaks.length);
  assert.equal(await usageOf(other), 1);
});

test("whoever opens the journal's line of a link that signs in finds no code to be faster with", async () => {
  const code = createSecret(signInCodePrefix);
  const answer = await fetch(`${service.origin}/connexion/lien?code=${code}`);
  assert.equal(answer.status, 200);
  const call = answer.headers.get("x-request-id") ?? "";
  const opened = await service.statut(
    "journal",
    "search",
    "--request-id",
    call,
    "--reason",
    "Essai",
    "--json",
  );
  assert.match(opened.stdout, /"target":"\/connexion\/lien\?code=/, opened.stderr);
  assert.ok(!opened.stdout.includes(code.slice(signInCodePrefix.length)), opened.stdout);
});

test("the journal's files hold no name and no INE, no file and no log holds a token", () => {
  const entries = readdirSync(service.dataDir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(service.dataDir, join(entry.parentPath, entry.name)));
  assert.ok(files.includes("journal.db-wal"), files.join());
  const contents = files
    .filter((file) => file !== "demonstration-token")
    .map((file) => [file, readFileSync(join(service.dataDir, file)).toString("latin1")] as const);
  contents.push(["the log", service.log()]);
  const bodies = [mine, other, revoked, service.token].map((token) => token.slice(6));
  for (const [file, content] of contents) {
    for (const secret of bodies) assert.ok(!content.includes(secret), `a token in ${file}`);
    for (const personal of [name, name.toUpperCase(), ine, agent, "Quirinus"]) {
      assert.ok(!content.includes(personal), `${personal} in ${file}`);
    }
    if (file.startsWith("journal") || file === "the log") {
      for (const student of [known, "AUTORBB"])
        assert.ok(!content.includes(student), `${student} in ${file}`);
    }
  }
  // The scan sees what is there.
  assert.ok(
    contents.some(([file, content]) => file === "journal.db-wal" && content.includes("/v1/students")),
  );
});

test("guessed tokens: one answer for all, then a limit; a valid token passes from the same address", async () => {
  const guess = (key: string) => call("/v1/token", { headers: { authorization: "", "x-api-key": key } });
  const bodies = new Set<string>();
  let unknown = 0;
  let limited = 0;
  const startedAt = performance.now();
  for (let guesses = 0; guesses < 10_000 && limited <= 300; guesses += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => guess(createTokenSecret())));
    for (const { status, text } of answers) {
      if (status === 401) {
        unknown += 1;
        bodies.add(text);
      } else {
        assert.match(text, /ADDRESS_LIMITED/, text);
        limited += 1;
      }
    }
  }
  assert.equal(bodies.size, 1);
  const seconds = (performance.now() - startedAt) / 1000;
  // Refusals of the tests before count as well: how many are still judged is up to when they were.
  assert.ok(unknown < 100 + 50 * seconds, `${unknown} guesses were judged in ${seconds} s`);
  assert.ok(limited > 300, `${limited} guesses were limited`);
  await eventually(async () => (await call("/v1/token")).status === 200);
});

test("the service lives, its journal is whole; its log has one line of JSON for each event", async () => {
  await assertWhole(service);
  assert.equal(await service.stop(), 0);
  const events = service.log().trimEnd().split("\n");
  assert.ok(events.length >= 2, "it says at least that it stops");
  for (const line of events) {
    assert.equal(typeof JSON.parse(line).level, "number", line);
    assert.doesNotMatch(line, /[\u0000-\u001f\u0085\u2028\u2029\u202e]/u);
  }
});

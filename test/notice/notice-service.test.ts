// Notices on the running service: an operator writes over gRPC and REST, contacts get e-mail over real SMTP, everybody
// reads, and what goes away says so on its answers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, suite, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { LookupService } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { MailService, MailState } from "../../src/gen/statutetudiant/mail/v1/mail_pb.ts";
import {
  IncidentImpact,
  NoticeService,
  ServicePart,
} from "../../src/gen/statutetudiant/notice/v1/notice_pb.ts";
import { SessionService } from "../../src/gen/statutetudiant/session/v1/session_pb.ts";
import { sampleLetters } from "../../src/notice/sample-letters.ts";
import { addContact } from "../support/demonstration-contact.ts";
import { eventually } from "../support/eventually.ts";
import { type MailServer, startMailServer } from "../support/mail-server.ts";
import { type RunningService, startService } from "../support/service.ts";
import { ine, lookupRoute, recipient } from "../support/whole-service.ts";
import { fromRoot } from "../tools/repository.ts";

const monthMs = 31 * 86_400_000;

suite("notices on the running service", () => {
  let server: MailServer;
  let service: RunningService;
  let session: { authorization: string };
  before(async () => {
    server = await startMailServer({
      user: { name: "statut", password: "mot de passe".replaceAll(" ", "-") },
    });
    service = await startService({ environment: { SMTP_URL: server.url } });
    await addContact(service);
    session = await signIn("instructor");
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const transport = () => createGrpcTransport({ baseUrl: service.origin });
  const notices = () => createClient(NoticeService, transport());

  async function signIn(role: string): Promise<{ authorization: string }> {
    const words = ["--email", `${role}@example.fr`, "--name", "Camille Martin", "--role", role];
    const made = await service.statut("operator", "create", ...words);
    const code = /^code: (stcod_\w+)$/m.exec(made.stdout)?.[1] ?? assert.fail(made.stderr);
    const { secret } = await createClient(SessionService, transport()).signIn({ code });
    return { authorization: `Bearer ${secret}` };
  }

  async function rest(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = session,
  ) {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = { "content-type": "application/json" };
    const response = await fetch(service.origin + path, {
      method,
      headers: { ...headers, ...type },
      ...init,
    });
    return { status: response.status, body: (await response.json()) as never, headers: response.headers };
  }

  const incident = {
    title: "Réponses lentes",
    message: "Patience.\nNe répétez pas vos appels.",
    impact: IncidentImpact.DEGRADED,
  };

  test("an incident opened over gRPC is mailed, and on the status page of everybody", async () => {
    const open = { ...incident, requestId: "r1", parts: [ServicePart.LOOKUP_BY_INE] };
    const opened = await notices().openIncident(open, { headers: session });
    assert.equal(opened.told, 1);
    await eventually(() => server.taken.length === 1);
    assert.equal(server.taken[0]?.to, "contact@mairie.example");
    const status = await fetch(`${service.origin}/v1/status`);
    const page = (await status.json()) as { openIncidents: { title: string; parts: string[] }[] };
    assert.deepEqual(
      page.openIncidents.map(({ title, parts }) => [title, parts]),
      [["Réponses lentes", ["SERVICE_PART_LOOKUP_BY_INE"]]],
    );
    const { incidentId = "" } = opened.incident ?? {};
    const step = {
      requestId: "r2",
      etag: opened.incident?.etag,
      state: "INCIDENT_STATE_MONITORING",
      message: "Mieux.",
    };
    const updated = await rest("POST", `/v1/incidents/${incidentId}:update`, step);
    assert.equal(updated.status, 200, JSON.stringify(updated.body));
    const { etag } = (updated.body as { incident: { etag: string } }).incident;
    const end = { requestId: "r3", etag, message: "Fini." };
    assert.equal((await rest("POST", `/v1/incidents/${incidentId}:resolve`, end)).status, 200);
    await eventually(() => server.taken.length === 3);
    const told = await createClient(MailService, transport()).listMails(
      { about: incidentId },
      { headers: session },
    );
    assert.deepEqual(told.mails.map(({ kind }) => kind).toSorted(), [
      "incident-opened",
      "incident-resolved",
      "incident-updated",
    ]);
    await eventually(async () => {
      const { mails } = await createClient(MailService, transport()).listMails(
        { about: incidentId },
        { headers: session },
      );
      return mails.every(({ state, settleTime }) => state === MailState.SENT && settleTime !== undefined);
    });
  });

  test("a message may have several lines, a title may not, and neither a control character", async () => {
    const dry = { ...incident, requestId: "d1", validateOnly: true, parts: [ServicePart.DASHBOARD] };
    const open = (fields: object) => notices().openIncident({ ...dry, ...fields }, { headers: session });
    await open({});
    await assert.rejects(open({ message: "a\u0000b" }), /invalid_argument/u);
    await assert.rejects(open({ message: "a\rb" }), /invalid_argument/u);
    await assert.rejects(open({ title: "a\nb" }), /invalid_argument/u);
  });

  test("a change too soon is refused by its own error over gRPC and REST", async () => {
    const goLiveTime = timestampFromMs(Date.now() + 5 * monthMs);
    const change = { requestId: "c1", title: "Trop tôt", description: "Non.", goLiveTime };
    const isTooSoon = (error: unknown) =>
      error instanceof ConnectError &&
      error.code === Code.FailedPrecondition &&
      /article 6\.1/u.test(error.message);
    await assert.rejects(notices().announceChange(change, { headers: session }), isTooSoon);
    const date = new Date(Date.now() + 5 * monthMs).toISOString();
    const refused = await rest("POST", "/v1/changes", { ...change, goLiveTime: date });
    const [info] = (refused.body as { details: { reason: string; metadata: Record<string, string> }[] })
      .details;
    assert.deepEqual([refused.status, info?.reason], [400, "CHANGE_TOO_SOON"]);
    assert.match(info?.metadata["earliest_go_live"] ?? "", /^20\d\d-/u);
  });

  test("what goes away says so on all protocols, errors included; what stays does not", async () => {
    const withToken = { authorization: `Bearer ${service.token}` };
    const lookup = () => fetch(service.origin + lookupRoute, { headers: withToken });
    assert.equal((await lookup()).headers.get("sunset"), null);
    const goLive = Math.floor((Date.now() + 7 * monthMs) / 1000) * 1000;
    const targets = ["statutetudiant.lookup.v1.LookupService/LookupByIne"];
    const text = { title: "Fin", description: "Fin.", url: "https://api.gouv.fr/x" };
    const change = { requestId: "c2", ...text, targets, goLiveTime: timestampFromMs(goLive) };
    await notices().announceChange(change, { headers: session });
    await eventually(async () => (await lookup()).headers.has("sunset"));
    const answer = await lookup();
    assert.equal(answer.status, 200);
    assert.equal(Date.parse(answer.headers.get("sunset") ?? ""), goLive);
    assert.match(answer.headers.get("deprecation") ?? "", /^@\d{10}$/u);
    assert.equal(
      answer.headers.get("link"),
      '<https://api.gouv.fr/x>; rel="deprecation", <https://api.gouv.fr/x>; rel="sunset"',
    );
    const failed = await fetch(`${service.origin}/v1/students/000000000AA?recipient=${recipient}`, {
      headers: withToken,
    });
    assert.deepEqual([failed.status, failed.headers.has("sunset")], [404, true]);
    let grpcSunset: string | null = null;
    await createClient(LookupService, transport()).lookupByIne(
      { ine, recipient },
      {
        headers: withToken,
        onHeader(headers) {
          grpcSunset = headers.get("sunset");
        },
      },
    );
    assert.equal(grpcSunset, answer.headers.get("sunset"));
    const stays = await fetch(`${service.origin}/v1/token`, { headers: withToken });
    assert.equal(stays.headers.get("sunset"), null);
  });

  test("readers read mails and write nothing; strangers and tokens do neither", async () => {
    const reader = await signIn("reader");
    assert.equal((await rest("GET", "/v1/mails", undefined, reader)).status, 200);
    const body = {
      requestId: "x",
      ...incident,
      impact: "INCIDENT_IMPACT_DEGRADED",
      parts: ["SERVICE_PART_DASHBOARD"],
    };
    assert.equal((await rest("POST", "/v1/incidents", body, reader)).status, 403);
    assert.equal((await rest("POST", "/v1/incidents", body, {})).status, 401);
    const token = { authorization: `Bearer ${service.token}` };
    assert.equal((await rest("GET", "/v1/mails", undefined, token)).status, 401);
    assert.equal((await rest("GET", "/v1/changes?ahead_only=true", undefined, {})).status, 200);
  });

  test("a refused mail is listed, retried by an operator, and arrives", async () => {
    server.faults.push({ at: "recipient", code: 550 });
    const before = server.taken.length;
    const words = ["--title", "Panne", "--message", "Panne.", "--impact", "degraded", "--parts", "dashboard"];
    const dry = await service.statut("notice", "incident", "open", ...words);
    assert.match(dry.stdout, /^would be done: incident inc_\w+ opened; 1 e-mail; add --apply/u);
    const done = await service.statut("notice", "incident", "open", ...words, "--apply", "--json");
    assert.equal(done.code, 0, done.stderr);
    const { incident: made, told, applied } = JSON.parse(done.stdout);
    assert.deepEqual([told, applied, made.etag], [1, true, '"1"']);
    const list = async () => {
      const { stdout } = await service.statut(
        "mail",
        "list",
        "--state",
        "dead",
        "--about",
        made.incidentId,
        "--json",
      );
      return stdout === "" ? undefined : JSON.parse(stdout);
    };
    await eventually(async () => (await list()) !== undefined);
    const dead = await list();
    assert.match(dead.lastReply, /^550 /u);
    const line = (await service.statut("mail", "list", "--about", made.incidentId)).stdout;
    const instant = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;
    const [head, tail] = [`^${dead.mailId}  dead +${instant}  ${instant}  incident-opened`, "550 .*$"];
    assert.match(line, new RegExp(`${head}  contact@mairie\\.example  ${tail}`, "mu"));
    const tried = await service.statut("mail", "retry", dead.mailId, "--reason", "Boîte vidée");
    assert.match(tried.stdout, /^would queue: /u);
    const retried = await rest("POST", `/v1/mails/${dead.mailId}:retry`, {
      requestId: "m1",
      reason: "Boîte vidée",
    });
    assert.equal(retried.status, 200);
    await eventually(() => server.taken.length === before + 1);
    const twice = await rest("POST", `/v1/mails/${dead.mailId}:retry`, { requestId: "m2", reason: "Encore" });
    const [info] = (twice.body as { details: { reason: string }[] }).details;
    assert.deepEqual([twice.status, info?.reason], [400, "MAIL_NOT_STUCK"]);
  });

  test("the log tells where mail goes, and no address, password or text of it", async () => {
    assert.match(service.log(), /"transport":"SMTP 127\.0\.0\.1:\d+"/u);
    for (const secret of ["mot-de-passe", "mairie.example", "Patience."])
      assert.ok(!service.log().includes(secret), secret);
  });

  test("every letter can be previewed as it is kept, as text and as HTML", async () => {
    const names = (await service.statut("mail", "preview")).stdout.trimEnd().split("\n");
    assert.deepEqual(names, Object.keys(sampleLetters));
    const kept = (name: string) => readFileSync(fromRoot(`test/golden/mail/${name}`), "utf8");
    const text = await service.statut("mail", "preview", "breach-notice");
    assert.equal(text.stdout, kept("breach-notice.txt"));
    const html = await service.statut("mail", "preview", "breach-notice", "--html");
    assert.equal(html.stdout, kept("breach-notice.html"));
    const unknown = await service.statut("mail", "preview", "constructor");
    assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
  });

  test("jobs are listed with their recurrence, and run on demand", async () => {
    const listed = await service.statut("jobs", "list", "--json");
    const jobs = listed.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.ok(
      jobs.some(({ name, recurrence }) => name === "change-reminders" && recurrence === "daily at 09:00"),
    );
    const run = await service.statut("jobs", "run", "change-reminders", "--json");
    assert.deepEqual([run.code, JSON.parse(run.stdout)], [0, { name: "change-reminders", outcome: "done" }]);
    assert.match((await service.statut("jobs", "list")).stdout, /^change-reminders .* last done$/mu);
    assert.equal((await service.statut("jobs", "run", "nothing")).code, 1);
  });
});

// Who consulted a student's data, asked over gRPC and over REST, on SQLite and on PostgreSQL, of the service as a process
// of its own; and what such a search leaves behind.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, suite, test } from "node:test";
import { AuditService } from "../../src/gen/statutetudiant/audit/v1/audit_pb.ts";
import { JournalService } from "../../src/gen/statutetudiant/journal/v1/journal_pb.ts";
import {
  newRequest,
  type PeopleClient,
  peopleClients,
  refusalOf,
  signInOperator,
} from "../support/people-clients.ts";
import type { RunningService } from "../support/service.ts";
import { servicePlaces } from "../support/service-places.ts";
import { assertWhole, bearer, ine, recipient } from "../support/whole-service.ts";

const { searchCalls, openCall } = JournalService.method;
const reason = "Demande d'accès 2026-114";
const demonstrationSiret = "99999999900017";

const { places, stop } = await servicePlaces();
after(stop);

for (const [name, start] of places) {
  suite(`a search of the journal on ${name}`, async () => {
    const service = await start();
    after(() => service[Symbol.asyncDispose]());
    const callId = await lookUp(service, "agent-7");
    testTerminal(service, callId);
    for (const connect of peopleClients) testSearch(service, connect(service.origin), callId);
    test("the service is whole", () => assertWhole(service));
  });
}

/** A lookup that finds the student of `ine`; the identifier of the call. */
async function lookUp(service: RunningService, agent: string): Promise<string> {
  const target = `${service.origin}/v1/students/${ine}?recipient=${recipient}&agent=${agent}`;
  const answer = await fetch(target, { headers: bearer(service.token) });
  assert.equal(answer.status, 200, await answer.text());
  return answer.headers.get("x-request-id") ?? "";
}

function testTerminal(service: RunningService, callId: string): void {
  test("at the terminal is an event of the same log, with what was opened counted", async () => {
    const search = ["journal", "search", "--request-id", callId, "--reason", reason, "--json"];
    const { code, stdout, stderr } = await service.statut(...search);
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).ine, ine);
    const listed = await service.statut("audit", "list", "--subject", callId, "--json");
    const event = JSON.parse(listed.stdout);
    assert.deepEqual(
      [event.action, event.actor.kind, event.reason, event.after],
      ["journal.search", "terminal", reason, { callId, lines: 1 }],
    );
    assert.equal((await service.statut("audit", "verify")).code, 0);
  });
}

function testSearch(service: RunningService, client: PeopleClient, callId: string): void {
  suite(`over ${client.name}`, { concurrency: 1 }, () => {
    let [reader, instructor] = ["", ""];
    const search = (criteria: object, session = instructor) =>
      client.call(searchCalls, { ...newRequest(), reason, ...criteria }, session);
    const events = async () => {
      const request = { action: "journal.search", orderBy: "sequence desc", pageSize: 200 };
      return (await client.call(AuditService.method.listAuditEvents, request, instructor)).events;
    };

    test("is for those who instruct", async () => {
      const email = (role: string) => `${role}.${client.name.toLowerCase()}@example.gouv.fr`;
      reader = await signInOperator(service, client, email("reader"), "reader");
      instructor = await signInOperator(service, client, email("instructor"), "instructor");
      assert.equal((await refusalOf(search({ ine }, reader))).reason, "ROLE_INSUFFICIENT");
    });

    test("wants a criterion, a reason, and no INE in the reason; what is refused leaves no event", async () => {
      const before = (await events()).length;
      for (const wrong of [
        {},
        { ine, reason: "" },
        { ine, reason: "x".repeat(501) },
        { ine, reason: `Pour ${ine.toLowerCase()}` },
        { callId, reason: `Pour ${ine.toLowerCase()}` },
        { callId, reason: "Pour 9999999999Z, qui n'y est pas" },
        { ine: "12345" },
        { ine, pageToken: "autre" },
      ]) {
        assert.equal((await refusalOf(search(wrong))).reason, "INVALID_REQUEST", JSON.stringify(wrong));
      }
      assert.equal((await events()).length, before);
    });

    test("by INE names the partner, the agent and the recipient", async () => {
      const { calls } = await search({ ine: ine.toLowerCase() });
      const found = calls.find((call) => call.callId === callId);
      assert.deepEqual(
        [found?.holder?.partnerSiret, found?.agent, found?.recipient, found?.finding, found?.httpStatus],
        [demonstrationSiret, "agent-7", recipient, "one", 200],
      );
      const unknown = client.name === "gRPC" ? "0000000000A" : "0000000000B";
      assert.equal((await search({ ine: unknown })).calls.length, 0);
    });

    test("is found itself by the next one, under the name of whoever searched", async () => {
      const { calls } = await search({ ine });
      const own = calls.find(
        ({ method }) => method === "statutetudiant.journal.v1.JournalService/SearchCalls",
      );
      assert.deepEqual([own?.holder?.name, own?.holder?.partnerId], ["Camille Martin", ""]);
    });

    test("by token and by identifier, which hold together", async () => {
      const { calls } = await search({ callId });
      assert.deepEqual(
        calls.map((call) => call.callId),
        [callId],
      );
      const tokenId = calls[0]?.holder?.id ?? "";
      const ofToken = (await search({ tokenId })).calls;
      assert.ok(ofToken.some((call) => call.callId === callId));
      assert.ok(ofToken.every(({ holder }) => holder?.id === tokenId));
      assert.equal((await search({ ine, tokenId, callId })).calls.length, 1);
      assert.equal((await search({ tokenId: "tok_autre", callId })).calls.length, 0);
    });

    test("goes on page by page, each with an event of its own", async () => {
      for (const agent of ["p1", "p2", "p3"]) await lookUp(service, agent);
      const { calls } = await search({ callId });
      const tokenId = calls[0]?.holder?.id ?? "";
      const before = (await events()).length;
      const seen: string[] = [];
      let pageToken = "";
      do {
        const page = await search({ ine, tokenId, pageSize: 2, pageToken });
        assert.ok(page.calls.length <= 2);
        seen.push(...page.calls.map((call) => call.callId));
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      assert.ok(seen.length >= 4 && new Set(seen).size === seen.length);
      assert.equal((await events()).length - before, Math.ceil(seen.length / 2));
    });

    test("leaves sealed what was asked for; a call is opened by itself, with a reason and an event", async () => {
      const open = (fields: object, session = instructor) =>
        client.call(openCall, { ...newRequest(), callId, reason, ...fields }, session);
      const openings = async () => {
        const request = { action: "journal.open", orderBy: "sequence desc", pageSize: 200 };
        return (await client.call(AuditService.method.listAuditEvents, request, instructor)).events;
      };
      const before = (await openings()).length;
      assert.equal((await refusalOf(open({}, reader))).reason, "ROLE_INSUFFICIENT");
      assert.equal((await refusalOf(open({ reason: "" }))).reason, "INVALID_REQUEST");
      assert.equal((await refusalOf(open({ callId: "inconnu" }))).reason, "RECORD_NOT_FOUND");
      assert.equal((await openings()).length, before, "what is refused leaves no event");
      const requestId = randomUUID();
      const { opened } = await open({ requestId });
      assert.deepEqual(await open({ requestId }), await open({ requestId }));
      assert.equal(opened?.target, `/v1/students/${ine}?recipient=${recipient}&agent=agent-7`);
      assert.equal(opened?.parameters, "", "its address says it all");
      assert.deepEqual([opened?.agent, opened?.ine, opened?.finding], ["agent-7", ine, "one"]);
      const [event, ...earlier] = await openings();
      assert.equal(earlier.length, before);
      assert.deepEqual(
        [event?.subject, event?.reason, event?.actor?.name],
        [callId, reason, "Camille Martin"],
      );
      assert.match(String(event?.after?.["student"]), /^[0-9a-f]{32}$/);
      assert.ok(!JSON.stringify([event?.subject, event?.reason, event?.after]).includes(ine));
      const { calls } = await search({ ine });
      const own = calls.find(({ method }) => method === "statutetudiant.journal.v1.JournalService/OpenCall");
      assert.equal(own?.holder?.name, "Camille Martin", "the student can learn of it");
      const itself = await open({ callId: own?.callId });
      assert.equal(JSON.parse(itself.opened?.parameters ?? "").callId, callId);
    });

    test("a reason that guesses the INE of a call is refused, which tells: it leaves an event, without the reason", async () => {
      const opening = { ...newRequest(), callId, reason: `Pour ${ine.toLowerCase()}` };
      const refusal = await refusalOf(client.call(openCall, opening, instructor));
      assert.equal(refusal.reason, "INVALID_REQUEST");
      const request = { action: "journal.open", orderBy: "sequence desc", pageSize: 1 };
      const listed = await client.call(AuditService.method.listAuditEvents, request, instructor);
      const [event] = listed.events;
      assert.deepEqual([event?.requestId, event?.subject], [opening.requestId, callId]);
      assert.ok(!JSON.stringify([event?.reason, event?.after]).toUpperCase().includes(ine));
    });

    test("is one event of the audit log, with the reason and never with the INE", async () => {
      const requestId = randomUUID();
      for (let count = 0; count < 2; count += 1) await search({ ine, requestId });
      const own = (await events()).filter((event) => event.requestId === requestId);
      const [event] = own;
      assert.equal(own.length, 1);
      assert.deepEqual([event?.reason, event?.actor?.name], [reason, "Camille Martin"]);
      assert.match(event?.subject ?? "", /^[0-9a-f]{32}$/);
      assert.deepEqual(event?.after, { student: event?.subject });
      const texts = (await events()).map(({ reason: why, after, subject }) =>
        JSON.stringify([why, after, subject]),
      );
      assert.ok(texts.every((text) => !text.toUpperCase().includes(ine)));
      assert.equal((await refusalOf(search({ callId, requestId }))).reason, "REQUEST_ID_REUSED");
    });
  });
}

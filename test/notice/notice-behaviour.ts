// What must hold of incidents, changes and maintenances on every database.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { findRecipients } from "../../src/assembly/mail-recipients.ts";
import { readEventsAfter } from "../../src/audit/audit-storage.ts";
import {
  AnnounceChangeRequestSchema,
  AnnounceMaintenanceRequestSchema,
  CancelMaintenanceRequestSchema,
  IncidentImpact,
  IncidentState,
  ListIncidentsRequestSchema,
  OpenIncidentRequestSchema,
  RescheduleChangeRequestSchema,
  ResolveIncidentRequestSchema,
  ServicePart,
  UpdateIncidentRequestSchema,
  WithdrawChangeRequestSchema,
} from "../../src/gen/statutetudiant/notice/v1/notice_pb.ts";
import { createGoingAway, followChanges } from "../../src/notice/going-away.ts";
import { listAnnouncedWindows } from "../../src/notice/maintenance-storage.ts";
import { createReminders } from "../../src/notice/reminders-job.ts";
import { createTermsMail } from "../../src/notice/terms-job.ts";
import { createJobStorage } from "../../src/schedule/job-storage.ts";
import { runJob } from "../../src/schedule/run-job.ts";
import { registerJobs } from "../../src/schedule/scheduler.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import { actor, addPartner, type NoticeBench, openNoticeBench, request, start } from "./notice-fixture.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const one = "13002526500013";
const other = "99999999900009";
/** Six calendar months after the start, to the millisecond: both are eight in the evening UTC plus summer time. */
const sixMonths = Date.parse("2027-05-25T19:00:00Z");
const goingAway = "GET /v1/students:lookupByIdentity";

const incident = {
  title: "Réponses lentes",
  message: "Les réponses prennent plusieurs secondes.",
  impact: IncidentImpact.DEGRADED,
  parts: [ServicePart.LOOKUP_BY_INE],
};

function change(goLiveAt: number, fields: object = {}) {
  const text = { title: "Fin de la recherche par adresse", description: "Utilisez POST." };
  return request(AnnounceChangeRequestSchema, { ...text, goLiveTime: timestampFromMs(goLiveAt), ...fields });
}

export function testNotices(kind: DatabaseKind): void {
  const check = (name: string, work: (bench: NoticeBench) => Promise<void>) =>
    test(name, async () => {
      await using bench = await openNoticeBench(kind);
      await work(bench);
    });

  check(
    "an incident is opened, updated and resolved, and technical contacts are told each time",
    async (bench) => {
      await addPartner(bench.database, bench.clock, one, ["technical"], ["administrative"]);
      const { incidents, reader } = bench.notices;
      const opened = await incidents.open(request(OpenIncidentRequestSchema, incident), actor);
      assert.equal(opened.told, 1);
      const { incidentId = "", etag = "" } = opened.incident ?? {};
      bench.clock.advance(hourMs);
      const step = { incidentId, etag, message: "Un index manquait.", state: IncidentState.IDENTIFIED };
      const updated = await incidents.update(request(UpdateIncidentRequestSchema, step), actor);
      const end = { incidentId, etag: updated.incident?.etag ?? "", message: "Rétabli." };
      await incidents.resolve(request(ResolveIncidentRequestSchema, end), actor);
      for (const kindOfMail of ["incident-opened", "incident-updated", "incident-resolved"]) {
        assert.deepEqual(await bench.told(kindOfMail), [`${one}-0@mairie.example`], kindOfMail);
      }
      const status = await reader.status();
      assert.deepEqual([status.openIncidents.length, status.pastIncidents.length], [0, 1]);
      const messages = status.pastIncidents[0]?.updates.map(({ message }) => message);
      assert.deepEqual(messages, [incident.message, "Un index manquait.", "Rétabli."]);
      const events = await readEventsAfter(bench.database.knex, 0, 10);
      const actions = ["incident.opened", "incident.updated", "incident.resolved"];
      assert.deepEqual(
        events.map(({ action }) => action).filter((action) => action.startsWith("incident.")),
        actions,
      );
      bench.clock.advance(91 * dayMs);
      assert.equal((await reader.status()).pastIncidents.length, 0);
    },
  );

  check("a major outage is told to administrative contacts too, to its end", async (bench) => {
    await addPartner(bench.database, bench.clock, one, ["technical"], ["administrative"], ["business"]);
    const { incidents } = bench.notices;
    const major = { ...incident, impact: IncidentImpact.MAJOR_OUTAGE };
    const opened = await incidents.open(request(OpenIncidentRequestSchema, major), actor);
    const { incidentId = "", etag = "" } = opened.incident ?? {};
    const better = {
      incidentId,
      etag,
      message: "Mieux.",
      state: IncidentState.MONITORING,
      impact: IncidentImpact.DEGRADED,
    };
    const updated = await incidents.update(request(UpdateIncidentRequestSchema, better), actor);
    assert.deepEqual([opened.told, updated.told], [2, 2]);
  });

  check("every partner is told, through whom it has, but for those whose access has ended", async (bench) => {
    await addPartner(bench.database, bench.clock, one, ["business"]);
    const ended = await addPartner(bench.database, bench.clock, other, ["technical"]);
    await bench.database.knex("partners").where("id", ended).update({ state: "terminated" });
    const opened = await bench.notices.incidents.open(request(OpenIncidentRequestSchema, incident), actor);
    assert.equal(opened.told, 1);
    assert.deepEqual(await bench.told("incident-opened"), [`${one}-0@mairie.example`]);
  });

  check("a repeated request tells nobody again; a dry run tells nobody at all", async (bench) => {
    await addPartner(bench.database, bench.clock, one, ["technical"]);
    const { incidents, reader } = bench.notices;
    const dry = await incidents.open(
      request(OpenIncidentRequestSchema, { ...incident, validateOnly: true }),
      actor,
    );
    assert.equal(dry.told, 1);
    assert.deepEqual([await bench.mails(), (await reader.status()).openIncidents], [[], []]);
    const once = request(OpenIncidentRequestSchema, incident);
    const first = await incidents.open(once, actor);
    const second = await incidents.open(once, actor);
    assert.equal(second.incident?.incidentId, first.incident?.incidentId);
    assert.equal((await bench.mails()).length, 1);
  });

  check("of two edits of the same reading one is refused; what is over is not edited", async (bench) => {
    const { incidents } = bench.notices;
    const opened = await incidents.open(request(OpenIncidentRequestSchema, incident), actor);
    const { incidentId = "", etag = "" } = opened.incident ?? {};
    const step = () =>
      incidents.update(
        request(UpdateIncidentRequestSchema, {
          incidentId,
          etag,
          message: "Vu.",
          state: IncidentState.IDENTIFIED,
        }),
        actor,
      );
    const results = await Promise.allSettled([step(), step()]);
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason.id] : []));
    assert.deepEqual(refused, ["edit_conflict"]);
    const end = { incidentId, etag: '"2"', message: "Rétabli." };
    await incidents.resolve(request(ResolveIncidentRequestSchema, end), actor);
    const again = { ...end, etag: '"3"' };
    await assert.rejects(incidents.resolve(request(ResolveIncidentRequestSchema, again), actor), {
      id: "notice_ended",
    });
    const nobody = { ...end, incidentId: "inc_none" };
    await assert.rejects(incidents.resolve(request(ResolveIncidentRequestSchema, nobody), actor), {
      id: "record_not_found",
    });
  });

  check(
    "no notice carries a token or a student's number, also when there is nobody to tell",
    async (bench) => {
      const { incidents, reader } = bench.notices;
      for (const message of ["stetu_0123456789abcdef", "L'étudiant 951242368CR"]) {
        const open = incidents.open(request(OpenIncidentRequestSchema, { ...incident, message }), actor);
        await assert.rejects(open, { id: "mail_unsafe" });
      }
      assert.equal((await reader.status()).openIncidents.length, 0);
    },
  );

  check("incidents are listed in pages, each with what was told", async (bench) => {
    const { incidents, reader } = bench.notices;
    for (let count = 0; count < 5; count += 1) {
      bench.clock.advance(1000);
      await incidents.open(
        request(OpenIncidentRequestSchema, { ...incident, title: `Incident ${count}` }),
        actor,
      );
    }
    const titles: string[] = [];
    let pageToken = "";
    do {
      const page = await reader.incidents(create(ListIncidentsRequestSchema, { pageSize: 2, pageToken }));
      titles.push(...page.incidents.map(({ title }) => title));
      assert.ok(page.incidents.every(({ updates }) => updates.length === 1));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    assert.deepEqual(
      titles,
      [4, 3, 2, 1, 0].map((count) => `Incident ${count}`),
    );
  });

  check(
    "a change goes live six calendar months after its announcement, not a moment sooner",
    async (bench) => {
      await addPartner(bench.database, bench.clock, one, ["technical"], ["administrative"]);
      const { changes } = bench.notices;
      await assert.rejects(changes.announce(change(sixMonths - 1), actor), (error: never) => {
        const { id, options } = error as { id: string; options: { metadata: object } };
        assert.equal(id, "change_too_soon");
        assert.deepEqual(options.metadata, { earliest_go_live: "2027-05-25T19:00:00.000Z" });
        return true;
      });
      assert.deepEqual(await bench.mails(), []);
      const announced = await changes.announce(change(sixMonths), actor);
      assert.equal(announced.told, 2);
    },
  );

  check(
    "a date moves later freely, sooner only six months from now, and withdrawn is withdrawn",
    async (bench) => {
      await addPartner(bench.database, bench.clock, one, ["technical"]);
      const { changes } = bench.notices;
      const announced = await changes.announce(change(sixMonths + 60 * dayMs), actor);
      const { changeId = "" } = announced.change ?? {};
      const move = (goLiveAt: number, etag: string) =>
        changes.reschedule(
          request(RescheduleChangeRequestSchema, {
            ...{ changeId, etag, reason: "Demandé." },
            goLiveTime: timestampFromMs(goLiveAt),
          }),
          actor,
        );
      bench.clock.advance(30 * dayMs);
      await assert.rejects(move(sixMonths + 20 * dayMs, '"1"'), { id: "change_too_soon" });
      await move(sixMonths + 90 * dayMs, '"1"');
      await move(sixMonths + 40 * dayMs, '"2"');
      const withdrawal = request(WithdrawChangeRequestSchema, {
        changeId,
        etag: '"3"',
        reason: "Abandonné.",
      });
      await changes.withdraw(withdrawal, actor);
      await assert.rejects(move(sixMonths + 99 * dayMs, '"4"'), { id: "notice_ended" });
      const kinds = (await bench.mails()).map((mail) => mail.kind);
      assert.deepEqual(kinds.toSorted(), [
        ...["change-announced", "change-rescheduled", "change-rescheduled", "change-withdrawn"],
      ]);
    },
  );

  check("only methods and routes that exist go away", async (bench) => {
    const { changes } = bench.notices;
    const targets = ["GET /v1/nowhere"];
    await assert.rejects(changes.announce(change(sixMonths, { targets }), actor), { id: "invalid_request" });
    const known = [goingAway, "statutetudiant.token.v1.TokenService/Introspect"];
    await changes.announce(change(sixMonths, { targets: known }), actor);
  });

  check("what goes away says since when and until when, while the change stands", async (bench) => {
    const directory = createGoingAway({
      ...bench,
      report: (cause) => assert.fail(String(cause)),
      lookEveryMs: hourMs,
    });
    const lookup = "statutetudiant.lookup.v1.LookupService/LookupByIdentity";
    const headers = (method: string, rpc = lookup) =>
      directory.headersOf(rpc, method, "/v1/students:lookupByIdentity");
    await directory.refresh();
    assert.equal(headers("GET"), undefined);
    const url = "https://api.gouv.fr/documentation/api-statutetudiant";
    const { changes } = bench.notices;
    const announced = await changes.announce(change(sixMonths, { targets: [goingAway], url }), actor);
    await directory.refresh();
    assert.deepEqual(headers("GET"), {
      deprecation: `@${start / 1000}`,
      sunset: "Tue, 25 May 2027 19:00:00 GMT",
      link: `<${url}>; rel="deprecation", <${url}>; rel="sunset"`,
    });
    assert.equal(headers("POST"), undefined);
    await changes.announce(change(sixMonths + dayMs, { targets: [lookup] }), actor);
    await directory.refresh();
    assert.equal(headers("POST")?.sunset, "Wed, 26 May 2027 19:00:00 GMT");
    // Its route goes away a day before the rest of the method.
    assert.equal(headers("GET")?.sunset, "Tue, 25 May 2027 19:00:00 GMT");
    const { changeId = "", etag = "" } = announced.change ?? {};
    await changes.withdraw(request(WithdrawChangeRequestSchema, { changeId, etag, reason: "Non." }), actor);
    await directory.refresh();
    assert.equal(headers("GET")?.link, undefined);
    const odd = { targets: [goingAway], url: 'https://a.fr/x>;rel="next",<https://b.fr' };
    await changes.announce(change(sixMonths, odd), actor);
    await directory.refresh();
    const target = "https://a.fr/x%3E;rel=%22next%22,%3Chttps://b.fr";
    assert.equal(headers("GET")?.link, `<${target}>; rel="deprecation", <${target}>; rel="sunset"`);
    directory.close();
    // An instance that starts says so from its first answer on.
    const started = await followChanges({
      ...bench,
      report: (cause) => assert.fail(String(cause)),
      lookEveryMs: hourMs,
    });
    const first = started.headersOf(lookup, "POST", "/v1/students:lookupByIdentity");
    assert.equal(first?.sunset, "Wed, 26 May 2027 19:00:00 GMT");
    started.close();
  });

  check(
    "partners are reminded of a change 90, 30, 7 and 1 days before, once each, whatever stops",
    async (bench) => {
      await addPartner(bench.database, bench.clock, one, ["technical"]);
      await bench.notices.changes.announce(change(sixMonths), actor);
      const reminders = createReminders({ ...bench, findRecipients });
      const storage = createJobStorage(bench.database);
      const run = () => runJob(reminders, { ...bench, storage, holder: "a", report: assert.fail });
      await registerJobs([reminders], storage, bench.clock);
      for (let day = 0; day < 190; day += 1) {
        bench.clock.advance(dayMs);
        // The service is down for a fortnight around the second reminder.
        if (day > 145 && day < 160) continue;
        await run();
        await run();
      }
      const subjects = await bench.mails("change-reminder");
      const texts = subjects.map(({ content }) => /demain|dans \d+ jours/u.exec(content.text)?.[0]);
      assert.deepEqual(texts, ["dans 90 jours", "dans 20 jours", "dans 7 jours", "demain"]);
    },
  );

  // The last hour is in the night in which clocks go back, the one before in that in which they go forward.
  for (const goLiveTime of [
    "2027-06-02T06:00Z",
    "2027-06-02T14:00Z",
    "2028-03-26T07:30Z",
    "2027-10-31T08:00Z",
  ]) {
    check(`a change of ${goLiveTime} is "tomorrow" on the day before it in Paris`, async (bench) => {
      await addPartner(bench.database, bench.clock, one, ["technical"]);
      const goLiveAt = Date.parse(goLiveTime);
      await bench.notices.changes.announce(change(goLiveAt), actor);
      const reminders = createReminders({ ...bench, findRecipients });
      const storage = createJobStorage(bench.database);
      await registerJobs([reminders], storage, bench.clock);
      bench.clock.set(goLiveAt - 95 * dayMs);
      for (let run = 0; run < 100; run += 1) {
        bench.clock.set(Math.max(bench.clock.now(), (await storage.list())[0]?.dueAt ?? 0));
        const outcome = await runJob(reminders, { ...bench, storage, holder: "a", report: assert.fail });
        assert.equal(outcome, "done");
      }
      const dayOf = new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Paris" });
      const told = (await bench.mails("change-reminder")).map(({ content, createdAt }) => {
        const [, days = "1"] = /dans (\d+) jours|demain/u.exec(content.text) ?? assert.fail(content.text);
        const after = new Date(Date.parse(dayOf.format(createdAt)) + Number(days) * dayMs);
        return [days, after.toISOString().slice(0, 10)];
      });
      const day = dayOf.format(goLiveAt);
      assert.deepEqual(
        told,
        ["90", "30", "7", "1"].map((days) => [days, day]),
      );
    });
  }

  check("a major version of the terms is mailed to every contact, once", async (bench) => {
    await addPartner(bench.database, bench.clock, one, ["technical"], ["administrative"]);
    await addPartner(bench.database, bench.clock, other, ["business"]);
    const version = {
      id: "trm_2",
      number: "2.0",
      summary: "Article 4.",
      effectiveAt: start + 90 * dayMs,
      url: "https://s.fr/",
    };
    let untold = [version];
    const terms = createTermsMail({
      ...bench,
      findRecipients,
      findUntold: async () => untold,
      markTold: async () => {
        untold = [];
      },
    });
    const storage = createJobStorage(bench.database);
    await registerJobs([terms], storage, bench.clock);
    for (let count = 0; count < 3; count += 1) {
      bench.clock.advance(5 * 60_000);
      await runJob(terms, { ...bench, storage, holder: "a", report: assert.fail });
    }
    assert.equal((await bench.mails("terms-major")).length, 3);
    // Were it not recorded, the outbox would still tell nobody twice.
    untold = [version];
    bench.clock.advance(5 * 60_000);
    await runJob(terms, { ...bench, storage, holder: "a", report: assert.fail });
    assert.equal((await bench.mails("terms-major")).length, 3);
  });

  check(
    "a maintenance is announced ahead, counts as such, and can be cancelled until it begins",
    async (bench) => {
      await addPartner(bench.database, bench.clock, one, ["technical"]);
      const { maintenances, reader } = bench.notices;
      const announce = (from: number, to: number) =>
        maintenances.announce(
          request(AnnounceMaintenanceRequestSchema, {
            ...{ title: "Mise à jour", description: "Arrêt.", parts: [ServicePart.LOOKUP_BY_INE] },
            ...{ startTime: timestampFromMs(from), endTime: timestampFromMs(to) },
          }),
          actor,
        );
      for (const [from, to] of [
        [start, start + hourMs],
        [start + hourMs, start + hourMs],
        [start + hourMs, start + 74 * hourMs],
      ] as const) {
        await assert.rejects(announce(from, to), { id: "invalid_request" });
      }
      const first = await announce(start + dayMs, start + dayMs + hourMs);
      const second = await announce(start + 2 * dayMs, start + 2 * dayMs + hourMs);
      const windows = () => listAnnouncedWindows(bench.database.knex, start + dayMs + 1, start + 30 * dayMs);
      assert.equal((await windows()).length, 2);
      const cancel = (answer: typeof first) =>
        maintenances.cancel(
          request(CancelMaintenanceRequestSchema, {
            maintenanceId: answer.maintenance?.maintenanceId ?? "",
            ...{ etag: answer.maintenance?.etag ?? "", reason: "Reportée." },
          }),
          actor,
        );
      await cancel(second);
      bench.clock.advance(dayMs);
      await assert.rejects(cancel(first), { id: "notice_ended" });
      const [window, none] = await windows();
      assert.deepEqual([window?.from, none], [start + dayMs, undefined]);
      assert.equal((await reader.status()).maintenances.length, 1);
      assert.deepEqual((await bench.mails()).map((mail) => mail.kind).toSorted(), [
        "maintenance-announced",
        "maintenance-announced",
        "maintenance-cancelled",
      ]);
    },
  );
}

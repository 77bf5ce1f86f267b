import assert from "node:assert/strict";
import { test } from "node:test";
import type { Acting } from "../../src/audit/acting.ts";
import {
  AddBreachNoteRequestSchema,
  AnswerBreachRequestSchema,
  AssessBreachRequestSchema,
  type Breach,
  BreachEntryKind,
  BreachSeverity,
  BreachState,
  CloseBreachRequestSchema,
  Commitment,
  GetBreachRequestSchema,
  GiveNoticeRequestSchema,
  ListBreachesRequestSchema,
  RecordBreachRequestSchema,
  RemedyBreachRequestSchema,
  SuspendForBreachRequestSchema,
} from "../../src/gen/statutetudiant/breach/v1/breach_pb.ts";
import {
  GetPartnerRequestSchema,
  PartnerState,
  SuspendPartnerRequestSchema,
  TerminatePartnerRequestSchema,
} from "../../src/gen/statutetudiant/partner/v1/partner_pb.ts";
import { OperatorBody } from "../../src/gen/statutetudiant/rules/v1/roles_pb.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import {
  type AdministrationWorld,
  activePartner,
  addContact,
  ask,
  dayMs,
  mailsAbout,
  openWorld,
  present,
  refusal,
  refusalId,
  register,
} from "./world.ts";

const body = OperatorBody.MINISTRY;
const reason = "Constaté";

export function testBreaches(kind: DatabaseKind): void {
  test("a breach is recorded of an active or suspended partner", async () => {
    await using world = await openWorld(kind);
    const requested = await register(world);
    assert.equal(await refusalId(record(world, requested.id)), "breach_partner_state");
    assert.equal(await refusalId(record(world, "prt_none")), "record_not_found");
    const { partner } = await activePartner(world);
    const breach = await record(world, partner.id);
    assert.deepEqual([breach.state, breach.remedyBy, breach.overdue], [BreachState.RECORDED, "", false]);
  });

  test("contacts see what they were told, without descriptions and notes", async () => {
    await using world = await openWorld(kind);
    const { breaches } = world.administration;
    const { partner, acting } = await activePartner(world);
    const other = await activePartner(world);
    const breach = await record(world, partner.id);
    const seen = async (who: Acting) =>
      (await breaches.list(who, ask(ListBreachesRequestSchema, {}))).breaches.map(({ id }) => id);
    const get = (who: Acting) => breaches.get(who, ask(GetBreachRequestSchema, { id: breach.id }));
    const answer = (who: Acting) =>
      breaches.answer(who, ask(AnswerBreachRequestSchema, { id: breach.id, text: "Nous remédions." }));
    assert.deepEqual(await seen(acting), []);
    const hidden = [get(acting), answer(acting), get(other.acting), answer(other.acting)].map(refusalId);
    assert.deepEqual(new Set(await Promise.all(hidden)), new Set(["record_not_found"]));
    const note = { id: breach.id, text: "Deuxième signalement." };
    await breaches.addNote(world.instructor, ask(AddBreachNoteRequestSchema, note));
    await giveNotice(world, breach.id, 10);
    await answer(acting);
    assert.deepEqual([await seen(acting), await seen(other.acting)], [[breach.id], []]);
    const { breach: shown, entries } = await get(acting);
    assert.equal(shown.description, "");
    assert.deepEqual(
      entries.map((entry) => entry.kind),
      [BreachEntryKind.NOTICE, BreachEntryKind.ANSWER],
    );
    assert.equal((await get(world.instructor)).entries.length, 3);
    assert.equal(await refusalId(get(other.acting)), "record_not_found");
    const foreign = ask(ListBreachesRequestSchema, { partnerId: partner.id });
    assert.equal(await refusalId(breaches.list(other.acting, foreign)), "record_not_found");
  });

  test("a notice is mailed to those who answer for the partner, each deadline once", async () => {
    await using world = await openWorld(kind);
    const { partner, contact } = await activePartner(world);
    await addContact(world, partner.id, "business");
    const other = await activePartner(world);
    const { id } = await record(world, partner.id);
    assert.deepEqual(await mailsAbout(world, id), [], "what is only recorded is not told");
    await giveNotice(world, id, 10, true);
    assert.deepEqual(await mailsAbout(world, id), [], "a dry run tells nobody");
    await giveNotice(world, id, 10);
    await giveNotice(world, id, 20);
    const mails = await mailsAbout(world, id);
    const { email } = contact;
    assert.deepEqual(
      mails.map((mail) => [mail.kind, mail.recipient.address]),
      Array(2).fill(["breach-notice", email]),
    );
    const { text = "" } = mails[0]?.content ?? {};
    for (const told of ["Remédiez.", "sécurité des données", `/tableau-de-bord/manquements/${id}`]) {
      assert.ok(text.includes(told), text);
    }
    assert.ok(!text.includes("Fuite de données"), "the description is among operators");
    const kinds = (await mailsAbout(world, other.partner.id)).map((mail) => mail.kind);
    assert.deepEqual(kinds, ["partner-activate"], "another partner hears nothing of it");
  });

  test("a deadline passes at the end of its day, and can be moved later only", async () => {
    await using world = await openWorld(kind);
    const { partner } = await activePartner(world);
    const { id } = await record(world, partner.id);
    const untouched = await record(world, partner.id);
    assert.equal(await refusalId(giveNotice(world, id, 0)), "breach_deadline_past");
    const notified = await giveNotice(world, id, 3);
    assert.equal(await refusalId(giveNotice(world, id, 3)), "breach_deadline_not_later");
    const overdue = async () =>
      (
        await world.administration.breaches.list(
          world.instructor,
          ask(ListBreachesRequestSchema, { overdue: true }),
        )
      ).breaches;
    world.clock.date += 3 * dayMs;
    assert.deepEqual(await overdue(), []);
    world.clock.date += dayMs;
    assert.deepEqual(
      (await overdue()).map((breach) => [breach.id, breach.overdue, breach.remedyBy]),
      [[id, true, notified.remedyBy]],
    );
    await giveNotice(world, id, 5);
    assert.deepEqual(await overdue(), []);
    assert.notEqual(untouched.id, id);
  });

  test("an ordinary breach suspends after its deadline only", async () => {
    await using world = await openWorld(kind);
    const { partner } = await activePartner(world);
    const { id } = await record(world, partner.id);
    assert.equal(await refusalId(suspend(world, id)), "breach_suspend_without_notice");
    const { remedyBy } = await giveNotice(world, id, 3);
    const early = await refusal(suspend(world, id));
    assert.deepEqual(
      [early.id, early.options.metadata],
      ["breach_suspend_before_deadline", { remedy_by: remedyBy }],
    );
    assert.equal(await stateOf(world, partner.id), PartnerState.ACTIVE);
    world.clock.date += 4 * dayMs;
    assert.equal((await suspend(world, id)).state, BreachState.SUSPENDED);
    assert.equal(await stateOf(world, partner.id), PartnerState.SUSPENDED);
    assert.equal(await refusalId(suspend(world, id)), "breach_suspend_suspended");
  });

  for (const [name, severity] of [
    ["serious", BreachSeverity.SERIOUS],
    ["persistent", BreachSeverity.PERSISTENT],
  ] as const) {
    test(`a ${name} breach suspends at once, and the partner learns of it`, async () => {
      await using world = await openWorld(kind);
      const { partner, acting } = await activePartner(world);
      const { id } = await record(world, partner.id);
      const assess = { ...(await change(world, id)), severity, reason };
      await world.administration.breaches.assess(world.instructor, ask(AssessBreachRequestSchema, assess));
      await suspend(world, id, world.dinum, OperatorBody.DINUM);
      assert.equal(await stateOf(world, partner.id), PartnerState.SUSPENDED);
      const { entries } = await world.administration.breaches.get(
        acting,
        ask(GetBreachRequestSchema, { id }),
      );
      assert.deepEqual(
        entries.map((entry) => [entry.kind, entry.text, entry.body]),
        [[BreachEntryKind.SUSPENSION, reason, OperatorBody.DINUM]],
      );
      const told = (await mailsAbout(world, partner.id)).find((mail) => mail.kind === "partner-suspend");
      assert.match(told?.content.text ?? "", /numérique \(DINUM\) a suspendu.*Motif : Constaté/su);
    });
  }

  test("a partner that is suspended already stays so, one that is terminated is past suspending", async () => {
    await using world = await openWorld(kind);
    const { decisions, partners } = world.administration;
    const { partner } = await activePartner(world);
    const first = await record(world, partner.id, BreachSeverity.SERIOUS);
    const second = await record(world, partner.id, BreachSeverity.SERIOUS);
    const { id, etag } = partner;
    await decisions.suspend(world.instructor, ask(SuspendPartnerRequestSchema, { id, etag, reason, body }));
    assert.equal((await suspend(world, first.id)).state, BreachState.SUSPENDED);
    const read = await partners.get(world.instructor, ask(GetPartnerRequestSchema, { id }));
    const end = { id, etag: read.partner.etag ?? "", reason, body };
    await decisions.terminate(world.administrator, ask(TerminatePartnerRequestSchema, end));
    assert.equal(await refusalId(suspend(world, second.id)), "partner_suspend_terminated");
    const { breach } = await world.administration.breaches.get(
      world.instructor,
      ask(GetBreachRequestSchema, { id: second.id }),
    );
    assert.equal(breach.state, BreachState.RECORDED, "half of it was done");
  });

  test("what is remedied or closed is over", async () => {
    await using world = await openWorld(kind);
    const { partner, acting } = await activePartner(world);
    for (const end of ["remedy", "close"] as const) {
      const over = end === "remedy" ? "remedied" : "closed";
      const { id } = await record(world, partner.id);
      if (end === "remedy") assert.equal(await refusalId(finish(world, end, id)), "breach_remedy_recorded");
      await giveNotice(world, id, 3);
      await finish(world, end, id);
      const { breaches } = world.administration;
      const severity = BreachSeverity.SERIOUS;
      const assess = async () =>
        breaches.assess(
          world.instructor,
          ask(AssessBreachRequestSchema, { ...(await change(world, id)), severity, reason }),
        );
      assert.equal(await refusalId(assess()), `breach_assess_${over}`);
      assert.equal(await refusalId(giveNotice(world, id, 9)), `breach_notify_${over}`);
      assert.equal(await refusalId(suspend(world, id)), `breach_suspend_${over}`);
      assert.equal(await refusalId(finish(world, "remedy", id)), `breach_remedy_${over}`);
      assert.equal(await refusalId(finish(world, "close", id)), `breach_close_${over}`);
      const answer = breaches.answer(acting, ask(AnswerBreachRequestSchema, { id, text: "Encore" }));
      assert.equal(await refusalId(answer), `breach_answer_${over}`);
    }
  });

  test("edits of another revision are refused, and decisions for another body", async () => {
    await using world = await openWorld(kind);
    const { breaches } = world.administration;
    const { partner } = await activePartner(world);
    const { id } = await record(world, partner.id, BreachSeverity.SERIOUS);
    const stale = { id, etag: '"9"', reason, body };
    const suspension = ask(SuspendForBreachRequestSchema, stale);
    assert.equal(await refusalId(breaches.suspend(world.instructor, suspension)), "edit_conflict");
    const foreign = suspend(world, id, world.dinum, OperatorBody.MINISTRY);
    assert.equal(await refusalId(foreign), "body_not_yours");
  });

  test("a repeated answer is one entry, and entries have a bound", async () => {
    await using world = await openWorld(kind);
    const { breaches } = world.administration;
    const { partner, acting } = await activePartner(world);
    const { id } = await record(world, partner.id);
    await giveNotice(world, id, 3);
    const request = ask(AnswerBreachRequestSchema, { id, text: "Deux lignes\nde réponse" });
    const [first, second] = [await breaches.answer(acting, request), await breaches.answer(acting, request)];
    assert.equal(first.entry?.id, second.entry?.id);
    const rows = Array.from({ length: 498 }, (_, index) => ({
      ...{ id: `not_${index}`, breach_id: id, kind: "note", text: "x", author_id: "a", author_name: "A" },
      ...{ created_at: 1, place: index + 3 },
    }));
    await world.database.knex.batchInsert("breach_entries", rows, 50);
    const more = ask(AnswerBreachRequestSchema, { id, text: "Encore" });
    assert.equal(await refusalId(breaches.answer(acting, more)), "breach_entries_limited");
    const note = ask(AddBreachNoteRequestSchema, { id, text: "Encore" });
    assert.equal(await refusalId(breaches.addNote(world.instructor, note)), "breach_entries_limited");
    await finish(world, "remedy", id);
  });

  test("breaches are listed in pages, by partner and state", async () => {
    await using world = await openWorld(kind);
    const one = await activePartner(world);
    const two = await activePartner(world);
    for (const { partner } of [one, two, one, two, one]) await record(world, partner.id);
    const list = (init: object) =>
      world.administration.breaches.list(world.instructor, ask(ListBreachesRequestSchema, init));
    const partnerId = one.partner.id;
    for (const orderBy of ["create_time", "remedy_by desc"]) {
      const first = await list({ partnerId, pageSize: 2, orderBy });
      const second = await list({ partnerId, pageSize: 2, orderBy, pageToken: first.nextPageToken });
      const ids = [...first.breaches, ...second.breaches].map(({ id }) => id);
      assert.deepEqual([new Set(ids).size, second.nextPageToken], [3, ""]);
    }
    assert.equal((await list({ state: BreachState.RECORDED })).breaches.length, 5);
    assert.equal((await list({ state: BreachState.CLOSED })).breaches.length, 0);
  });
}

async function record(
  { administration, instructor }: AdministrationWorld,
  partnerId: string,
  severity: BreachSeverity = BreachSeverity.ORDINARY,
): Promise<Breach> {
  const what = { partnerId, severity, commitment: Commitment.SECURITY, description: "Fuite de données" };
  return present(
    (await administration.breaches.record(instructor, ask(RecordBreachRequestSchema, what))).breach,
  );
}

async function change({ administration, instructor }: AdministrationWorld, id: string) {
  const { breach } = await administration.breaches.get(instructor, ask(GetBreachRequestSchema, { id }));
  return { id, etag: present(breach.etag) };
}

async function giveNotice(
  world: AdministrationWorld,
  id: string,
  days: number,
  validateOnly = false,
): Promise<Breach> {
  const remedyBy = new Date(world.clock.now() + days * dayMs).toISOString().slice(0, 10);
  const request = { ...(await change(world, id)), text: "Remédiez.", remedyBy, body, validateOnly };
  const { breaches } = world.administration;
  return present((await breaches.giveNotice(world.instructor, ask(GiveNoticeRequestSchema, request))).breach);
}

async function suspend(
  world: AdministrationWorld,
  id: string,
  who = world.instructor,
  stated: OperatorBody = body,
): Promise<Breach> {
  const request = { ...(await change(world, id)), reason, body: stated };
  const { breaches } = world.administration;
  return present((await breaches.suspend(who, ask(SuspendForBreachRequestSchema, request))).breach);
}

async function finish(world: AdministrationWorld, verb: "remedy" | "close", id: string): Promise<void> {
  const request = { ...(await change(world, id)), reason };
  const { breaches } = world.administration;
  if (verb === "remedy") await breaches.remedy(world.instructor, ask(RemedyBreachRequestSchema, request));
  else await breaches.close(world.instructor, ask(CloseBreachRequestSchema, request));
}

async function stateOf({ administration, instructor }: AdministrationWorld, id: string) {
  return (await administration.partners.get(instructor, ask(GetPartnerRequestSchema, { id }))).partner.state;
}

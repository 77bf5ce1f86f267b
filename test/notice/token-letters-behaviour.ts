// What must hold of the letters about tokens on every database.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findRecipients } from "../../src/assembly/mail-recipients.ts";
import { createTokenMail, type DueTokenNotice } from "../../src/notice/token-job.ts";
import { createJobStorage } from "../../src/schedule/job-storage.ts";
import { runJob } from "../../src/schedule/run-job.ts";
import { registerJobs } from "../../src/schedule/scheduler.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import { addPartner, type NoticeBench, openNoticeBench } from "./notice-fixture.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const siret = "13002526500013";

export function testTokenLetters(kind: DatabaseKind): void {
  test("a token's letter tells the days that are left, also when it comes late", async () => {
    await using bench = await openNoticeBench(kind);
    const partnerId = await addPartner(bench.database, bench.clock, siret, ["technical"]);
    const due = (days: number, leftMs: number) => {
      const expiresAt = bench.clock.now() + leftMs;
      return notice(partnerId, "expiry", { id: `tok_${leftMs}`, expiresAt, days, names: ["Tarif"] });
    };
    await send(bench, [
      ...[due(60, 60 * dayMs), due(60, 45 * dayMs), due(7, hourMs), due(7, -1), due(0, -hourMs)],
    ]);
    const subjects = (await bench.mails("token-expiry")).map(({ content }) => content.subject);
    assert.deepEqual(subjects.map((subject) => /dans \d+ jours?|a expiré/u.exec(subject)?.[0]).toSorted(), [
      ...["a expiré", "a expiré", "dans 1 jour", "dans 45 jours", "dans 60 jours"],
    ]);
  });

  test("a token whose procedure has a name that no mail may hold has its letters, without it", async () => {
    await using bench = await openNoticeBench(kind);
    const partnerId = await addPartner(bench.database, bench.clock, siret, ["technical"]);
    const expiresAt = bench.clock.now() + 30 * dayMs;
    const notices = ["Aide 951242368CR", "stetu_0123456789abcdef", "Bourse"].flatMap((name) => {
      const told = { id: `tok_${name.length}`, expiresAt, days: 30, names: ["Tarif", name] };
      return [notice(partnerId, "expiry", told), notice(partnerId, "leak", told)];
    });
    await send(bench, notices);
    const sent = [...(await bench.mails("token-expiry")), ...(await bench.mails("token-leak"))];
    const subjects = sent.map(({ content }) => content.subject.replace("[API Statut étudiant] ", ""));
    assert.deepEqual(subjects.toSorted(), [
      "Votre jeton a été révoqué après divulgation",
      "Votre jeton a été révoqué après divulgation",
      "Votre jeton a été révoqué après divulgation : Tarif, Bourse",
      "Votre jeton expire dans 30 jours",
      "Votre jeton expire dans 30 jours",
      "Votre jeton expire dans 30 jours : Tarif, Bourse",
    ]);
    for (const { content } of sent.filter(({ content }) => !content.subject.includes("Bourse"))) {
      assert.match(content.text, /Le jeton ci-dessous[\s\S]*Jeton \(identifiant\) : tok_\d+/);
      assert.doesNotMatch(content.text + content.html, /Démarche|951242368|stetu_/);
    }
  });
}

interface Told {
  readonly id: string;
  readonly expiresAt: number;
  readonly days: number;
  readonly names: readonly string[];
}

function notice(
  partnerId: string,
  kind: DueTokenNotice["kind"],
  { id, expiresAt, days, names }: Told,
): DueTokenNotice {
  return {
    ...{ tokenId: id, kind, tellsOf: expiresAt, days },
    token: { expiresAt, procedures: names.map((name) => ({ name })) },
    recipients: { partnerId, roles: ["technical"] },
  };
}

/** Runs the job with these notices due; it must not fail. */
async function send(bench: NoticeBench, notices: readonly DueTokenNotice[]): Promise<void> {
  const mail = createTokenMail({
    ...{ ...bench, findRecipients, origin: () => "https://s.fr" },
    notices: {
      plan: async () => 0,
      send: (deliver) =>
        bench.database.knex.transaction(async (transaction) => {
          for (const one of notices) await deliver(transaction, one);
          return notices.length;
        }),
    },
  });
  const storage = createJobStorage(bench.database);
  await registerJobs([mail], storage, bench.clock);
  const run = { ...bench, storage, holder: "a", report: assert.fail };
  assert.equal(await runJob(mail, run, { early: true }), "done");
}

// What must hold of the outbox and its courier on every database, with a real mail server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { personalKinds } from "../../src/mail/personal-mail.ts";
import { createMailRetention } from "../../src/mail/retention-job.ts";
import type { JobContext } from "../../src/schedule/job.ts";
import { createJobStorage } from "../../src/schedule/job-storage.ts";
import { runJob } from "../../src/schedule/run-job.ts";
import { registerJobs } from "../../src/schedule/scheduler.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import { eventually } from "../support/eventually.ts";
import { type Fault, type MailServer, startMailServer } from "../support/mail-server.ts";
import { type MailBench, notice, openMailBench, recipient, start } from "./mail-fixture.ts";

const minuteMs = 60_000;

export function testCourier(kind: DatabaseKind): void {
  const check = (name: string, work: (bench: MailBench, server: MailServer) => Promise<void>) =>
    test(name, async () => {
      await using bench = await openMailBench(kind);
      await using server = await startMailServer();
      await work(bench, server);
    });

  check("a message arrives once, whole, over one connection with others", async (bench, server) => {
    await bench.enqueue("a", "b", "c");
    const courier = bench.courier(server.url);
    await courier.deliverDue();
    await courier.deliverDue();
    assert.deepEqual(
      server.taken.map(({ to }) => to).toSorted(),
      ["a", "b", "c"].map((name) => `${name}@mairie.example`),
    );
    assert.equal(server.connections(), 1);
    assert.deepEqual(await bench.states(), ["sent", "sent", "sent"]);
    const [first] = server.taken;
    assert.equal(first?.from, "statutetudiant@enseignementsup.gouv.fr");
    assert.match(first?.raw ?? "", /^Auto-Submitted: auto-generated\r$/mu);
    assert.match(first?.raw ?? "", /^Date: Wed, 25 Nov 2026 20:00:00 \+0000\r$/mu);
    assert.doesNotMatch(first?.raw ?? "", /List-Unsubscribe/iu);
    // Lines of dots alone are part of the text.
    assert.match(first?.raw ?? "", /^\.\r\n\.\.\r$/mu);
  });

  check("a mail commits with its event, and not without it", async (bench, server) => {
    await assert.rejects(
      bench.database.knex.transaction(async (transaction) => {
        await bench.outbox.enqueue(transaction, notice("a"), [recipient("a")]);
        throw new Error("the event fails");
      }),
    );
    await bench.courier(server.url).deliverDue();
    assert.deepEqual([await bench.states(), server.taken], [[], []]);
  });

  check("the same notice to the same person exists once", async (bench) => {
    assert.equal(await bench.enqueue("a", "a"), 1);
    const again = await Promise.all(Array.from({ length: 4 }, () => bench.enqueue("a")));
    assert.deepEqual(again, [0, 0, 0, 0]);
    assert.equal((await bench.mails()).length, 1);
  });

  check(
    "somebody who is a contact of two partners gets one copy; a broken address gets none",
    async (bench) => {
      const people = [
        { contactId: "ctc_1", name: "Camille", address: "camille@mairie.example" },
        { contactId: "ctc_2", name: "Camille", address: "Camille@Mairie.example" },
        { contactId: "ctc_3", name: "Dominique", address: "d@mairie.example>, <autre@mairie.example" },
        // Odd, but a contact may have it: the server judges.
        { contactId: "ctc_4", name: "Éloi", address: `é.[o'l+1]@${"m".repeat(63)}.example` },
      ];
      const added = await bench.database.knex.transaction((transaction) =>
        bench.outbox.enqueue(transaction, notice("a"), people),
      );
      assert.equal(added, 2);
    },
  );

  check("a notice to thousands is stored in one go, not in minutes", async (bench) => {
    const people = Array.from({ length: 3000 }, (_, index) => recipient(`n${index}`));
    const startedAt = performance.now();
    const added = await bench.database.knex.transaction((transaction) =>
      bench.outbox.enqueue(transaction, notice("a"), people),
    );
    assert.equal(added, people.length);
    assert.ok(performance.now() - startedAt < 30_000, `${performance.now() - startedAt} ms`);
  });

  const unsafe = ["Jeton stetu_0123456789", "Étudiant 951242368CR", "INE:1234567890A."];
  for (const text of unsafe) {
    check(`no mail holds ${JSON.stringify(text)}`, async (bench) => {
      const letter = { ...notice("a").letter, blocks: [{ paragraph: text }] };
      const enqueue = bench.database.knex.transaction((transaction) =>
        bench.outbox.enqueue(transaction, { ...notice("a"), letter }, [recipient("a")]),
      );
      await assert.rejects(enqueue, { id: "mail_unsafe" });
      assert.deepEqual(await bench.mails(), []);
    });
  }

  check("the name of one contact keeps no letter from anybody: it is left out", async (bench) => {
    const people = [{ ...recipient("a"), name: "Étudiant 951242368CR" }, recipient("b")];
    const added = await bench.database.knex.transaction((transaction) =>
      bench.outbox.enqueue(transaction, notice("a"), people),
    );
    assert.equal(added, 2);
    const greetings = (await bench.mails()).map(({ content }) => /^Bonjour.*$/mu.exec(content.text)?.[0]);
    assert.deepEqual(greetings.toSorted(), ["Bonjour Camille b,", "Bonjour,"]);
  });

  check("names that no mail may hold are left out; what remains is looked at as strictly", async (bench) => {
    const say = (text: string) => ({ ...notice("a").letter, blocks: [{ paragraph: text }] });
    const enqueue = (letter: string, unnamed: string) =>
      bench.database.knex.transaction((transaction) =>
        bench.outbox.enqueue(transaction, { ...notice("a"), letter: say(letter), unnamed: say(unnamed) }, [
          recipient("a"),
        ]),
      );
    await assert.rejects(enqueue("Aide 951242368CR", "stetu_0123456789"), { id: "mail_unsafe" });
    assert.equal(await enqueue("Aide 951242368CR", "Une démarche"), 1);
    const [mail] = await bench.mails();
    assert.match(mail?.content.text ?? "", /Une démarche/);
    assert.doesNotMatch(mail?.content.text ?? "", /951242368/);
  });

  const passing: readonly [string, Fault][] = [
    ["refuses the connection", { at: "connect", code: 421 }],
    ["drops the connection before it greets", { at: "connect", drop: true }],
    ["refuses the sender", { at: "sender", code: 550 }],
    ["refuses the recipient for now", { at: "recipient", code: 450 }],
    ["drops the connection at the recipient", { at: "recipient", drop: true }],
    ["drops the connection in the middle of the data", { at: "data", drop: true }],
    ["refuses the message for now", { at: "end", code: 451 }],
    ["ends its service at the end of the data", { at: "end", code: 421 }],
    ["drops the connection at the end of the data", { at: "end", drop: true }],
    ["is slow to answer", { at: "end", delayMs: 400 }],
  ];
  for (const [what, fault] of passing) {
    check(`a server that ${what} gets the message once in the end`, async (bench, server) => {
      server.faults.push(fault, fault);
      await bench.enqueue("a");
      const courier = bench.courier(server.url);
      for (let attempt = 0; attempt < 6; attempt += 1) {
        await courier.deliverDue();
        bench.clock.advance(10 * minuteMs);
      }
      assert.equal(server.taken.length, 1);
      assert.deepEqual(await bench.states(), ["sent"]);
      assert.deepEqual(server.faults, "delayMs" in fault ? [fault] : []);
    });
  }

  check("attempts come back later each time, and are dead after five days", async (bench, server) => {
    server.faults.push(...Array(100).fill({ at: "recipient", code: 450 }));
    await bench.enqueue("a");
    const courier = bench.courier(server.url);
    const delays: number[] = [];
    while ((await bench.states())[0] === "queued") {
      const before = bench.clock.now();
      await courier.deliverDue();
      const [mail] = await bench.mails();
      if (mail?.state === "queued") delays.push((mail.dueAt - before) / minuteMs);
      bench.clock.set(Math.max(before, mail?.dueAt ?? 0));
    }
    assert.deepEqual(delays.slice(0, 10), [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]);
    assert.deepEqual(await bench.states(), ["dead"]);
    assert.ok(bench.clock.now() - start > 5 * 24 * 60 * minuteMs);
    assert.deepEqual(bench.events, ["mail dead"]);
  });

  check("a message that waited for days, or is queued again, has its five days", async (bench, server) => {
    server.faults.push({ at: "recipient", code: 550 }, { at: "recipient", code: 450 });
    await bench.enqueue("a");
    const courier = bench.courier(server.url);
    await courier.deliverDue();
    const [dead] = await bench.mails();
    assert.equal(dead?.state, "dead");
    bench.clock.advance(6 * 24 * 60 * minuteMs);
    await bench.database.knex.transaction((transaction) =>
      bench.storage.requeue(transaction, dead?.id ?? "", bench.clock.now()),
    );
    await courier.deliverDue();
    assert.deepEqual(await bench.states(), ["queued"], "greylisted once, as every unknown sender is");
    bench.clock.advance(10 * minuteMs);
    await courier.deliverDue();
    assert.deepEqual(await bench.states(), ["sent"]);
  });

  check("a claim whose answer was lost is given back while its courier lives on", async (bench, server) => {
    await bench.enqueue("a");
    let isLost = false;
    const storage = {
      ...bench.storage,
      async claimNext(claim: Parameters<typeof bench.storage.claimNext>[0]) {
        const mail = await bench.storage.claimNext(claim);
        if (isLost) return mail;
        isLost = true;
        throw new Error("the connection ended after COMMIT");
      },
    };
    const courier = bench.courier(server.url, { storage, claimMs: 80 });
    await courier.deliverDue();
    assert.deepEqual([await bench.states(), bench.events], [["claimed"], ["outbox"]]);
    bench.clock.advance(1000);
    // Time for some renewals, which must not be of this claim.
    await pause(100);
    await courier.deliverDue();
    assert.equal(server.taken.length, 1);
    assert.deepEqual(await bench.states(), ["sent"]);
  });

  check(
    "while the witness cannot be written nothing is handed over, and nothing breaks",
    async (bench, server) => {
      await bench.enqueue("a", "b");
      const full = () => {
        throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      };
      const courier = bench.courier(server.url, { witness: { ...bench.witness, take: full } });
      await courier.deliverDue();
      await courier.deliverDue();
      assert.deepEqual([await bench.states(), server.connections()], [["queued", "queued"], 1]);
      assert.deepEqual(bench.events, ["mail server unreachable"]);
      assert.match((await bench.mails()).map(({ lastReply }) => lastReply).join(), /ENOSPC/u);
      await bench.courier(server.url).deliverDue();
      assert.equal(server.taken.length, 2);
    },
  );

  check("an answer that cannot be noted is stored all the same", async (bench, server) => {
    await bench.enqueue("a");
    const take = (mail: Parameters<typeof bench.witness.take>[0]) => {
      const handOver = bench.witness.take(mail);
      // As on a full disk, its file takes nothing any more.
      handOver?.forget();
      return handOver && { noteReply: handOver.noteReply, forget() {} };
    };
    const courier = bench.courier(server.url, { witness: { ...bench.witness, take } });
    await courier.deliverDue();
    assert.equal(server.taken.length, 1);
    assert.deepEqual(await bench.states(), ["sent"]);
  });

  check("a message that is refused for good is dead until an operator retries it", async (bench, server) => {
    server.faults.push({ at: "recipient", code: 550 });
    await bench.enqueue("a", "b");
    const courier = bench.courier(server.url);
    await courier.deliverDue();
    assert.deepEqual(await bench.states(), ["dead", "sent"]);
    const dead = (await bench.mails()).find(({ state }) => state === "dead");
    assert.match(dead?.lastReply ?? "", /^550 /u);
    bench.clock.advance(7 * 24 * 60 * minuteMs);
    await courier.deliverDue();
    assert.equal(server.taken.length, 1);
    const retry = () =>
      bench.database.knex.transaction((transaction) =>
        bench.storage.requeue(transaction, dead?.id ?? "", bench.clock.now()),
      );
    assert.equal(await retry(), true);
    assert.equal(await retry(), false, "it is queued already");
    await courier.deliverDue();
    assert.deepEqual(await bench.states(), ["sent", "sent"]);
  });

  check("a server that is away delays everything and kills nothing", async (bench, server) => {
    await bench.enqueue("a", "b");
    const away = bench.courier("smtp://127.0.0.1:1");
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await away.deliverDue();
      bench.clock.advance(10 * minuteMs);
    }
    assert.deepEqual(await bench.states(), ["queued", "queued"]);
    assert.deepEqual(bench.events, ["mail server unreachable"]);
    await bench.courier(server.url).deliverDue();
    assert.equal(server.taken.length, 2);
  });

  check("a server that never answers the end is not asked twice", async (bench, server) => {
    server.faults.push({ at: "end", delayMs: 8000 });
    await bench.enqueue("a");
    const courier = bench.courier(server.url, {}, { silenceTimeoutMs: 2500 });
    await courier.deliverDue();
    assert.deepEqual(await bench.states(), ["unconfirmed"]);
    bench.clock.advance(24 * 60 * minuteMs);
    await courier.deliverDue();
    await eventually(() => server.taken.length === 1);
    assert.deepEqual(bench.events, ["mail unconfirmed"]);
  });

  check("many couriers at once deliver each message once", async (bench, server) => {
    const keys = Array.from({ length: 40 }, (_, index) => `n${index}`);
    await bench.enqueue(...keys);
    const couriers = Array.from({ length: 4 }, () => bench.courier(server.url));
    await Promise.all(couriers.map((courier) => courier.deliverDue()));
    assert.equal(server.taken.length, keys.length);
    assert.equal(new Set(server.taken.map(({ to }) => to)).size, keys.length);
  });

  check("whoever hangs before the end, and is taken for dead, sends nothing", async (bench, server) => {
    await bench.enqueue("a");
    const { promise: hanging, resolve: goOn } = Promise.withResolvers<void>();
    const storage = {
      ...bench.storage,
      beginHandOver: async (...words: Parameters<typeof bench.storage.beginHandOver>) => {
        await hanging;
        return await bench.storage.beginHandOver(...words);
      },
    };
    const slow = bench.courier(server.url, { storage }).deliverDue();
    await eventually(async () => (await bench.states())[0] === "claimed");
    bench.clock.advance(2 * minuteMs);
    await bench.courier(server.url).deliverDue();
    assert.equal(server.taken.length, 1);
    goOn();
    await slow;
    assert.equal(server.taken.length, 1);
    assert.deepEqual(await bench.states(), ["sent"]);
  });

  check(
    "whoever hangs right before it sends the end finds that it may not any more",
    async (bench, server) => {
      await bench.enqueue("a");
      const { promise: hanging, resolve: goOn } = Promise.withResolvers<void>();
      const storage = {
        ...bench.storage,
        beginHandOver: async (...words: Parameters<typeof bench.storage.beginHandOver>) => {
          const isOurs = await bench.storage.beginHandOver(...words);
          await hanging;
          return isOurs;
        },
      };
      // The clock of this one stands still: only the witness stops it.
      const clock = { now: bench.clock.now, monotonic: () => 0 };
      const slow = bench.courier(server.url, { storage, clock }).deliverDue();
      await eventually(async () => (await bench.states())[0] === "handing_over");
      bench.clock.advance(2 * minuteMs);
      await bench.courier(server.url).deliverDue();
      assert.equal(server.taken.length, 1);
      goOn();
      await slow;
      assert.equal(server.taken.length, 1);
      assert.deepEqual(await bench.states(), ["sent"]);
    },
  );

  check("stopped before the end is sent, the message is left to others", async (bench, server) => {
    server.faults.push({ at: "recipient", delayMs: 60_000 });
    await bench.enqueue("a");
    const courier = bench.courier(server.url);
    const delivery = courier.deliverDue();
    await eventually(() => server.faults.length === 0);
    await Promise.all([courier.close(), delivery]);
    assert.deepEqual(await bench.states(), ["queued"]);
    bench.clock.advance(10 * minuteMs);
    await bench.courier(server.url).deliverDue();
    assert.equal(server.taken.length, 1);
  });

  check(
    "stopped while the server thinks, the message is unconfirmed and arrives once",
    async (bench, server) => {
      server.faults.push({ at: "end", delayMs: 6000 });
      await bench.enqueue("a");
      const courier = bench.courier(server.url);
      const delivery = courier.deliverDue();
      await eventually(() => server.faults.length === 0);
      await Promise.all([courier.close(), delivery]);
      assert.deepEqual(await bench.states(), ["unconfirmed"]);
      bench.clock.advance(24 * 60 * minuteMs);
      await bench.courier(server.url).deliverDue();
      await eventually(() => server.taken.length === 1);
      assert.deepEqual(await bench.states(), ["unconfirmed"]);
    },
  );

  const personal = Object.values(personalKinds).map((of) => ({ ...notice(of), kind: of }));
  const store = (bench: MailBench) =>
    bench.database.knex.transaction(async (transaction) => {
      for (const one of [notice("told"), ...personal])
        await bench.outbox.enqueue(transaction, one, [recipient("a")]);
    });
  const texts = async (bench: MailBench) =>
    Object.fromEntries(
      (await bench.mails()).map((mail) => [mail.kind, mail.content.text + mail.content.html]),
    );

  check("a link for one person alone leaves the outbox with its letter", async (bench, server) => {
    await store(bench);
    assert.ok(Object.values(await texts(bench)).every((text) => text.includes("arrêté dimanche")));
    await bench.courier(server.url).deliverDue();
    await eventually(() => server.taken.length === 3);
    assert.ok(server.taken.every(({ raw }) => raw.includes("dimanche")));
    await eventually(async () => (await bench.states()).every((state) => state === "sent"));
    const left = await texts(bench);
    assert.match(left["essai"] ?? "", /arrêté dimanche/);
    for (const { kind: of } of personal) assert.equal(left[of], "");
  });

  check("of a letter that was given up, such a link goes after a day", async (bench) => {
    await store(bench);
    await bench.database.knex("mails").update({ state: "dead", settled_at: bench.clock.now() });
    const retention = createMailRetention(bench.clock);
    const run = () => retention.run(runInOneTransaction(bench));
    bench.clock.advance(23 * 60 * minuteMs);
    await run();
    assert.ok(Object.values(await texts(bench)).every((text) => text.includes("arrêté dimanche")));
    bench.clock.advance(2 * 60 * minuteMs);
    await run();
    const left = await texts(bench);
    assert.match(left["essai"] ?? "", /arrêté dimanche/);
    for (const { kind: of } of personal) assert.equal(left[of], "");
  });

  check(
    "messages are kept for two years after they were settled, and then deleted",
    async (bench, server) => {
      await bench.enqueue("a");
      await bench.courier(server.url).deliverDue();
      await bench.enqueue("b");
      const retention = createMailRetention(bench.clock);
      const jobs = createJobStorage(bench.database);
      const run = () =>
        runJob(
          retention,
          {
            storage: jobs,
            clock: bench.clock,
            holder: "a",
            report: (_, cause) => assert.fail(String(cause)),
          },
          { early: true },
        );
      await registerJobs([retention], jobs, bench.clock);
      bench.clock.set(Date.parse("2028-11-25T19:59:59Z"));
      await run();
      assert.deepEqual(await bench.states(), ["queued", "sent"]);
      bench.clock.advance(2000);
      await run();
      assert.deepEqual(await bench.states(), ["queued"]);
    },
  );
}

function runInOneTransaction({ database, clock }: MailBench): JobContext {
  return {
    dueAt: clock.now(),
    signal: new AbortController().signal,
    async unit(_, work) {
      await database.knex.transaction(work);
      return true;
    },
  };
}

// Notices of ends: a clock is walked over 18 months and more, and each notice is counted.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import {
  MarkTokenLeakedRequestSchema,
  RevokeTokenRequestSchema,
  RotateTokenRequestSchema,
} from "../../src/gen/statutetudiant/token/v1/token_pb.ts";
import { parisDay } from "../../src/paris-time.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { createTokenNotices, type TokenNotice } from "../../src/token/token-notices.ts";
import { dayMs, start } from "../access/sample-access.ts";
import { type Administered, administer, contentOf, header } from "../support/administered.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import { prolong } from "./prolong-behaviour.ts";

/** What was sent: the day since the start, the token, and what it told. */
type Sent = readonly [day: number, tokenId: string, told: string];

export function testNotices({ name, open }: DatabaseKind): void {
  suite(`notices on ${name}`, () => {
    test("18 months, day by day, with a prolongation, a rotation, outages and a revocation", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const sent: Sent[] = [];
      const run = runner(world, sent);
      const add = async (title: string, validDays = 0) =>
        (await world.issue(partner, await world.approved(partner, contentOf(title)), { validDays })).token;
      const [whole, prolonged, revoked, short] = [
        await add("Entier"),
        await add("Prolongé", 200),
        await add("Révoqué", 120),
        await add("Court", 20),
      ];
      const rotate = { ...header(), id: whole.id, etag: whole.etag, overlapDays: 30 };
      // Down from day 169 to 176, over the threshold of 30 days of a token that ends at day 200; and over two
      // thresholds (14 and 7 days) of the one that ends at day 548.
      const isDown = (day: number) => (day >= 169 && day <= 176) || (day >= 533 && day <= 542);
      for (let day = 0; day <= 800; day += 1) {
        world.clock.date = start + day * dayMs;
        if (day === 150) {
          await world.tokens.rotate(partner.contacts.technical, create(RotateTokenRequestSchema, rotate));
        }
        if (day === 180) await prolong(world, partner, prolonged);
        if (day === 95) {
          const request = { ...header(), id: revoked.id, reason: "Motif" };
          await world.tokens.revoke(partner.contacts.technical, create(RevokeTokenRequestSchema, request));
        }
        if (!isDown(day)) await run();
      }
      const of = (id: string) =>
        sent.filter(([, tokenId]) => tokenId === id).map(([day, , told]) => [day, told]);
      assert.deepEqual(of(whole.id), [
        ...[
          [458, "90"],
          [488, "60"],
          [518, "30"],
        ],
        // Day 534 (14 days) passed unseen, and by day 543 the 7 days of day 541 had come: one notice says it.
        ...[
          [543, "7"],
          [548, "0"],
        ],
      ]);
      assert.deepEqual(of(prolonged.id), [
        ...[
          [110, "90"],
          [140, "60"],
          [177, "30"],
        ],
        ...[
          [638, "90"],
          [668, "60"],
          [698, "30"],
          [714, "14"],
          [721, "7"],
          [728, "0"],
        ],
      ]);
      assert.deepEqual(of(revoked.id), [
        [30, "90"],
        [60, "60"],
        [90, "30"],
      ]);
      assert.deepEqual(of(short.id), [
        [6, "14"],
        [13, "7"],
        [20, "0"],
      ]);
      assert.equal(sent.length, 20);
      const unsent = await world.database
        .knex("token_notices")
        .whereNull("sent_at")
        .whereNull("cancelled_at");
      assert.deepEqual(unsent, []);
    });

    test("what is planned and not sent is cancelled by a prolongation, a revocation, a later threshold", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const sent: Sent[] = [];
      const notices = noticesOf(world);
      const run = runner(world, sent);
      const add = async (title: string) =>
        (await world.issue(partner, await world.approved(partner, contentOf(title)), { validDays: 100 }))
          .token;
      const [prolonged, revoked, late] = [await add("A"), await add("B"), await add("C")];
      world.clock.date = start + 10 * dayMs;
      assert.equal(await notices.plan(), 3);
      assert.equal(await notices.plan(), 0, "each once");
      await prolong(world, partner, prolonged);
      const revoke = { ...header(), id: revoked.id, reason: "Motif" };
      await world.tokens.revoke(partner.contacts.technical, create(RevokeTokenRequestSchema, revoke));
      world.clock.date = start + 40 * dayMs;
      await run();
      assert.deepEqual(sent, [[40, late.id, "60"]]);
      await world.setPartnerState(partner, "terminated");
      world.clock.date = start + 70 * dayMs;
      await run();
      assert.equal(sent.length, 1, "nobody of a partner that has left is told");
    });

    test("a leak is told once, and not cancelled; recipients and day stand in the notice", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const { token } = await world.issue(partner, await world.approved(partner, contentOf("Bourse")));
      const leak = { ...header(), id: token.id, reason: "Publié" };
      await world.tokens.markLeaked(partner.contacts.business, create(MarkTokenLeakedRequestSchema, leak));
      const told: TokenNotice[] = [];
      const notices = noticesOf(world);
      for (let time = 0; time < 2; time += 1) {
        await notices.plan();
        await notices.send(async (_, notice) => {
          told.push(notice);
        });
      }
      assert.equal(told.length, 1);
      const [notice] = told;
      assert.deepEqual(
        [notice?.kind, notice?.dueOn, notice?.token.id, notice?.token.revokedReason],
        ["leak", "2026-09-01", token.id, "Publié"],
      );
      assert.deepEqual(notice?.recipients, { partnerId: partner.id, roles: ["administrative", "technical"] });
    });

    test("what cannot be delivered stays, does not hold the others, and is delivered later", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const add = async (title: string) =>
        (await world.issue(partner, await world.approved(partner, contentOf(title)), { validDays: 91 })).token
          .id;
      const ids = [await add("A"), await add("B"), await add("C")];
      world.clock.date = start + dayMs;
      const notices = noticesOf(world);
      await notices.plan();
      const delivered: string[] = [];
      const deliver = (broken: boolean) =>
        notices.send(async (knex, { tokenId }) => {
          await knex("audit_events").select("seq").first();
          if (broken && tokenId === ids[1]) throw new Error("no");
          delivered.push(tokenId);
        });
      await assert.rejects(deliver(true), AggregateError);
      assert.equal(delivered.length, 2);
      assert.equal(await deliver(false), 1);
      assert.deepEqual(delivered.toSorted(), ids.toSorted());
    });

    test("several instances that plan and send at the same time tell each once", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      for (let index = 0; index < 12; index += 1) {
        await world.issue(partner, await world.approved(partner, contentOf(`N ${index}`)), { validDays: 91 });
      }
      world.clock.date = start + dayMs;
      const others = [openDatabase(fresh.location), openDatabase(fresh.location)];
      const told: string[] = [];
      const instances = [world.database, ...others].map((database) => noticesOf({ ...world, database }));
      await Promise.all(
        instances.map(async (notices) => {
          await notices.plan();
          await notices.send(async (_, { tokenId }) => {
            told.push(tokenId);
          });
        }),
      );
      for (const database of others) await database.close();
      assert.deepEqual([told.length, new Set(told).size], [12, 12]);
    });
  });
}

function noticesOf({ database, clock }: Pick<Administered, "database" | "clock">) {
  return createTokenNotices({ database, clock, dayOf: parisDay });
}

/** Plans and sends what is due at the clock's time. */
function runner(world: Administered, sent: Sent[]) {
  const notices = noticesOf(world);
  return async () => {
    await notices.plan();
    await notices.send(async (_, { tokenId, kind, days }) => {
      const day = Math.floor((world.clock.now() - start) / dayMs);
      sent.push([day, tokenId, kind === "leak" ? "leak" : String(days)]);
    });
  };
}

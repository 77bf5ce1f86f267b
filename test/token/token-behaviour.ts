// The life of a token, on either database.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { createAccessStorage } from "../../src/access/access-storage.ts";
import { hashTokenSecret, parseTokenSecret } from "../../src/access/token-secret.ts";
import { readEventsAfter } from "../../src/audit/audit-storage.ts";
import {
  GetTokenRequestSchema,
  IssueTokenRequestSchema,
  LeaveTokenRequestSchema,
  ListTokensRequestSchema,
  MarkTokenLeakedRequestSchema,
  RevokeTokenRequestSchema,
  RotateTokenRequestSchema,
  SetTokenRateRequestSchema,
  type Token,
  TokenStatus,
  UpdateTokenRequestSchema,
} from "../../src/gen/statutetudiant/token/v1/token_pb.ts";
import { dayMs, start } from "../access/sample-access.ts";
import {
  type Administered,
  administer,
  assertRefused,
  contentOf,
  header,
  type Partner,
  present,
  scopes,
} from "../support/administered.ts";
import type { DatabaseKind } from "../support/both-databases.ts";

export function testTokens({ name, open }: DatabaseKind): void {
  suite(`tokens on ${name}`, () => {
    test("a token is issued for an approved procedure, and its secret is shown once", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const procedure = await world.approved(partner, contentOf("Bourse"));
      const request = create(IssueTokenRequestSchema, {
        ...{ ...header(), procedureId: procedure.id, allowedNetworks: ["192.0.2.7/24", "2001:db8::1"] },
      });
      const dry = create(IssueTokenRequestSchema, { ...request, ...header(), validateOnly: true });
      const tried = await world.tokens.issue(partner.contacts.technical, dry);
      assert.deepEqual([tried.secret, tried.token?.status], ["", TokenStatus.NEVER_USED]);
      const issued = await world.tokens.issue(partner.contacts.technical, request);
      const token = present(issued.token);
      assert.equal(parseTokenSecret(issued.secret), issued.secret);
      assert.deepEqual(token.scopes, scopes);
      assert.deepEqual(token.allowedNetworks, ["192.0.2.0/24", "2001:db8::1/128"]);
      assert.deepEqual(
        token.procedures.map(({ id }) => id),
        [procedure.id],
      );
      assert.deepEqual([instant(token.validFrom), instant(token.expireTime)], [start, start + 548 * dayMs]);
      assert.deepEqual([token.status, token.issuedAtTerminal], [TokenStatus.NEVER_USED, false]);
      const again = await world.tokens.issue(partner.contacts.technical, request);
      assert.deepEqual(
        [again.token?.id, again.secret],
        [token.id, ""],
        "a repeated request does not show it",
      );
      await assertStoredNowhere(world, issued.secret);
    });

    test("one token for each procedure, of an active partner, within what was approved", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const [partner, other] = [await world.partner(), await world.partner()];
      const draft = await world.draft(partner, contentOf("Projet"));
      await assertRefused("procedure_not_approved", world.issue(partner, draft));
      const procedure = await world.approved(partner, contentOf("Bourse"));
      const exceeding = await assertRefused(
        "scopes_exceed_procedure",
        world.issue(partner, procedure, { scopes: ["mesri_identite", "mesri_admission_inscrit"] }),
      );
      assert.deepEqual(exceeding.options.metadata, { scopes: "mesri_admission_inscrit" });
      const networks = world.issue(partner, procedure, { allowedNetworks: ["192.0.2.0/24", "10.0.0.0/33"] });
      const bad = await assertRefused("invalid_request", networks);
      assert.deepEqual(
        bad.options.violations?.map(({ field }) => field),
        ["allowed_networks[1]"],
      );
      for (const validFrom of [start - 1, start + 90 * dayMs + 1]) {
        const issue = world.issue(partner, procedure, { validFrom: timestampFromMs(validFrom) });
        await assertRefused("invalid_request", issue);
      }
      await assertRefused("record_not_found", world.issue(other, procedure));
      const { token } = await world.issue(partner, procedure, { scopes: ["mesri_identite"], validDays: 30 });
      assert.deepEqual([token.scopes, instant(token.expireTime)], [["mesri_identite"], start + 30 * dayMs]);
      await assertRefused("procedure_has_token", world.issue(partner, procedure));
      const second = await world.approved(partner, contentOf("Aide"));
      await world.setPartnerState(partner, "suspended");
      const inactive = await assertRefused("partner_not_active", world.issue(partner, second));
      assert.deepEqual(inactive.options.metadata, { state: "suspended" });
    });

    test("operators are given no secret", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const procedure = await world.approved(partner, contentOf("Bourse"));
      const issue = create(IssueTokenRequestSchema, { ...header(), procedureId: procedure.id });
      await assertRefused("role_insufficient", world.tokens.issue(world.operator, issue));
      const { token } = await world.issue(partner, procedure);
      const { id, etag } = token;
      const rotate = create(RotateTokenRequestSchema, { ...header(), id, etag });
      await assertRefused("role_insufficient", world.tokens.rotate(world.operator, rotate));
    });

    test("a partner is given 50 secrets a day at most", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const { token } = await world.issue(partner, await world.approved(partner, contentOf("Bourse")));
      const rotate = () => rotated(world, partner, token, { lastSecretLost: true });
      for (let count = 1; count < 50; count += 1) await rotate();
      const error = await assertRefused("secrets_limited", rotate());
      assert.equal(error.options.retryAfterMs, dayMs);
      world.clock.date += dayMs + 1;
      await rotate();
      assert.equal((await get(world, token.id)).secrets.length, 1);
    });

    test("during a rotation both secrets work, to the millisecond; a third waits unless the last one is lost", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const { token, secret } = await world.issue(
        partner,
        await world.approved(partner, contentOf("Bourse")),
      );
      world.clock.date += 1000;
      const second = await rotated(world, partner, token, { overlapDays: 30 });
      assert.notEqual(second.secret, secret);
      const end = world.clock.date + 30 * dayMs;
      assert.deepEqual(
        second.token.secrets.map(({ expireTime }) => instant(expireTime)),
        [undefined, end],
      );
      const running = await assertRefused("rotation_running", rotated(world, partner, token, {}));
      assert.deepEqual(running.options.metadata, { until: new Date(end).toISOString() });
      world.clock.date += 1000;
      const third = await rotated(world, partner, token, { lastSecretLost: true });
      const ends = await secretEnds(world);
      assert.equal(ends(secret), end, "the one in use keeps its end");
      assert.equal(ends(second.secret), world.clock.date, "the lost one stops at once");
      assert.equal(ends(third.secret), undefined);
      world.clock.date = end - 1;
      await assertRefused("rotation_running", rotated(world, partner, token, {}));
      world.clock.date = end;
      const fourth = await rotated(world, partner, token, {});
      assert.equal((await secretEnds(world))(third.secret), end, "without overlap");
      await assertStoredNowhere(world, fourth.secret);
      world.clock.date = end + 91 * dayMs;
      await rotated(world, partner, token, {});
      assert.equal(
        (await createAccessStorage(world.database).readChanges(0)).length,
        2,
        "old ones are forgotten",
      );
    });

    test("a repeated rotation shows nothing and rotates nothing", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const { token } = await world.issue(partner, await world.approved(partner, contentOf("Bourse")));
      const { id, etag } = token;
      const request = create(RotateTokenRequestSchema, { ...header(), id, etag, overlapDays: 1 });
      const first = await world.tokens.rotate(partner.contacts.administrative, request);
      const second = await world.tokens.rotate(partner.contacts.administrative, request);
      assert.ok(first.secret !== "" && second.secret === "");
      assert.equal((await get(world, token.id)).secrets.length, 2);
    });

    test("of two who rotate what they both read, the second one ends nothing of the first one's", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const { token } = await world.issue(partner, await world.approved(partner, contentOf("Bourse")));
      const request = () => create(RotateTokenRequestSchema, { ...header(), id: token.id, etag: token.etag });
      const first = await world.tokens.rotate(partner.contacts.administrative, request());
      await assertRefused("edit_conflict", world.tokens.rotate(partner.contacts.technical, request()));
      // Not even the one who lost the secret ends a secret that was not read of.
      const lost = { ...request(), lastSecretLost: true };
      await assertRefused("edit_conflict", world.tokens.rotate(partner.contacts.technical, lost));
      assert.equal((await secretEnds(world))(first.secret), undefined);
    });

    test("a token is revoked now or at a date; the sooner one holds, and a replacement inherits nothing", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const procedure = await world.approved(partner, contentOf("Bourse"));
      const { token } = await world.issue(partner, procedure);
      const end = instant(token.expireTime) ?? 0;
      await assertRefused("revocation_in_past", revoked(world, partner, token, start - 60_001));
      await assertRefused("revocation_after_end", revoked(world, partner, token, end));
      const later = await revoked(world, partner, token, start + 9 * dayMs);
      assert.deepEqual(
        [later.status, instant(later.revokeTime)],
        [TokenStatus.REVOKED_LATER, start + 9 * dayMs],
      );
      for (const at of [start + 9 * dayMs, start + 10 * dayMs]) {
        const error = await assertRefused("revocation_already_sooner", revoked(world, partner, token, at));
        assert.deepEqual(error.options.metadata, { at: new Date(start + 9 * dayMs).toISOString() });
      }
      const replacement = (await world.issue(partner, procedure)).token;
      const now = await revoked(world, partner, token, undefined);
      assert.deepEqual([now.status, instant(now.revokeTime)], [TokenStatus.REVOKED, start]);
      await assertRefused("token_already_revoked", revoked(world, partner, token, undefined));
      const other = await get(world, replacement.id);
      assert.deepEqual(
        [other.status, other.revokeTime, other.revokeReason, other.leakTime],
        [TokenStatus.NEVER_USED, undefined, "", undefined],
      );
      world.clock.date = end;
      await assertRefused("token_already_expired", revoked(world, partner, replacement, undefined));
    });

    test("what is revoked or past is changed no more, each with its reason", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const gone = (await world.issue(partner, await world.approved(partner, contentOf("Bourse")))).token;
      const past = (
        await world.issue(partner, await world.approved(partner, contentOf("Aide")), { validDays: 1 })
      ).token;
      await revoked(world, partner, gone, undefined);
      world.clock.date = start + dayMs;
      const { technical } = partner.contacts;
      for (const [token, refusal] of [
        [gone, "token_already_revoked"],
        [past, "token_already_expired"],
      ] as const) {
        const { id, etag } = token;
        await assertRefused(refusal, rotated(world, partner, token, {}));
        const update = create(UpdateTokenRequestSchema, { ...header(), id, etag, scopes });
        await assertRefused(refusal, world.tokens.update(technical, update));
        const rate = create(SetTokenRateRequestSchema, { ...header(), id, etag, reason: "Motif" });
        await assertRefused(refusal, world.tokens.setRate(world.operator, rate));
        const leave = create(LeaveTokenRequestSchema, { ...header(), id, procedureId: "prc_x" });
        await assertRefused(refusal, world.tokens.leave(technical, leave));
      }
    });

    test("a leaked token is revoked at once and its contacts are to be told, once", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const procedure = await world.approved(partner, contentOf("Bourse"));
      const { token } = await world.issue(partner, procedure);
      const leaked = await markLeaked(world, partner, token);
      assert.deepEqual([leaked.status, instant(leaked.leakTime)], [TokenStatus.REVOKED, start]);
      assert.equal(leaked.revokeReason, "Publié sur un dépôt");
      await assertRefused("token_already_leaked", markLeaked(world, partner, token));
      world.uses.get = () => {
        throw new Error("the journal is away");
      };
      const second = (await world.issue(partner, procedure)).token;
      await revoked(world, partner, second, undefined);
      world.clock.date += 5;
      const late = await markLeaked(world, partner, second);
      assert.deepEqual(
        [instant(late.revokeTime), late.revokeReason, instant(late.leakTime)],
        [start, "Motif", start + 5],
        "one that was revoked before keeps its date",
      );
      const notices = await fresh.database.knex("token_notices").select("token_id", "kind", "due_on");
      assert.deepEqual(
        notices.map(({ token_id, kind, due_on }) => [token_id, kind, due_on]).toSorted(),
        [token, second].map(({ id }) => [id, "leak", "2026-09-01"]).toSorted(),
      );
    });

    test("networks and scopes are edited within the procedure, and the rate by operators", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const { token } = await world.issue(partner, await world.approved(partner, contentOf("Bourse")));
      const edit = (etag: string, wanted: readonly string[], allowedNetworks: readonly string[] = []) => {
        const fields = { id: token.id, etag, scopes: [...wanted], allowedNetworks: [...allowedNetworks] };
        const request = create(UpdateTokenRequestSchema, { ...header(), ...fields });
        return world.tokens.update(partner.contacts.technical, request);
      };
      const edited = present((await edit(token.etag, ["mesri_identite"], ["198.51.100.9"])).token);
      assert.deepEqual([edited.scopes, edited.allowedNetworks], [["mesri_identite"], ["198.51.100.9/32"]]);
      await assertRefused("edit_conflict", edit(token.etag, scopes));
      await assertRefused(
        "scopes_exceed_procedure",
        edit(edited.etag, [...scopes, "mesri_admission_inscrit"]),
      );
      assert.deepEqual((await edit(edited.etag, scopes)).token?.scopes, scopes);
      const rate = async (callsPerSecond: number) => {
        const { etag } = await get(world, token.id);
        const fields = { id: token.id, etag, reason: "Rentrée", callsPerSecond };
        const request = create(SetTokenRateRequestSchema, { ...header(), ...fields });
        return (await world.tokens.setRate(world.operator, request)).token?.callsPerSecond;
      };
      assert.deepEqual([await rate(7), await rate(0)], [7, 0]);
      const events = await readEventsAfter(world.database.knex, 0, 50);
      const ratings = events.filter(({ action }) => action === "token.set_rate");
      assert.deepEqual(
        ratings.map(({ reason, actor }) => [reason, actor.body]),
        [
          ["Rentrée", "dinum"],
          ["Rentrée", "dinum"],
        ],
      );
    });

    test("an approval takes from the tokens the scopes that it no longer has", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const procedure = await world.approved(partner, contentOf("Bourse"));
      const { token } = await world.issue(partner, procedure);
      await revoked(world, partner, token, start + 5 * dayMs);
      const narrow = await world.edit(partner, procedure, contentOf("Bourse", ["mesri_identite"]));
      assert.deepEqual((await get(world, token.id)).scopes, scopes, "not before it is approved");
      await world.approve(await world.submit(partner, narrow));
      assert.deepEqual((await get(world, token.id)).scopes, ["mesri_identite"], "one to be revoked as well");
      const [entry] = await createAccessStorage(world.database).readChanges(0);
      assert.deepEqual(entry?.scopes, ["mesri_identite"]);
    });

    test("tokens are listed by partner, procedure and status, in pages", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const [partner, other] = [await world.partner(), await world.partner()];
      const days = [10, 400, 300, 200, 100, 20];
      const made: Token[] = [];
      for (const [index, validDays] of days.entries()) {
        world.clock.date += 1;
        const procedure = await world.approved(partner, contentOf(`Démarche ${index}`));
        made.push((await world.issue(partner, procedure, { validDays })).token);
      }
      const foreign = await world.issue(other, await world.approved(other, contentOf("Autre")));
      const list = async (fields: object, acting = partner.contacts.technical) => {
        const ids: string[] = [];
        for (let pageToken = "", first = true; first || pageToken !== ""; first = false) {
          const request = create(ListTokensRequestSchema, { pageSize: 2, pageToken, ...fields });
          const page = await world.tokens.list(acting, request);
          assert.ok(page.tokens.length <= 2);
          ids.push(...page.tokens.map(({ id }) => id));
          pageToken = page.nextPageToken;
        }
        return ids;
      };
      const byDays = made.toSorted((a, b) => (instant(a.expireTime) ?? 0) - (instant(b.expireTime) ?? 0));
      assert.deepEqual(
        await list({}),
        made.map(({ id }) => id),
      );
      assert.deepEqual(
        await list({ orderBy: "expire_time" }),
        byDays.map(({ id }) => id),
      );
      assert.deepEqual(await list({ orderBy: "create_time desc" }), made.map(({ id }) => id).toReversed());
      assert.deepEqual(await list({ procedureId: made[3]?.procedures[0]?.id }), [made[3]?.id]);
      const expiring = { status: TokenStatus.EXPIRING, orderBy: "expire_time" };
      assert.deepEqual(
        await list(expiring),
        byDays.slice(0, 2).map(({ id }) => id),
      );
      assert.deepEqual(await list({ partnerId: other.id }, world.operator), [foreign.token.id]);
      assert.equal((await list({}, world.operator)).length, 7);
      await assertRefused("record_not_found", list({ partnerId: other.id }));
      await assertRefused("record_not_found", getAs(world, other, made[0]));
      for (const hostile of ["' or '1'='1", "%", "prt_1'; drop table tokens; --", "x\u2028"]) {
        assert.deepEqual(await list({ partnerId: hostile }, world.operator), []);
        assert.deepEqual(await list({ procedureId: hostile }, world.operator), []);
        await assertRefused("invalid_request", list({ orderBy: hostile }));
        await assertRefused("invalid_request", list({ pageToken: hostile }));
      }
    });

    test("a status that is asked for is the status that is shown", async () => {
      await using fresh = await open();
      const world = administer(fresh.database);
      const partner = await world.partner();
      const paused = await world.partner();
      const add = async (of: Partner, index: number, more: object) => {
        const { token } = await world.issue(of, await world.approved(of, contentOf(`N ${index}`)), more);
        if (index % 2 === 0) world.uses.set(token.id, "2026-09-01");
        return token;
      };
      for (const [index, validDays] of [1, 2, 50, 89, 90, 91, 300].entries()) {
        for (const holder of [partner, paused]) await add(holder, index, { validDays });
      }
      await add(partner, 20, { validFrom: timestampFromMs(start + 30 * dayMs) });
      await revoked(world, partner, await add(partner, 21, {}), start + dayMs);
      await revoked(world, partner, await add(partner, 22, {}), start + 3 * dayMs);
      await markLeaked(world, partner, await add(partner, 23, {}));
      await world.setPartnerState(paused, "suspended");
      for (const after of [0, 1, dayMs - 1, dayMs, 2 * dayMs, 40 * dayMs]) {
        world.clock.date = start + after;
        const all = create(ListTokensRequestSchema, { pageSize: 200 });
        const { tokens } = await world.tokens.list(world.operator, all);
        const active = [TokenStatus.ACTIVE, TokenStatus.NEVER_USED];
        for (const [name, status] of Object.entries(TokenStatus)) {
          if (name === "NEVER_USED" || name === "UNSPECIFIED") continue;
          const wanted: readonly TokenStatus[] = status === TokenStatus.ACTIVE ? active : [status];
          const request = create(ListTokensRequestSchema, { pageSize: 200, status });
          const filtered = await world.tokens.list(world.operator, request);
          assert.deepEqual(
            filtered.tokens.map(({ id }) => id),
            tokens.filter((token) => wanted.includes(token.status)).map(({ id }) => id),
            name,
          );
        }
      }
    });
  });
}

function instant(timestamp: Token["expireTime"]): number | undefined {
  return timestamp === undefined ? undefined : timestampMs(timestamp);
}

async function get(world: Administered, id: string): Promise<Token> {
  return (await world.tokens.get(world.operator, create(GetTokenRequestSchema, { id }))).token;
}

function getAs(world: Administered, partner: Partner, token: Token | undefined) {
  const request = create(GetTokenRequestSchema, { id: token?.id ?? "" });
  return world.tokens.get(partner.contacts.technical, request);
}

async function rotated(
  world: Administered,
  partner: Partner,
  { id }: Token,
  more: { readonly overlapDays?: number; readonly lastSecretLost?: boolean },
) {
  const { etag } = await get(world, id);
  const request = create(RotateTokenRequestSchema, { ...header(), id, etag, ...more });
  const { token, secret } = await world.tokens.rotate(partner.contacts.technical, request);
  return { token: present(token), secret };
}

async function revoked(world: Administered, partner: Partner, { id }: Token, at: number | undefined) {
  const time = at === undefined ? {} : { revokeTime: timestampFromMs(at) };
  const request = create(RevokeTokenRequestSchema, { ...header(), id, reason: "Motif", ...time });
  return present((await world.tokens.revoke(partner.contacts.technical, request)).token);
}

async function markLeaked(world: Administered, partner: Partner, { id }: Token) {
  const request = create(MarkTokenLeakedRequestSchema, { ...header(), id, reason: "Publié sur un dépôt" });
  return present((await world.tokens.markLeaked(partner.contacts.data_protection, request)).token);
}

/** When each secret ends, as authentication reads it. */
async function secretEnds(world: Administered) {
  const entries = await createAccessStorage(world.database).readChanges(0);
  return (secret: string) => {
    const hash = hashTokenSecret(secret);
    return present(entries.find(({ secretHash }) => secretHash.equals(hash))).secretExpiresAt;
  };
}

/** Neither in the audit log nor in the answers that are kept for repeated requests. */
async function assertStoredNowhere({ database }: Administered, secret: string): Promise<void> {
  const events = JSON.stringify(await readEventsAfter(database.knex, 0, 200));
  assert.ok(!events.includes(secret.slice(6, 20)));
  const replays: { answer: Buffer }[] = await database.knex("request_replays").select("answer");
  assert.ok(replays.length > 0 && replays.every(({ answer }) => !answer.includes(secret.slice(6, 20))));
}

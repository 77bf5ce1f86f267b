// A month of traffic that is known by construction comes out exactly, on both databases, by gRPC and by REST; a
// rebuild from the journal gives the same numbers.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  Dimension,
  Grain,
  StatisticsService,
} from "../../src/gen/statutetudiant/statistics/v1/statistics_pb.ts";
import { insertContact } from "../../src/partner/contact-storage.ts";
import { type DatabaseLocation, locateDatabase, openDatabase } from "../../src/storage/database.ts";
import { temporaryFolder } from "../journal/fixture.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { type RunningService, runStatutHere, startService } from "../support/service.ts";
import { bearer, issueToken, journalKeys } from "../support/whole-service.ts";
import * as script from "./scripted-month.ts";

/** The October of the script in Paris. */
const october = { startTime: `${script.year}-09-30T22:00:00Z`, endTime: `${script.year}-10-31T23:00:00Z` };
const period = {
  startTime: timestampFromMs(Date.parse(october.startTime)),
  endTime: timestampFromMs(Date.parse(october.endTime)),
};
const townCalls = script.townMonth.answered + script.townMonth.notFound + script.townMonth.limited;
const regionCalls = script.regionMonth + script.burst.answered;
const otherCalls = script.otherMonth + 2;
const everybodysCalls = townCalls + regionCalls + otherCalls + script.strangersMonth;

let postgres: PostgresServer | undefined;
after(() => postgres?.stop());

const kinds = {
  SQLite: async () => ({}) as Record<string, string>,
  PostgreSQL: async () => {
    postgres = await startPostgres();
    return { DATABASE_URL: await postgres.createDatabase() };
  },
};

for (const [name, createEnvironment] of Object.entries(kinds)) {
  suite(name, () => {
    let service: RunningService;
    let tokens: script.Tokens;
    let operator = "";
    let contact = "";
    let partnerToken = "";
    let environment: Record<string, string>;

    before(async () => {
      const dataDir = temporaryFolder();
      environment = { ...(await createEnvironment()), DATA_DIR: dataDir, JOURNAL_KEYS: journalKeys };
      const statut = (...arguments_: string[]) =>
        runStatutHere(arguments_, { ...process.env, ...environment });
      assert.equal((await statut("migrate")).code, 0);
      const issuer = { statut } as unknown as RunningService;
      const town = await issueToken(issuer, "13002526500013");
      const region = await issueToken(issuer, "13002526500013");
      const other = await issueToken(issuer, "11004601800013");
      partnerToken = town.token;
      tokens = { town: town.tokenId, region: region.tokenId, other: other.tokenId };
      const place = { dataDir, databaseUrl: environment["DATABASE_URL"] };
      await script.journalScript(locateDatabase(place, "journal"), tokens);
      await addContact(locateDatabase(place, "main"), tokens.town);
      service = await startService({ environment, dataDir, demonstration: false });
      const made = await statut(
        ...["operator", "create", "--email", "lea@example.fr", "--name", "Léa", "--role", "reader", "--json"],
      );
      operator = await signIn(JSON.parse(made.stdout).code);
      const link = await statut("login-link", "contact@example.fr", "--reason", "Essai", "--json");
      contact = await signIn(JSON.parse(link.stdout).code);
    });
    after(() => service[Symbol.asyncDispose]());

    const grpc = () => createClient(StatisticsService, createGrpcTransport({ baseUrl: service.origin }));

    async function signIn(code: string): Promise<string> {
      const { body } = await rest("/v1/sessions:signIn", "", { code });
      return body.secret;
    }

    async function rest(path: string, secret: string, body?: unknown) {
      const response = await fetch(`${service.origin}${path}`, {
        headers: { ...(secret && bearer(secret)), "content-type": "application/json" },
        ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, body: readBody(text) };
    }

    const query = (values: Record<string, string>) => new URLSearchParams(values).toString();

    test("an operator reads everybody's month, by gRPC and by REST", async () => {
      const answer = await grpc().getUsage({ grain: Grain.MONTH, ...period }, { headers: bearer(operator) });
      assert.equal(answer.points.length, 1);
      const { total, previousTotal } = answer;
      assert.deepEqual(
        [total?.calls, total?.outcomes.map(({ outcome, calls }) => [outcome, Number(calls)])],
        [
          BigInt(everybodysCalls),
          [
            ["answered", script.townMonth.answered + regionCalls + otherCalls],
            ["limited", 7],
            ["not_found", 31],
            ["unauthenticated", script.strangersMonth],
          ],
        ],
      );
      // The town's 41, the region's one a day, the other's two and one at the ends.
      assert.equal(total?.distinctStudents, BigInt(41 + 31 + 2 + 1));
      assert.equal(total?.refusedShare, script.strangersMonth / everybodysCalls);
      assert.equal(total?.limitedShare, 7 / everybodysCalls);
      assert.equal(total?.responseBytes, BigInt(everybodysCalls * 400));
      assert.equal(previousTotal?.calls, BigInt(script.townSeptember + 1));
      assert.equal(
        answer.previousStartTime?.seconds,
        BigInt(Date.parse(`${script.year}-08-31T22:00:00Z`) / 1000),
      );
      const { body } = await rest(
        `/v1/statistics/usage?${query({ grain: "GRAIN_MONTH", ...october })}`,
        operator,
      );
      assert.equal(body.total.calls, String(everybodysCalls));
      assert.deepEqual(body.total.outcomes[3], {
        outcome: "unauthenticated",
        calls: String(script.strangersMonth),
      });
    });

    test("a contact reads the own partner's month, by day and by hour, and nothing of another's", async () => {
      const options = { headers: bearer(contact) };
      const answer = await grpc().getUsage({ grain: Grain.DAY, ...period }, options);
      assert.equal(answer.points.length, 31);
      for (const [index, { totals }] of answer.points.entries()) {
        const day = index + 1;
        const more = day === script.burstDay ? script.burst.answered + script.burst.saturated : 0;
        assert.equal(totals?.calls, BigInt(script.townAnswered(day) + 1 + 5 + more), `day ${day}`);
        assert.equal(totals?.distinctStudents, BigInt(10 + day + 1), `day ${day}`);
      }
      assert.equal(answer.total?.calls, BigInt(townCalls + regionCalls));
      assert.equal(answer.total?.distinctStudents, BigInt(41 + 31));
      assert.equal(answer.previousTotal?.calls, BigInt(script.townSeptember));
      const foreign = await grpc().getUsage(
        { grain: Grain.DAY, ...period, filter: { tokenId: tokens.other } },
        options,
      );
      assert.deepEqual([foreign.total?.calls, foreign.points.length], [0n, 0]);
      await assert.rejects(
        grpc().getUsage({ grain: Grain.DAY, ...period, filter: { partnerId: "par_another" } }, options),
        (error) => ConnectError.from(error).code === Code.NotFound,
      );
      const hours = await rest(
        `/v1/statistics/usage?${query({
          grain: "GRAIN_HOUR",
          startTime: `${script.year}-10-20T00:00:00+02:00`,
          endTime: `${script.year}-10-21T00:00:00+02:00`,
          "filter.tokenId": tokens.town,
        })}`,
        contact,
      );
      // 30 answered calls from 12:01 to 12:30 in Greenwich, and one that found nobody.
      assert.deepEqual(
        hours.body.points.map((point: { startTime: string; totals: { calls: string } }) => [
          point.startTime,
          point.totals.calls,
        ]),
        [[`${script.year}-10-20T12:00:00Z`, "31"]],
      );
    });

    test("minutes and latencies", async () => {
      const answer = await grpc().getUsage(
        {
          grain: Grain.MINUTE,
          startTime: timestampFromMs(Date.UTC(script.year, 9, 20, 12)),
          endTime: timestampFromMs(Date.UTC(script.year, 9, 20, 13)),
          filter: { tokenId: tokens.town },
        },
        { headers: bearer(operator) },
      );
      assert.deepEqual(
        answer.points.map(({ startTime, totals }) => [Number(startTime?.seconds), Number(totals?.calls)]),
        Array.from({ length: 31 }, (_, minute) => [Date.UTC(script.year, 9, 20, 12, minute) / 1000, 1]),
      );
      // 30 calls of 2 ms and one of 90 ms.
      const { p50Ms = 0, p95Ms = 0, p99Ms = 0 } = answer.total?.latency ?? {};
      for (const [measured, true_] of [
        [p50Ms, 2],
        [p95Ms, 2],
        [p99Ms, 90],
      ] as const) {
        assert.ok(Math.abs(measured / true_ - 1) <= 0.05, `${measured} for ${true_}`);
      }
      assert.ok(Math.abs((answer.total?.meanMs ?? 0) - (30 * 2 + 90) / 31) < 1e-9);
    });

    test("breakdowns by every dimension add up", async () => {
      const expected: Partial<Record<keyof typeof Dimension, Record<string, number>>> = {
        TOKEN: {
          [tokens.town]: townCalls,
          [tokens.region]: regionCalls,
          [tokens.other]: otherCalls,
          "": script.strangersMonth,
        },
        PROCEDURE: {
          dem_town: townCalls,
          dem_region: regionCalls,
          dem_other: otherCalls,
          "": script.strangersMonth,
        },
        METHOD: {
          [script.lookup]: townCalls + regionCalls + script.strangersMonth,
          [script.version3]: otherCalls,
        },
        PROTOCOL: { rest: townCalls + otherCalls + script.strangersMonth, grpc: regionCalls },
        SURFACE: {
          native: townCalls + regionCalls + script.strangersMonth,
          "particulier-v3": otherCalls,
        },
        HTTP_STATUS: { 200: 806 + regionCalls + otherCalls, 404: 31, 429: 7, 401: script.strangersMonth },
        ERROR: {
          "": 806 + regionCalls + otherCalls,
          student_not_found: 31,
          service_saturated: 7,
          token_unknown: script.strangersMonth,
        },
      };
      for (const [dimension, calls] of Object.entries(expected)) {
        const { entries } = await grpc().getUsageBreakdown(
          { dimension: Dimension[dimension as keyof typeof Dimension], ...period },
          { headers: bearer(operator) },
        );
        const found = Object.fromEntries(entries.map(({ key, totals }) => [key, Number(totals?.calls)]));
        assert.deepEqual(found, calls, dimension);
      }
      const { body } = await rest(
        `/v1/statistics/breakdown?${query({ dimension: "DIMENSION_TOKEN", ...october, limit: "1" })}`,
        contact,
      );
      assert.deepEqual(
        [body.entries[0].key, body.entries[0].totals.calls, body.entries[0].previousCalls, body.otherCalls],
        [tokens.town, String(townCalls), String(script.townSeptember), String(regionCalls)],
      );
    });

    test("the token itself reads its usage as before", async () => {
      const { body } = await rest(
        `/v1/token/usage?start_date=${script.year}-10-15&end_date=${script.year}-10-16`,
        partnerToken,
      );
      assert.deepEqual(
        body.days.map(({ date, calls }: { date: string; calls: string }) => [date, calls]),
        [
          [`${script.year}-10-15`, String(25 + 1 + 7)],
          [`${script.year}-10-16`, String(26 + 1)],
        ],
      );
    });

    test("capacity: the second and the day on which the promise bound", async () => {
      const { body } = await rest(
        `/v1/statistics/capacity?start_date=${script.year}-10-01&end_date=${script.year}-10-31`,
        operator,
      );
      assert.deepEqual([body.promisedPerSecond, body.boundDays, body.days.length], [50, 1, 31]);
      // In the burst's second also come one of the region's own calls and both of the other partner's.
      assert.deepEqual(body.days[14], {
        date: `${script.year}-10-15`,
        offered: String(25 + 1 + 5 + 2 + 45 + 7),
        served: String(25 + 1 + 5 + 2 + 45),
        limited: "7",
        saturated: "7",
        peakOfferedPerSecond: 45 + 7 + 1 + 2,
        peakServedPerSecond: 45 + 1 + 2,
        saturatedSeconds: 1,
      });
      assert.equal((await rest("/v1/statistics/capacity", contact)).status, 403);
    });

    test("calls: pages without gap or repeat, filters, one call, and nobody else's", async () => {
      const seen: string[] = [];
      for (let pageToken = ""; ; ) {
        const filter = { endTime: timestampFromMs(Date.UTC(script.year, 10, 1)) };
        const page = await grpc().listCalls(
          { filter, pageSize: 200, pageToken },
          { headers: bearer(contact) },
        );
        seen.push(...page.calls.map(({ requestId }) => requestId));
        pageToken = page.nextPageToken;
        if (pageToken === "") break;
      }
      assert.equal(seen.length, townCalls + regionCalls + script.townSeptember);
      assert.equal(new Set(seen).size, seen.length);
      const filtered = await rest(
        `/v1/calls?${query({ "filter.outcome": "limited", "filter.httpStatus": "429", pageSize: "5" })}`,
        contact,
      );
      assert.equal(filtered.body.calls.length, 5);
      const more = await rest(
        `/v1/calls?${query({
          ...{ "filter.outcome": "limited", "filter.httpStatus": "429", pageSize: "5" },
          pageToken: filtered.body.nextPageToken,
        })}`,
        contact,
      );
      assert.deepEqual([more.body.calls.length, more.body.nextPageToken], [2, undefined]);
      const agents = await rest(
        `/v1/calls?${query({ "filter.agent": "agent-7", pageSize: "200" })}`,
        contact,
      );
      assert.equal(agents.body.calls.length, script.burst.answered);
      assert.ok(agents.body.calls.every(({ agent }: { agent: string }) => agent === "agent-7"));
      assert.equal((await rest(`/v1/calls?${query({ "filter.agent": "agent-7" })}`, operator)).status, 403);
      const named = await rest(
        `/v1/calls?${query({ "filter.withAgent": "true", pageSize: "200" })}`,
        contact,
      );
      assert.ok(named.body.calls.length >= agents.body.calls.length);
      assert.ok(named.body.calls.every(({ agent }: { agent: string }) => agent !== ""));
      assert.equal((await rest(`/v1/calls?${query({ "filter.withAgent": "true" })}`, operator)).status, 403);
      const [theirs] = (
        await grpc().listCalls({ filter: { tokenId: tokens.other } }, { headers: bearer(operator) })
      ).calls;
      assert.equal((await rest(`/v1/calls/${theirs?.requestId}`, operator)).body.call.tokenId, tokens.other);
      assert.equal((await rest(`/v1/calls/${theirs?.requestId}`, contact)).status, 404);
      assert.equal((await rest(`/v1/calls/${seen[0]}`, contact)).body.call.requestId, seen[0]);
    });

    test("exports are whole, in both forms, and hold no student", async () => {
      const wanted = { "filter.outcome": "answered", "filter.endTime": october.endTime };
      const csv = await rest(`/v1/calls:export?${query(wanted)}`, contact);
      assert.equal(csv.headers.get("content-type"), "text/csv; charset=utf-8; header=present");
      const rows = csv.text.trim().split("\r\n");
      assert.match(rows[0] ?? "", /^request_id,receive_time,token_id,/);
      assert.equal(rows.length - 1, 806 + regionCalls + script.townSeptember);
      const lines: string[] = [];
      for await (const { data } of grpc().exportCalls({ format: 2 }, { headers: bearer(operator) })) {
        lines.push(...Buffer.from(data).toString().trim().split("\n"));
      }
      const documents = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      const ofTheScript = documents.filter(({ receive_time: at }) => String(at) < `${script.year}-11-02`);
      // With the two calls that nobody counts, and the two beside the month.
      assert.equal(ofTheScript.length, everybodysCalls + script.townSeptember + 2 + 2);
      assert.ok(!csv.text.includes("0000000001A") && !lines.some((line) => line.includes("0000000001A")));
    });

    test("a rebuild mends what was spoilt, and leaves what was right", async () => {
      const statut = (...arguments_: string[]) => service.statut(...arguments_);
      const clean = await statut("statistics", "rebuild", "--json");
      assert.equal(clean.code, 0, clean.stderr);
      assert.equal(JSON.parse(clean.stdout).corrected, 0);
      const before = await rest(
        `/v1/statistics/usage?${query({ grain: "GRAIN_DAY", ...october })}`,
        operator,
      );
      const place = { dataDir: environment["DATA_DIR"] ?? "", databaseUrl: environment["DATABASE_URL"] };
      const database = openDatabase(locateDatabase(place, "journal"));
      await database.knex("journal_rollups").where("calls", ">", 20).update({ calls: 1 });
      await database.knex("journal_sketches").update({ students: 0 });
      await database.close();
      const spoilt = await rest(
        `/v1/statistics/usage?${query({ grain: "GRAIN_DAY", ...october })}`,
        operator,
      );
      assert.notDeepEqual(spoilt.body, before.body);
      const mended = await statut("statistics", "rebuild", "--json");
      assert.ok(JSON.parse(mended.stdout).corrected > 0);
      const after_ = await rest(
        `/v1/statistics/usage?${query({ grain: "GRAIN_DAY", ...october })}`,
        operator,
      );
      assert.deepEqual(after_.body, before.body);
    });

    test("the command line tells the same", async () => {
      const usage = await service.statut(
        ...[
          "statistics",
          "usage",
          "--grain",
          "month",
          "--from",
          october.startTime,
          "--until",
          october.endTime,
        ],
        "--json",
      );
      assert.equal(JSON.parse(usage.stdout).total.calls, everybodysCalls);
      const latest = await service.statut("statistics", "latest", "--outcome", "limited", "--json");
      assert.equal(latest.stdout.trim().split("\n").length, 7);
      const capacity = await service.statut(
        ...[
          "statistics",
          "capacity",
          "--from",
          `${script.year}-10-01`,
          "--to",
          `${script.year}-10-31`,
          "--json",
        ],
      );
      assert.equal(JSON.parse(capacity.stdout).boundDays, 1);
    });
  });
}

async function addContact(location: DatabaseLocation, tokenId: string): Promise<void> {
  const database = openDatabase(location);
  const [{ partnerId }] = await database
    .knex("tokens")
    .join("procedures", "procedures.id", "tokens.procedure_id")
    .where("tokens.id", tokenId)
    .select("procedures.partner_id as partnerId");
  await insertContact(database.knex, {
    ...{ kind: "contact", id: "ctc_scripted", name: "Ana", email: "contact@example.fr", partnerId },
    ...{ roles: new Set(["technical"] as const), phone: undefined, createdAt: 0, updatedAt: 0 },
    ...{ removedAt: undefined, revision: 1 },
  });
  await database.close();
}

// The answers of many methods: the tests name what they read.
// biome-ignore lint/suspicious/noExplicitAny: a JSON document
function readBody(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

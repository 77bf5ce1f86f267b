// The running service measures itself through its port, and tells everybody: gRPC, REST, page and command line.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  AvailabilityService,
  Verdict,
} from "../../src/gen/statutetudiant/availability/v1/availability_pb.ts";
import { parisDay } from "../../src/paris-time.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { makeCertificate, makeSignedCertificate } from "../support/certificate.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningService, startService } from "../support/service.ts";
import { bearer, journalKeys, lookupRoute } from "../support/whole-service.ts";

const minuteMs = 60_000;
/** A minute that went wrong, five minutes ago, and its month. */
const badMinute = (Math.floor(Date.now() / minuteMs) - 5) * minuteMs;
const month = parisDay(badMinute).slice(0, 7);

suite("availability of the running service", () => {
  let service: RunningService;
  before(async () => {
    service = await startService({ environment: { SELF_PROBE: "on", JOURNAL_KEYS: journalKeys } });
    await eventually(async () => (await probes(service)).length > 0);
    // Measured since ten minutes ago and without a gap until the service did it: well, but for one minute.
    const database = openDatabase({ file: `${service.dataDir}/journal.db` });
    for (let minute = badMinute - 5 * minuteMs; minute <= Date.now(); minute += minuteMs) {
      await database
        .knex("availability_probes")
        .insert({
          minute,
          instance: "earlier",
          succeeded: minute === badMinute ? 0 : 1,
          cause: minute === badMinute ? "server_error" : "",
        })
        .onConflict(["minute", "instance"])
        .ignore();
    }
    await database.close();
  });
  after(() => service[Symbol.asyncDispose]());

  test("the probe succeeds through the public port, is traced, and is nobody's call", async () => {
    const [probe] = await probes(service);
    assert.deepEqual([probe?.succeeded, probe?.cause], [1, ""]);
    const { stdout } = await service.statut("journal", "search", "--token", "probe", "--json");
    const line = JSON.parse(stdout.trim().split("\n")[0] ?? "") as Record<string, unknown>;
    assert.deepEqual(
      [line["httpStatus"], line["errorId"], line["route"]],
      [404, "student_not_found", "/v1/students/{ine}"],
    );
    const usage = await service.statut("statistics", "usage", "--grain", "hour", "--json");
    const { total } = JSON.parse(usage.stdout) as { total: { outcomes: { outcome: string }[] } };
    assert.ok(!total.outcomes.some(({ outcome }) => outcome === "not_found"), usage.stdout);
  });

  test("its credential is no token of anybody's: a guess is refused like every other", async () => {
    const guess = await fetch(service.origin + lookupRoute, { headers: bearer(`stetu_${"0".repeat(49)}`) });
    assert.equal(guess.status, 401);
  });

  test("gRPC and REST tell the running month", async () => {
    const client = createClient(AvailabilityService, createGrpcTransport({ baseUrl: service.origin }));
    const { availability } = await client.getMonth({ month });
    assert.equal(availability?.verdict, Verdict.RUNNING);
    assert.equal(availability?.promisedShare, 0.978);
    assert.equal(availability?.downMinutes, 1);
    const response = await fetch(`${service.origin}/v1/availability`);
    const { months } = (await response.json()) as { months: Record<string, unknown>[] };
    // A month that has just ended runs until it is frozen.
    const own = months.find((listed) => listed["month"] === month);
    assert.deepEqual(
      [own?.["verdict"], own?.["causes"]],
      ["VERDICT_RUNNING", [{ cause: "DOWN_CAUSE_PROBE_FAILED", minutes: 1 }]],
    );
    const measured = months.map(({ measuredMinutes = 0 }) => Number(measuredMinutes));
    assert.ok(measured.reduce((sum, minutes) => sum + minutes) >= 10);
    await assert.rejects(
      client.getMonth({ month: "2020-01" }),
      (error) => ConnectError.from(error).code === Code.NotFound,
    );
    assert.equal((await fetch(`${service.origin}/v1/availability/2020-13`)).status, 400);
    assert.equal((await fetch(`${service.origin}/v1/availability?page_token=x`)).status, 400);
  });

  test("the page opens in a browser, in French, also by its old address", async () => {
    const browser = { "sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    const old = await fetch(`${service.origin}/status`, { headers: browser, redirect: "manual" });
    assert.deepEqual([old.status, old.headers.get("location")], [308, "/etat-du-service"]);
    const response = await fetch(`${service.origin}/status`, { headers: browser });
    assert.deepEqual([response.status, new URL(response.url).pathname], [200, "/etat-du-service"]);
    assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
    const html = await response.text();
    assert.match(html, /<html lang="fr"/);
    assert.match(html, /Le service fonctionne normalement/);
    assert.match(html, /sonde en échec : 1 min/);
    assert.match(html, /<th scope="row">/);
    const document = (await (await fetch(`${service.origin}/status.json`)).json()) as Record<string, unknown>;
    assert.equal(document["status"], "ok");
    // Only pages are for browsers.
    assert.equal((await fetch(service.origin + lookupRoute, { headers: browser })).status, 403);
    assert.equal((await fetch(`${service.origin}/status?token=${service.token}`)).status, 400);
    assert.equal((await fetch(`${service.origin}/status`, { method: "POST" })).status, 405);
  });

  test("the command line tells the same, and freezes what is over", async () => {
    const report = await service.statut("availability", "report", "--month", month, "--json");
    const parsed = JSON.parse(report.stdout) as { downMinutes: Record<string, number> };
    assert.equal(parsed.downMinutes["probe_failed"], 1);
    const freeze = await service.statut("availability", "freeze", "--json");
    assert.deepEqual([freeze.code, JSON.parse(freeze.stdout)], [0, { frozen: [] }]);
    assert.equal((await service.statut("availability", "report", "--month", "2020-01")).code, 1);
  });
});

for (const [signer, certificate] of [
  ["itself", makeCertificate],
  ["an authority", makeSignedCertificate],
] as const) {
  test(`the probe reaches a service that speaks TLS with a certificate signed by ${signer}`, async () => {
    const { cert, key } = certificate();
    const environment = { SELF_PROBE: "on", TLS_CERT: cert, TLS_KEY: key };
    await using service = await startService({ environment });
    await eventually(async () => (await probes(service)).length > 0);
    assert.equal((await probes(service))[0]?.cause, "");
  });
}

async function probes({ dataDir }: RunningService): Promise<{ succeeded: number; cause: string }[]> {
  const database = openDatabase({ file: `${dataDir}/journal.db` });
  try {
    return await database.knex("availability_probes").whereNot("instance", "earlier").orderBy("minute");
  } finally {
    await database.close();
  }
}

// One suite, asked by every client and through both lanes: what is answered must not depend on how one asks.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Code } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { LookupService, Sex } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import {
  type Clients,
  callGrpcJs,
  clientsOf,
  connectTransports,
  failureOf,
  withToken,
} from "../support/clients.ts";
import { type RunningService, startService } from "../support/service.ts";

const recipient = "13002526500013";
const becker = {
  birthName: "Becker",
  givenNames: ["Valirianne"],
  birthDate: "2000-01-01",
  sex: Sex.FEMALE,
  recipient,
};

for (const lane of ["on", "off"]) {
  describe(`lean lane ${lane}`, () => {
    let service: RunningService;
    const clients = new Map<string, Clients>();

    before(async () => {
      service = await startService({
        environment: {
          // The guard's first permits are late while the service still loads on a busy machine; that is not asked here.
          QUEUE_MAX_WAIT_MS: "5000",
          LEAN_LANE: lane,
          CALLS_PER_SECOND: "10000",
          TOKEN_CALLS_PER_SECOND: "10000",
          ADMISSION_WINDOW: "all",
        },
      });
      for (const [name, transport] of Object.entries(connectTransports(service.origin))) {
        clients.set(name, clientsOf(transport));
      }
    });
    after(() => service[Symbol.asyncDispose]());

    for (const name of Object.keys(connectTransports("http://localhost"))) {
      describe(name, () => {
        const client = () => clients.get(name) as Clients;
        const options = () => withToken(service.token);

        it("answers a lookup by INE", async () => {
          const { student } = await client().lookup.lookupByIne({ ine: "951242368cr", recipient }, options());
          assert.equal(student?.identity?.birthName, "AUTORBB");
          assert.deepEqual(student?.admissions[0]?.institution?.uai, "0331023W");
          assert.equal(student?.admissions[0]?.registered, false);
        });

        it("answers a lookup by civil identity, whatever its accents and case", async () => {
          const { student } = await client().lookup.lookupByIdentity(
            { ...becker, birthName: "bécker", givenNames: ["VALIRIANNE"] },
            options(),
          );
          assert.equal(student?.identity?.birthName, "BECKER");
        });

        it("describes its token and its usage", async () => {
          const token = await client().token.introspect({}, options());
          assert.equal(token.partnerSiret, "99999999900017");
          const usage = await client().statistics.getTokenUsage({}, options());
          assert.ok(usage.days.length >= 1);
        });

        it("tells nobody by NOT_FOUND, with the reason", async () => {
          const error = await failureOf(
            client().lookup.lookupByIne({ ine: "00000000000", recipient }, options()),
          );
          assert.equal(error.code, Code.NotFound);
          assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "STUDENT_NOT_FOUND");
          assert.match(error.rawMessage, /Aucun étudiant/);
        });

        it("names every bad field", async () => {
          const bad = { ine: "12", recipient: "13002526500014", onDate: "2023-02-29" };
          const error = await failureOf(client().lookup.lookupByIne(bad, options()));
          assert.equal(error.code, Code.InvalidArgument);
          const fields = error.findDetails(BadRequestSchema)[0]?.fieldViolations.map(({ field }) => field);
          assert.deepEqual(fields, ["ine", "recipient", "on_date"]);
        });

        it("refuses a call without a token", async () => {
          const error = await failureOf(client().lookup.lookupByIne({ ine: "951242368CR", recipient }));
          assert.equal(error.code, Code.Unauthenticated);
          assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "TOKEN_MISSING");
        });

        it("refuses a browser page", async () => {
          const browser = withToken(service.token, { origin: "https://example.org" });
          const error = await failureOf(client().token.introspect({}, browser));
          assert.equal(error.code, Code.PermissionDenied);
          assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "BROWSER_REFUSED");
        });

        it("tells the rate in headers", async () => {
          let headers = new Headers();
          const onHeader = (received: Headers) => {
            headers = received;
          };
          await client().token.introspect({}, { ...options(), onHeader });
          assert.equal(Number(headers.get("ratelimit-limit")) > 0, true);
          assert.match(headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
        });
      });
    }

    it("serves @grpc/grpc-js", async () => {
      const request = { ine: "951242368CR", recipient };
      const { student } = await callGrpcJs(
        service.port,
        LookupService.method.lookupByIne,
        request,
        service.token,
      );
      assert.equal(student?.identity?.birthName, "AUTORBB");
      await assert.rejects(callGrpcJs(service.port, LookupService.method.lookupByIne, request, undefined), {
        code: Code.Unauthenticated,
      });
      await assert.rejects(
        callGrpcJs(service.port, LookupService.method.lookupByIne, { ine: "x", recipient }, service.token),
        { code: Code.InvalidArgument },
      );
    });

    it("still lives, and its journal is whole", async () => {
      assert.equal((await fetch(`${service.origin}/readyz`)).status, 200);
      const verified = await service.statut("journal", "verify");
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    });
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, createContextValues, createRouterTransport } from "@connectrpc/connect";
import type { Caller } from "../../src/access/caller.ts";
import { parseNetwork } from "../../src/access/network.ts";
import { TokenService } from "../../src/gen/statutetudiant/token/v1/token_pb.ts";
import { callKey, openCall } from "../../src/request/call.ts";
import { createTokenService } from "../../src/token/token-service.ts";
import type { Tokens } from "../../src/token/tokens.ts";

const caller: Caller = {
  tokenId: "tok_1",
  procedureId: "prc_1",
  procedureName: "Bourse municipale",
  partnerId: "prt_1",
  partnerSiret: "13002526500013",
  partnerName: "Mairie d'Exemple",
  scopes: new Set(["mesri_identite", "mesri_admissions"]),
  callsPerSecond: undefined,
  validFrom: Date.parse("2026-09-01T00:00:00.250Z"),
  expiresAt: Date.parse("2028-03-02T00:00:00Z"),
  allowedNetworks: [parseNetwork("192.0.2.0/24"), parseNetwork("2001:db8::/32")].filter(
    (network) => network !== undefined,
  ),
};

function introspect(as: Caller | undefined) {
  const call = openCall("request", 0, "192.0.2.1");
  call.caller = as;
  const transport = createRouterTransport(
    ({ service }) =>
      service(
        TokenService,
        createTokenService({ callsPerSecond: 50, tokenCallsPerSecond: 20 }, {} as Tokens),
      ),
    {
      router: {
        interceptors: [
          (next) => (request) => {
            request.contextValues.set(callKey, call);
            return next(request);
          },
        ],
      },
    },
  );
  return createClient(TokenService, transport).introspect({}, { contextValues: createContextValues() });
}

test("a token learns what it is and may", async () => {
  const { $typeName, validFrom, expiresAt, ...answer } = await introspect(caller);
  assert.equal($typeName, "statutetudiant.token.v1.IntrospectResponse");
  assert.deepEqual(
    [validFrom?.seconds, validFrom?.nanos],
    [BigInt(Date.parse("2026-09-01") / 1000), 250_000_000],
  );
  assert.deepEqual([expiresAt?.seconds, expiresAt?.nanos], [BigInt(Date.parse("2028-03-02") / 1000), 0]);
  assert.deepEqual(answer, {
    tokenId: "tok_1",
    partnerSiret: "13002526500013",
    partnerName: "Mairie d'Exemple",
    procedureName: "Bourse municipale",
    scopes: ["mesri_admissions", "mesri_identite"],
    callsPerSecond: 20,
    allowedNetworks: ["192.0.2.0/24", "2001:db8::/32"],
  });
});

test("a rate of its own holds, within that of the service", async () => {
  assert.equal((await introspect({ ...caller, callsPerSecond: 3 })).callsPerSecond, 3);
  assert.equal((await introspect({ ...caller, callsPerSecond: 1000 })).callsPerSecond, 50);
});

test("without a caller there is nothing to describe", async () => {
  await assert.rejects(introspect(undefined), { code: 16 });
});

// Against a real OpenID provider: users who log in at a partner, and the partner that presents their tokens.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { JWK } from "jose";
import { createDecryptionKey } from "../../src/france-connect/create-decryption-key.ts";
import { LookupService } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { callGrpcJs } from "../support/clients.ts";
import { type RunningService, startService } from "../support/service.ts";
import { untilChangesApply } from "../support/token-load.ts";
import { assertWhole, unlimited } from "../support/whole-service.ts";
import { type DataProvider, type OidcServer, type OidcUser, startOidcServer } from "./oidc-server.ts";
import { makeClients, otherSiret, siret } from "./partner.ts";
import { surfacesOf } from "./surfaces.ts";
import { scopes } from "./version-2-server.ts";

const secret = "un-secret-de-fournisseur-d-essai-assez-long";
const partner = "client-de-la-ville";
/** Its users' tokens live for a second. */
const brief = "client-bref";
const stranger = "client-d-un-inconnu";
const scope = `openid identite_pivot ${scopes.join(" ")}`;

const lance: OidcUser = {
  sub: "usager-lance",
  acr: "eidas1",
  claims: {
    family_name: "AUTORBB",
    given_name: "LANCE",
    given_name_array: ["LANCE"],
    gender: "male",
    birthdate: "2005-02-05",
    birthplace: "",
    birthcountry: "99138",
  },
};

/** How our installation is registered with the provider: each way in which answers may be protected. */
const ways = [
  { name: "ES256 in ECDH-ES", signedBy: "ES256", alg: "ECDH-ES" },
  { name: "RS256 in RSA-OAEP-256", signedBy: "RS256", alg: "RSA-OAEP-256" },
  { name: "ES256, not encrypted", signedBy: "ES256", alg: undefined },
] as const;

const keys = new Map<string, JWK>();
const services = new Map<string, RunningService>();
let provider: OidcServer;

function publicPart({ kty, crv, x, y, n, e, kid, alg }: JWK): JWK {
  return JSON.parse(JSON.stringify({ kty, crv, x, y, n, e, kid, alg, use: "enc" }));
}

before(async () => {
  for (const { name, alg } of ways) if (alg !== undefined) keys.set(name, await createDecryptionKey(alg));
  const dataProviders = ways.map(({ name, signedBy, alg }): DataProvider => {
    return {
      clientId: clientIdOf(name),
      clientSecret: secret,
      signedBy,
      encryption: alg === undefined ? undefined : { alg, keys: [publicPart(keys.get(name) as JWK)] },
    };
  });
  provider = await startOidcServer([partner, stranger, brief], dataProviders, (clientId) =>
    clientId === brief ? 1 : 60,
  );
  await Promise.all(
    ways.map(async ({ name }) => {
      services.set(name, await serviceBehind(name));
    }),
  );
});
after(async () => {
  await Promise.all([...services.values()].map((service) => service[Symbol.asyncDispose]()));
  await provider[Symbol.asyncDispose]();
});

async function serviceBehind(name: string): Promise<RunningService> {
  const key = keys.get(name);
  const service = await startService({
    environment: {
      ...unlimited,
      FRANCE_CONNECT: "v2",
      FRANCE_CONNECT_URL: `${provider.issuer}/token/introspection`,
      FRANCE_CONNECT_ISSUER: provider.issuer,
      FRANCE_CONNECT_JWKS_URL: `${provider.issuer}/jwks`,
      FRANCE_CONNECT_CLIENT_ID: clientIdOf(name),
      FRANCE_CONNECT_CLIENT_SECRET: secret,
      ...(key !== undefined && { FRANCE_CONNECT_KEYS: JSON.stringify({ keys: [key] }) }),
    },
  });
  await makeClients({ file: join(service.dataDir, "statut.db") }, [
    { clientId: partner },
    { clientId: brief },
  ]);
  await untilChangesApply(service);
  return service;
}

function clientIdOf(name: string): string {
  return name.replaceAll(/[ ,]+/g, "-");
}

for (const { name } of ways) {
  suite(`answers protected by ${name}`, () => {
    const serviceOf = () => services.get(name) as RunningService;

    test("bring the user's admissions on every surface", async () => {
      const service = serviceOf();
      const token = await provider.logIn(lance, partner, scope);
      for (const [surface, ask] of Object.entries(surfacesOf(service.origin))) {
        const { text } = await ask({ token, recipient: siret });
        assert.match(text, /0331023W/, surface);
        assert.doesNotMatch(text, /autorbb|lance/i, surface);
      }
      const method = LookupService.method.lookupByFranceConnect;
      const { admissions } = await callGrpcJs(service.port, method, { recipient: siret }, token);
      assert.deepEqual(
        admissions.map(({ startDate, institution }) => [startDate, institution?.uai]),
        [["2025-09-01", "0331023W"]],
      );
    });

    test("refuse withdrawn and expired tokens, other clients and recipients, and missing scopes", async () => {
      const service = serviceOf();
      const expired = await provider.logIn(lance, brief, scope);
      const withdrawn = await provider.logIn(lance, partner, scope);
      await provider.revoke(withdrawn);
      await pause(2100);
      const cases = [
        [expired, siret, "france_connect_token_inactive"],
        [withdrawn, siret, "france_connect_token_inactive"],
        ["un-jeton-que-personne-n-a-donne", siret, "france_connect_token_inactive"],
        [await provider.logIn(lance, stranger, scope), siret, "france_connect_client_unknown"],
        [await provider.logIn(lance, partner, scope), otherSiret, "france_connect_recipient_refused"],
        [await provider.logIn(lance, partner, "openid autre_donnee"), siret, "france_connect_scope_missing"],
      ] as const;
      for (const [token, recipient, reason] of cases) {
        for (const surface of ["gRPC", "REST"] as const) {
          const outcome = await surfacesOf(service.origin)[surface]({ token, recipient });
          assert.equal(outcome.reason, reason, surface);
          assert.doesNotMatch(outcome.text, /0331023W/);
        }
      }
      await assertWhole(service);
    });
  });
}

// Version 1 of FranceConnect behind the same methods: `checktoken`, plain JSON.
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type RunningService, startService } from "../support/service.ts";
import { untilChangesApply } from "../support/token-load.ts";
import { assertWhole, unlimited } from "../support/whole-service.ts";
import { makeClients, otherSiret, siret } from "./partner.ts";
import { surfacesOf } from "./surfaces.ts";
import { scopes } from "./version-2-server.ts";

const good = {
  scope: ["openid", "identite_pivot", ...scopes],
  identity: {
    family_name: "AUTORBB",
    given_name: "LANCE",
    gender: "male",
    birthdate: "2005-02-05",
    birthplace: "",
    birthcountry: "99138",
  },
  client: { client_id: "client-de-version-1", client_name: "Ville" },
  acr: "eidas1",
};

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
}

const answers = new Map<string, Answer>();
const unknown: Answer = { status: 401, body: '{"status":"fail","message":"token_not_found_or_expired"}' };
let server: Server;
let service: RunningService;
let asked = 0;

before(async () => {
  server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const { token } = JSON.parse(text) as { token: string };
    const { status = 200, type = "application/json; charset=utf-8", body } = answers.get(token) ?? unknown;
    response.writeHead(status, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/checktoken`;
  service = await startService({
    environment: {
      ...unlimited,
      FRANCE_CONNECT: "v1",
      FRANCE_CONNECT_URL: url,
      TRUSTED_PROXIES: "127.0.0.0/8",
    },
  });
  await makeClients({ file: join(service.dataDir, "statut.db") }, [{ clientId: "client-de-version-1" }]);
  await untilChangesApply(service);
});
after(async () => {
  await service[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

async function ask(answer: unknown, surface: "gRPC" | "REST" | "version 3", recipient = siret) {
  asked += 1;
  const token = `jeton-de-version-1-numero-${asked}`;
  if (answer !== undefined) answers.set(token, { body: JSON.stringify(answer) });
  const headers = { "x-forwarded-for": `198.18.0.${asked & 255}` };
  return await surfacesOf(service.origin)[surface]({ token, recipient, headers });
}

for (const surface of ["gRPC", "REST", "version 3"] as const) {
  test(`a good token brings admissions over ${surface}`, async () => {
    const { text } = await ask(good, surface);
    assert.match(text, /0331023W/);
    assert.doesNotMatch(text, /autorbb|lance/i);
  });
}

suite("failures", () => {
  const { identity } = good;
  const cases: [name: string, answer: unknown, reason: string, recipient?: string][] = [
    ["unknown or expired", undefined, "france_connect_token_inactive"],
    ["an unknown client", { ...good, client: { client_id: "autre" } }, "france_connect_client_unknown"],
    ["another recipient", good, "france_connect_recipient_refused", otherSiret],
    ["no scope of ours", { ...good, scope: ["openid"] }, "france_connect_scope_missing"],
    ["scopes that are no list", { ...good, scope: "mesri_admissions" }, "france_connect_answer_unreadable"],
    ["no level of assurance", { ...good, acr: undefined }, "france_connect_assurance_too_low"],
    ["no identity", { ...good, identity: {} }, "france_connect_identity_incomplete"],
    ["an identity of another type", { ...good, identity: [identity] }, "france_connect_answer_unreadable"],
    ["no client", { ...good, client: null }, "france_connect_answer_unreadable"],
    ["a list", [good], "france_connect_answer_unreadable"],
    ["null", null, "france_connect_answer_unreadable"],
  ];
  for (const [name, answer, reason, recipient] of cases) {
    test(`${name}: ${reason}`, async () => {
      for (const surface of ["gRPC", "REST"] as const) {
        const outcome = await ask(answer, surface, recipient);
        assert.equal(outcome.reason, reason, outcome.text);
        assert.doesNotMatch(outcome.text, /0331023W|autorbb/i);
      }
    });
  }

  for (const [name, body, type] of [
    ["what is no JSON, of which the log quotes nothing", '{"family_name":"AUTORBB"', "application/json"],
    ["another media type", JSON.stringify(good), "text/html"],
  ] as const) {
    test(name, async () => {
      answers.set("jeton-mal-repondu-d-essai", { body, type });
      const ask = { token: "jeton-mal-repondu-d-essai", recipient: siret };
      assert.equal((await surfacesOf(service.origin).REST(ask)).reason, "france_connect_answer_unreadable");
      assert.doesNotMatch(service.log(), /AUTORBB|jeton-/);
    });
  }

  test("the service is whole", () => assertWhole(service));
});

// Signing in as people do, on the running service: a code from the command line, a session over gRPC and REST.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { OperatorBody, OperatorRole } from "../../src/gen/statutetudiant/rules/v1/roles_pb.ts";
import { SessionService } from "../../src/gen/statutetudiant/session/v1/session_pb.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningService, startService } from "../support/service.ts";

suite("sessions on the running service", () => {
  let service: RunningService;
  before(async () => {
    service = await startService();
  });
  after(() => service[Symbol.asyncDispose]());

  const client = () => createClient(SessionService, createGrpcTransport({ baseUrl: service.origin }));
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

  async function newCode(email: string): Promise<string> {
    const made = await service.statut(
      ...["operator", "create", "--email", email, "--name", "Camille Martin"],
      ...["--role", "instructor", "--body", "dinum"],
    );
    assert.equal(made.code, 0, made.stderr);
    return /^code: (stcod_\w+)$/m.exec(made.stdout)?.[1] ?? "";
  }

  test("gRPC: sign in, who am I, sign out", async () => {
    const { secret, person } = await client().signIn({ code: await newCode("grpc@example.fr") });
    assert.deepEqual(
      [person?.name, person?.operatorRole, person?.operatorBody],
      ["Camille Martin", OperatorRole.INSTRUCTOR, OperatorBody.DINUM],
    );
    const session = await client().getSession({}, { headers: bearer(secret) });
    assert.equal(session.person?.email, "grpc@example.fr");
    assert.ok(Number(session.expireTime?.seconds) * 1000 > Date.now() + 11 * 3_600_000);
    await client().signOut({}, { headers: bearer(secret) });
    await assert.rejects(client().getSession({}, { headers: bearer(secret) }), hasCode(Code.Unauthenticated));
  });

  test("REST: sign in, who am I, sign out everywhere", async () => {
    const code = await newCode("rest@example.fr");
    const opened = await rest("POST", "/v1/sessions:signIn", undefined, { code });
    assert.equal(opened.status, 200);
    const { secret } = opened.body as { secret: string };
    const session = await rest("GET", "/v1/session", secret);
    assert.equal((session.body as { person: { email: string } }).person.email, "rest@example.fr");
    assert.equal((await rest("POST", "/v1/session:signOut", secret, { everywhere: true })).status, 200);
    const refused = await rest("GET", "/v1/session", secret);
    assert.deepEqual([refused.status, reasonOf(refused.body)], [401, "SESSION_UNKNOWN"]);
    const again = await rest("POST", "/v1/sessions:signIn", undefined, { code });
    assert.deepEqual([again.status, reasonOf(again.body)], [401, "SIGN_IN_CODE_INVALID"]);
  });

  test("a token is no session, and a session is no token", async () => {
    const { secret } = await client().signIn({ code: await newCode("both@example.fr") });
    const withToken = await rest("GET", "/v1/session", service.token);
    assert.deepEqual([withToken.status, reasonOf(withToken.body)], [401, "SESSION_UNKNOWN"]);
    const withSession = await rest("GET", "/v1/token", secret);
    assert.deepEqual([withSession.status, reasonOf(withSession.body)], [401, "TOKEN_UNKNOWN"]);
    const without = await rest("GET", "/v1/session");
    assert.deepEqual([without.status, reasonOf(without.body)], [401, "SESSION_MISSING"]);
    const inUrl = await rest("GET", `/v1/session?x=${secret}`);
    assert.deepEqual([inUrl.status, reasonOf(inUrl.body)], [400, "TOKEN_IN_URL"]);
  });

  test("breaking the glass prints a code for whoever may sign in, and is audited", async () => {
    await newCode("glass@example.fr");
    const link = await service.statut("login-link", "GLASS@example.fr", "--reason", "Panne", "--json");
    assert.equal(link.code, 0, link.stderr);
    const { code } = JSON.parse(link.stdout) as { code: string };
    assert.ok((await client().signIn({ code })).secret);
    const nobody = await service.statut("login-link", "nobody@example.fr", "--reason", "Panne");
    assert.deepEqual([nobody.code, nobody.stdout], [1, ""]);
  });

  test("calls of people are in the journal under their identifier, without their secrets", async () => {
    const code = await newCode("journal@example.fr");
    const { secret, person } = await client().signIn({ code });
    await client().getSession({}, { headers: bearer(secret) });
    const { stdout } = await service.statut("journal", "tail", "--json");
    assert.match(stdout, new RegExp(`"${person?.id}"`));
    assert.ok(!stdout.includes(code.slice(6)) && !stdout.includes(secret.slice(6)));
  });

  test("one person cannot call without end", async () => {
    const { secret } = await client().signIn({ code: await newCode("flood@example.fr") });
    const ask = () => rest("GET", "/v1/session", secret);
    // However slow the machine is, it asks faster than a person may within some rounds.
    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: 150 }, ask));
      const limited = answers.filter(({ status }) => status === 429);
      for (const { body } of limited) assert.equal(reasonOf(body), "PERSON_LIMITED");
      return limited.length > 0;
    });
  });

  async function rest(method: string, path: string, secret?: string, body?: unknown) {
    const response = await fetch(`${service.origin}${path}`, {
      method,
      headers: {
        ...(secret !== undefined && bearer(secret)),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  }
});

function reasonOf(body: unknown): string | undefined {
  return (body as { details?: { reason?: string }[] }).details?.[0]?.reason;
}

function hasCode(code: Code) {
  return (error: unknown) => ConnectError.from(error).code === code;
}

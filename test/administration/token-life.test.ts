// Procedures and tokens from the first draft to the last revocation, on the running service: through gRPC and, again,
// through REST, on SQLite and on PostgreSQL. Each refusal has its own error.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, suite, type TestContext, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ContactRoleName } from "../../src/access/person.ts";
import {
  type Procedure,
  ProcedureService,
  ProcedureState,
} from "../../src/gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { type Token, TokenService, TokenStatus } from "../../src/gen/statutetudiant/token/v1/token_pb.ts";
import { insertContact } from "../../src/partner/contact-storage.ts";
import { type DatabaseLocation, locateDatabase, openDatabase } from "../../src/storage/database.ts";
import { contentOf, present, scopes } from "../support/administered.ts";
import { eventually } from "../support/eventually.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { type RunningService, startService } from "../support/service.ts";
import { assertWhole, bearer, issueToken, journalKeys, unlimited } from "../support/whole-service.ts";
import { type Call, contactSession, operatorSession, protocols, Refusal } from "./people-calls.ts";

const procedureMethods = ProcedureService.method;
const tokenMethods = TokenService.method;
const write = () => ({ requestId: randomUUID() });

async function refused(reason: string, call: Promise<unknown>): Promise<Refusal> {
  const error = await call.then(
    () => assert.fail(`it was not refused with ${reason}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Refusal, String(error));
  assert.equal(error.reason, reason, error.message);
  return error;
}

interface People {
  readonly instructor: string;
  readonly reader: string;
  readonly business: string;
  readonly technical: string;
  readonly stranger: string;
}

/** Partners as the terminal makes them, with contacts who sign in. */
async function gather(
  service: RunningService,
  location: DatabaseLocation,
  sirets: readonly [string, string],
) {
  const issued = await issueToken(service, sirets[0]);
  await issueToken(service, sirets[1]);
  const database = openDatabase(location);
  const add = async (siret: string, role: ContactRoleName) => {
    const { id: partnerId } = await database.knex("partners").select("id").where("siret", siret).first();
    const email = `${role}.${siret}@example.fr`;
    await insertContact(database.knex, {
      ...{ kind: "contact", id: `ctc_${siret}_${role}`, partnerId, name: "Dominique Petit", email },
      ...{ phone: undefined, roles: new Set([role]), createdAt: 1, updatedAt: 1, removedAt: undefined },
      revision: 1,
    });
    return contactSession(service, email);
  };
  const people: People = {
    instructor: await operatorSession(service, "instructor"),
    reader: await operatorSession(service, "reader"),
    business: await add(sirets[0], "business"),
    technical: await add(sirets[0], "technical"),
    stranger: await add(sirets[1], "technical"),
  };
  await database.close();
  return { people, issued };
}

async function live(service: RunningService, call: Call, people: People, atTerminal: string): Promise<void> {
  const { instructor, reader, business, technical, stranger } = people;

  async function requestProcedure(content: ReturnType<typeof contentOf>): Promise<Procedure> {
    const created = await call(procedureMethods.createProcedure, { ...write(), content }, business);
    const { id, etag } = present(created.procedure);
    return present(
      (await call(procedureMethods.submitProcedure, { ...write(), id, etag }, business)).procedure,
    );
  }
  const decide = (procedure: Procedure, more: object = {}) => ({
    ...{ ...write(), id: procedure.id, etag: procedure.etag, reason: "Conforme" },
    ...more,
  });
  const approve = async (procedure: Procedure, approveCloseness = false) => {
    const request = decide(procedure, { approveCloseness });
    return present((await call(procedureMethods.approveProcedure, request, instructor)).procedure);
  };
  const statusOf = async (secret: string) =>
    (await fetch(`${service.origin}/v1/token`, { headers: bearer(secret) })).status;

  // A procedure: drafted, completed, submitted, sent back, approved.
  const name = `Bourse ${randomUUID()}`;
  const bare = await call(procedureMethods.createProcedure, { ...write(), content: { name } }, business);
  const draft = present(bare.procedure);
  const incomplete = call(
    procedureMethods.submitProcedure,
    { ...write(), id: draft.id, etag: draft.etag },
    business,
  );
  assert.match((await refused("PROCEDURE_INCOMPLETE", incomplete)).metadata["missing"] ?? "", /legal_basis/);
  const edit = { ...write(), id: draft.id, etag: draft.etag, content: contentOf(name) };
  const edited = present((await call(procedureMethods.updateProcedure, edit, business)).procedure);
  await refused("EDIT_CONFLICT", call(procedureMethods.updateProcedure, { ...edit, ...write() }, business));
  const submit = { ...write(), id: edited.id, etag: edited.etag };
  const submitted = present((await call(procedureMethods.submitProcedure, submit, business)).procedure);
  await refused(
    "PROCEDURE_UNDER_REVIEW",
    call(procedureMethods.updateProcedure, { ...edit, ...write() }, business),
  );
  await refused("ROLE_INSUFFICIENT", call(procedureMethods.approveProcedure, decide(submitted), technical));
  await refused("ROLE_INSUFFICIENT", call(procedureMethods.approveProcedure, decide(submitted), reader));
  await refused("RECORD_NOT_FOUND", call(procedureMethods.getProcedure, { id: submitted.id }, stranger));
  const back = await call(procedureMethods.requestProcedureChanges, decide(submitted), instructor);
  const again = { ...write(), id: draft.id, etag: present(back.procedure).etag };
  const resubmitted = await call(procedureMethods.submitProcedure, again, business);
  const procedure = await approve(present(resubmitted.procedure));
  assert.equal(procedure.state, ProcedureState.APPROVED);
  await refused(
    "PROCEDURE_ALREADY_APPROVED",
    call(procedureMethods.refuseProcedure, decide(procedure), instructor),
  );

  // Its token: shown once, to a contact, never to an operator.
  const issue = { ...write(), procedureId: procedure.id, validDays: 300 };
  await refused("ROLE_INSUFFICIENT", call(tokenMethods.issueToken, { ...issue, ...write() }, instructor));
  await refused("ROLE_INSUFFICIENT", call(tokenMethods.issueToken, { ...issue, ...write() }, business));
  await refused("RECORD_NOT_FOUND", call(tokenMethods.issueToken, { ...issue, ...write() }, stranger));
  const tooMuch = { ...issue, ...write(), scopes: ["mesri_admission_inscrit"] };
  await refused("SCOPES_EXCEED_PROCEDURE", call(tokenMethods.issueToken, tooMuch, technical));
  const issued = await call(tokenMethods.issueToken, issue, technical);
  const token = present(issued.token);
  const replayed = await call(tokenMethods.issueToken, issue, technical);
  assert.deepEqual([replayed.token?.id, replayed.secret], [token.id, ""]);
  await refused("REQUEST_ID_REUSED", call(tokenMethods.issueToken, { ...issue, validDays: 10 }, technical));
  await refused("PROCEDURE_HAS_TOKEN", call(tokenMethods.issueToken, { ...issue, ...write() }, technical));
  await refused("PROCEDURE_IN_USE", call(procedureMethods.closeProcedure, decide(procedure), business));
  assert.equal(token.status, TokenStatus.NEVER_USED);
  await eventually(async () => (await statusOf(issued.secret)) === 200);
  await eventually(async () => {
    const { token: used } = await call(tokenMethods.getToken, { id: token.id }, technical);
    return used?.status === TokenStatus.ACTIVE && used.lastUseDate !== "";
  });

  // Another procedure joins it only with a close purpose and the same data.
  const closeTo = { procedureId: procedure.id, explanation: "Le même public." };
  const join = (other: Procedure) => ({ ...write(), id: token.id, procedureId: other.id });
  const unrelated = await approve(await requestProcedure(contentOf(`Sans lien ${randomUUID()}`)));
  await refused("CLOSENESS_NOT_DECLARED", call(tokenMethods.joinToken, join(unrelated), technical));
  const declared = await approve(
    await requestProcedure({ ...contentOf(`Déclarée ${randomUUID()}`), closeTo }),
  );
  await refused("CLOSENESS_NOT_APPROVED", call(tokenMethods.joinToken, join(declared), technical));
  const less = { ...contentOf(`Moins ${randomUUID()}`, ["mesri_identite"]), closeTo };
  const narrower = await approve(await requestProcedure(less), true);
  await refused("SCOPES_NOT_THE_SAME", call(tokenMethods.joinToken, join(narrower), technical));
  const near = await approve(
    await requestProcedure({ ...contentOf(`Proche ${randomUUID()}`), closeTo }),
    true,
  );
  const joined = await call(tokenMethods.joinToken, join(near), technical);
  assert.deepEqual(
    joined.token?.procedures.map(({ id }) => id),
    [procedure.id, near.id],
  );
  await refused("TOKEN_OWN_PROCEDURE", call(tokenMethods.leaveToken, join(procedure), technical));
  await refused("PROCEDURE_NOT_ON_TOKEN", call(tokenMethods.leaveToken, join(unrelated), technical));

  // Networks, rate, rotation.
  const networks = {
    ...write(),
    id: token.id,
    etag: present(joined.token).etag,
    scopes,
    allowedNetworks: ["192.0.2.0/24"],
  };
  const bounded = present((await call(tokenMethods.updateToken, networks, technical)).token);
  await eventually(async () => (await statusOf(issued.secret)) === 403);
  const open = { ...write(), id: token.id, etag: bounded.etag, scopes };
  const opened = present((await call(tokenMethods.updateToken, open, technical)).token);
  const rate = { ...write(), id: token.id, etag: opened.etag, callsPerSecond: 40, reason: "Rentrée" };
  await refused("ROLE_INSUFFICIENT", call(tokenMethods.setTokenRate, { ...rate, ...write() }, technical));
  const limited = present((await call(tokenMethods.setTokenRate, rate, instructor)).token);
  assert.equal(limited.callsPerSecond, 40);
  const rotate = { ...write(), id: token.id, etag: limited.etag, overlapDays: 7 };
  await refused("INVALID_REQUEST", call(tokenMethods.rotateToken, { ...rotate, etag: "" }, technical));
  const rotated = await call(tokenMethods.rotateToken, rotate, technical);
  assert.equal((await call(tokenMethods.rotateToken, rotate, technical)).secret, "");
  await refused("ROTATION_RUNNING", call(tokenMethods.rotateToken, { ...rotate, ...write() }, technical));
  await eventually(async () => (await statusOf(rotated.secret)) === 200);
  assert.equal(await statusOf(issued.secret), 200, "both work");
  const tooEarly = { ...write(), id: token.id };
  await refused("PROLONGED_TOO_EARLY", call(tokenMethods.prolongToken, tooEarly, business));

  // Prolonged by any contact, after confirmation.
  const short = present(
    (await call(tokenMethods.issueToken, { ...write(), procedureId: unrelated.id, validDays: 30 }, technical))
      .token,
  );
  const prolong = { ...write(), id: short.id, scopes };
  const missing = await refused("CONFIRMATION_MISSING", call(tokenMethods.prolongToken, prolong, business));
  const contacts = (missing.metadata["contacts"] ?? "").split(",").map((id) => ({ id, etag: '"1"' }));
  const procedures = [{ id: unrelated.id, etag: '"0"' }];
  const stale = { ...prolong, ...write(), contacts, procedures };
  const told = await refused("CONFIRMATION_STALE", call(tokenMethods.prolongToken, stale, business));
  assert.deepEqual(told.metadata, { procedures: unrelated.id });
  const confirmed = { ...stale, ...write(), procedures: [{ id: unrelated.id, etag: unrelated.etag }] };
  const prolonged = present((await call(tokenMethods.prolongToken, confirmed, business)).token);
  assert.ok(present(prolonged.expireTime).seconds > present(short.expireTime).seconds);

  // Revoked at a date, sooner, and now; leaked.
  const revoke = (more: object) => ({ ...write(), id: short.id, reason: "Démarche close", ...more });
  const inDays = (days: number) => ({ revokeTime: timestampFromMs(Date.now() + days * 86_400_000) });
  await refused("REVOCATION_IN_PAST", call(tokenMethods.revokeToken, revoke(inDays(-1)), technical));
  await refused("REVOCATION_AFTER_END", call(tokenMethods.revokeToken, revoke(inDays(600)), technical));
  const later = await call(tokenMethods.revokeToken, revoke(inDays(9)), technical);
  assert.equal(later.token?.status, TokenStatus.REVOKED_LATER);
  await refused("REVOCATION_ALREADY_SOONER", call(tokenMethods.revokeToken, revoke(inDays(10)), instructor));
  assert.equal(
    (await call(tokenMethods.revokeToken, revoke({}), instructor)).token?.status,
    TokenStatus.REVOKED,
  );
  await refused("TOKEN_ALREADY_REVOKED", call(tokenMethods.revokeToken, revoke({}), technical));
  const leak = { ...write(), id: token.id, reason: "Publié" };
  assert.ok((await call(tokenMethods.markTokenLeaked, leak, business)).token?.leakTime);
  await refused(
    "TOKEN_ALREADY_LEAKED",
    call(tokenMethods.markTokenLeaked, { ...leak, ...write() }, business),
  );
  for (const secret of [issued.secret, rotated.secret]) {
    await eventually(async () => (await statusOf(secret)) === 401);
  }

  // What is left to see: the partner's own tokens, the terminal's among them, page by page.
  const seen: Token[] = [];
  for (let pageToken = "", first = true; first || pageToken !== ""; first = false) {
    const page = await call(tokenMethods.listTokens, { pageSize: 1, pageToken }, business);
    seen.push(...page.tokens);
    pageToken = page.nextPageToken;
  }
  assert.deepEqual(
    seen.filter(({ issuedAtTerminal }) => issuedAtTerminal).map(({ id }) => id),
    [atTerminal],
  );
  assert.ok([token.id, short.id].every((id) => seen.some((one) => one.id === id)));
  const shown = await service.statut("token", "show", token.id, "--json");
  assert.equal(JSON.parse(shown.stdout).status, "revoked");
}

suite("the life of procedures and tokens", () => {
  let postgres: PostgresServer;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres.stop());

  const sirets = [
    ["13002526500013", "21750001600019"],
    ["99999999900009", "99999999900025"],
  ] as const;

  async function check(
    context: TestContext,
    service: RunningService,
    location: DatabaseLocation,
  ): Promise<void> {
    for (const [index, [protocol, connect]] of Object.entries(protocols).entries()) {
      const { people, issued } = await gather(service, location, present(sirets[index]));
      await context.test(`through ${protocol}`, () =>
        live(service, connect(service), people, issued.tokenId),
      );
    }
    await assertWhole(service);
  }

  test("on SQLite", async (context) => {
    await using service = await startService({ environment: unlimited, demonstration: false });
    await check(
      context,
      service,
      locateDatabase({ dataDir: service.dataDir, databaseUrl: undefined }, "main"),
    );
  });

  test("on PostgreSQL", async (context) => {
    const url = await postgres.createDatabase();
    const environment = { ...unlimited, DATABASE_URL: url, JOURNAL_KEYS: journalKeys };
    await using service = await startService({ environment, demonstration: false });
    await check(context, service, { url });
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Acting } from "../../src/audit/acting.ts";
import {
  ChangeOperatorRoleRequestSchema,
  CreateOperatorRequestSchema,
  DisableOperatorRequestSchema,
  GetOperatorRequestSchema,
  ListOperatorsRequestSchema,
  type Operator,
} from "../../src/gen/statutetudiant/operator/v1/operator_pb.ts";
import { OperatorBody, OperatorRole } from "../../src/gen/statutetudiant/rules/v1/roles_pb.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import { type AdministrationWorld, ask, openWorld, present, refusalId } from "./world.ts";

const reason = "Essai";
const terminal: Acting = {
  actor: { kind: "terminal", id: "root", name: "root", body: "ministry" },
  partnerId: undefined,
};

export function testOperators(kind: DatabaseKind): void {
  test("an address has one account, disabled or not", async () => {
    await using world = await openWorld(kind);
    const made = await make(world, "Anne@example.fr");
    assert.deepEqual(
      [made.role, made.body, made.disableTime],
      [OperatorRole.READER, OperatorBody.DINUM, undefined],
    );
    assert.equal(await refusalId(make(world, "anne@EXAMPLE.fr")), "operator_email_taken");
    await disable(world, world.administrator, made.id);
    assert.equal(await refusalId(make(world, "anne@example.fr")), "operator_email_taken");
  });

  test("nobody changes their own account", async () => {
    await using world = await openWorld(kind);
    const { administrator } = world;
    const own = administrator.actor.id;
    assert.equal(await refusalId(disable(world, administrator, own)), "own_account");
    assert.equal(await refusalId(changeRole(world, administrator, own, OperatorRole.READER)), "own_account");
  });

  test("the last administrator stays, and stays one", async () => {
    await using world = await openWorld(kind);
    const { administrator, dinum } = world;
    await changeRole(world, administrator, dinum.actor.id, OperatorRole.INSTRUCTOR);
    const last = administrator.actor.id;
    assert.equal(await refusalId(disable(world, terminal, last)), "last_administrator");
    assert.equal(
      await refusalId(changeRole(world, terminal, last, OperatorRole.READER)),
      "last_administrator",
    );
    await changeRole(world, terminal, last, OperatorRole.ADMINISTRATOR);
    await changeRole(world, terminal, dinum.actor.id, OperatorRole.ADMINISTRATOR);
    await disable(world, terminal, last);
    assert.equal(await refusalId(disable(world, terminal, dinum.actor.id)), "last_administrator");
  });

  test("two administrators who disable each other at once do not both go", async () => {
    await using world = await openWorld(kind);
    const { administrator, dinum } = world;
    const ended = await Promise.allSettled([
      disable(world, terminal, administrator.actor.id),
      disable(world, terminal, dinum.actor.id),
    ]);
    assert.deepEqual(ended.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  });

  test("a disabled account is over: its sessions end, its role stays", async () => {
    await using world = await openWorld(kind);
    const { sessions, ledger, administrator } = world;
    const { id } = await make(world, "anne@example.fr");
    const code = await ledger.change(administrator.actor, (transaction) =>
      sessions.issueCode(transaction, id, "terminal"),
    );
    const unused = await ledger.change(administrator.actor, (transaction) =>
      sessions.issueCode(transaction, id, "terminal"),
    );
    const { secret } = await sessions.signIn(code);
    await disable(world, administrator, id);
    assert.equal(await refusalId(sessions.authenticate(secret)), "session_unknown");
    assert.equal(await refusalId(sessions.signIn(unused)), "sign_in_code_invalid");
    assert.equal(await refusalId(disable(world, administrator, id)), "operator_disabled");
    assert.equal(
      await refusalId(changeRole(world, administrator, id, OperatorRole.INSTRUCTOR)),
      "operator_disabled",
    );
  });

  test("a new role counts for the open sessions", async () => {
    await using world = await openWorld(kind);
    const { sessions, ledger, administrator } = world;
    const { id } = await make(world, "anne@example.fr");
    const code = await ledger.change(administrator.actor, (transaction) =>
      sessions.issueCode(transaction, id, "terminal"),
    );
    const { secret } = await sessions.signIn(code);
    await changeRole(world, administrator, id, OperatorRole.INSTRUCTOR);
    const { person } = await sessions.authenticate(secret);
    assert.equal(person.kind === "operator" && person.role, "instructor");
  });

  test("edits of another revision and of nobody are refused", async () => {
    await using world = await openWorld(kind);
    const { operators } = world.administration;
    const { id } = await make(world, "anne@example.fr");
    const stale = ask(DisableOperatorRequestSchema, { id, etag: '"5"', reason });
    assert.equal(await refusalId(operators.disable(world.administrator, stale)), "edit_conflict");
    const nobody = ask(DisableOperatorRequestSchema, { id: "opr_none", etag: '"1"', reason });
    assert.equal(await refusalId(operators.disable(world.administrator, nobody)), "record_not_found");
    assert.equal(
      await refusalId(operators.get(ask(GetOperatorRequestSchema, { id: "x" }))),
      "record_not_found",
    );
  });

  test("accounts are listed in pages, by role and without the disabled", async () => {
    await using world = await openWorld(kind);
    const { id } = await make(world, "anne@example.fr");
    await disable(world, world.administrator, id);
    const list = async (init: object) =>
      world.administration.operators.list(ask(ListOperatorsRequestSchema, init));
    assert.equal((await list({})).operators.length, 4);
    assert.equal((await list({ enabledOnly: true })).operators.length, 3);
    assert.equal((await list({ role: OperatorRole.ADMINISTRATOR })).operators.length, 2);
    const first = await list({ pageSize: 3, orderBy: "create_time desc" });
    const second = await list({ pageSize: 3, orderBy: "create_time desc", pageToken: first.nextPageToken });
    assert.deepEqual([first.operators.length, second.operators.length, second.nextPageToken], [3, 1, ""]);
  });
}

async function make(
  { administration, administrator }: AdministrationWorld,
  email: string,
): Promise<Operator> {
  const request = ask(CreateOperatorRequestSchema, {
    ...{ name: "Anne Exemple", email, role: OperatorRole.READER, body: OperatorBody.DINUM, reason },
  });
  return present((await administration.operators.create(administrator, request)).operator);
}

async function fields({ administration }: AdministrationWorld, id: string) {
  const { operator } = await administration.operators.get(ask(GetOperatorRequestSchema, { id }));
  return { id, etag: present(operator.etag), reason };
}

async function disable(world: AdministrationWorld, who: Acting, id: string) {
  const request = ask(DisableOperatorRequestSchema, await fields(world, id));
  return world.administration.operators.disable(who, request);
}

async function changeRole(world: AdministrationWorld, who: Acting, id: string, role: OperatorRole) {
  const request = ask(ChangeOperatorRoleRequestSchema, { ...(await fields(world, id)), role });
  return world.administration.operators.changeRole(who, request);
}

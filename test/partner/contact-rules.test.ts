import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { ContactRoleName } from "../../src/access/person.ts";
import { refuseForeignEdit, refuseLastOfRole } from "../../src/partner/contact-rules.ts";
import { hasId } from "../support/has-id.ts";

const contact = (id: string, ...roles: ContactRoleName[]) => ({ id, roles: new Set(roles) });

suite("who edits whom", () => {
  test("an administrative contact edits everybody and all roles", () => {
    const admin = contact("a", "administrative");
    refuseForeignEdit(admin, contact("b", "technical"), true);
    refuseForeignEdit(admin, admin, true);
  });

  test("another contact edits its own details, and no roles", () => {
    const other = contact("b", "technical", "business");
    refuseForeignEdit(other, other, false);
    assert.throws(() => refuseForeignEdit(other, other, true), hasId("contact_roles_not_yours"));
    assert.throws(() => refuseForeignEdit(other, contact("c"), false), hasId("contact_not_yours"));
  });
});

suite("whom a partner cannot do without", () => {
  const one = contact("a", "administrative", "technical");
  const two = contact("b", "technical");
  const none = new Set<ContactRoleName>();

  for (const state of ["active", "suspended"] as const) {
    test(`the last of a role stays while ${state}`, () => {
      assert.throws(
        () => refuseLastOfRole(state, [one, two], one, none),
        hasId("last_administrative_contact"),
      );
      const keeps = new Set<ContactRoleName>(["administrative"]);
      refuseLastOfRole(state, [one, two], one, keeps);
      assert.throws(() => refuseLastOfRole(state, [one], one, keeps), hasId("last_technical_contact"));
      refuseLastOfRole(state, [one, two], two, none);
    });
  }

  for (const state of ["requested", "terminated"] as const) {
    test(`anybody goes while ${state}`, () => refuseLastOfRole(state, [one], one, none));
  }

  test("nobody is last in a role that they did not have", () => {
    refuseLastOfRole("active", [contact("c", "business")], contact("c", "business"), none);
  });
});

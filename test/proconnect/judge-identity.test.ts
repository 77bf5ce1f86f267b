import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Contact, Operator } from "../../src/access/person.ts";
import { ServiceError } from "../../src/errors.ts";
import { judgeIdentity, readIdentity } from "../../src/proconnect/judge-identity.ts";

const operator: Operator = {
  ...{ kind: "operator", id: "opr_1", name: "Camille Martin", email: "c@gouv.fr" },
  ...{ role: "reader", body: "ministry" },
};
const contact: Contact = {
  ...{ kind: "contact", id: "ctc_1", name: "Camille Martin", email: "c@gouv.fr", partnerId: "prt_1" },
  roles: new Set(["technical"]),
};
const ministry = "11004401300040";
const town = "21290019700015";
const candidates = [
  { person: operator, sirets: [ministry] },
  { person: contact, sirets: [town] },
];
const identity = { email: "c@gouv.fr", siret: town, amr: ["pwd", "mfa"] };

function refusal(id: string, action: () => unknown): void {
  assert.throws(action, (error) => error instanceof ServiceError && error.id === id);
}

suite("who somebody is", () => {
  test("is told by address and SIRET together", () => {
    assert.equal(judgeIdentity(identity, candidates, ["mfa"]), contact);
    assert.equal(judgeIdentity({ ...identity, siret: ministry }, candidates, ["mfa"]), operator);
  });

  test("is nobody with another SIRET, or without an account: none is made", () => {
    refusal("sign_in_not_linked", () =>
      judgeIdentity({ ...identity, siret: "35600000000048" }, candidates, ["mfa"]),
    );
    refusal("sign_in_not_linked", () => judgeIdentity(identity, [], ["mfa"]));
    refusal("sign_in_not_linked", () => judgeIdentity(identity, [{ person: operator, sirets: [] }], ["mfa"]));
  });

  test("counts with a second factor only", () => {
    for (const amr of [[], ["pwd"], ["MFA"]]) {
      refusal("second_factor_missing", () => judgeIdentity({ ...identity, amr }, candidates, ["mfa", "otp"]));
    }
    assert.equal(judgeIdentity({ ...identity, amr: ["otp"] }, candidates, ["mfa", "otp"]), contact);
  });
});

suite("claims", () => {
  test("are read from both signed answers", () => {
    const read = readIdentity({ amr: ["mfa", 3] }, { email: "c@gouv.fr", siret: "212 900 197 00015" });
    assert.deepEqual(read, { email: "c@gouv.fr", siret: town, amr: ["mfa"] });
  });

  test("that are missing or of another kind link to nobody", () => {
    for (const userInfo of [
      {},
      { email: "", siret: town },
      { email: "c@gouv.fr" },
      { email: ["c@gouv.fr"], siret: town },
    ]) {
      refusal("sign_in_not_linked", () => readIdentity({}, userInfo));
    }
    assert.deepEqual(readIdentity({ amr: "mfa" }, { email: "a@b.fr", siret: town }).amr, []);
  });
});

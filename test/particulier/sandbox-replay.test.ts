// Every recorded case of the state's sandbox, through the public port. The records keep to the contract: what a mock
// answers against it (somebody else's `nomFamille`, a date that does not exist) was left out of them, and the tests
// of each version hold that side.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { impurities, openPublicPort, type PublicPort } from "./public-port.ts";
import { sandboxCases, targetOf } from "./sandbox-cases.ts";

suite("the state's sandbox", () => {
  let port: PublicPort;
  before(async () => {
    port = await openPublicPort();
  });
  after(() => port[Symbol.asyncDispose]());

  test("is recorded for both versions, by INE and by civil identity", () => {
    const kinds = new Set(sandboxCases.map(({ surface, query }) => `${surface} ${query.some(isIne)}`));
    assert.deepEqual([...kinds].sort(), ["v2 false", "v2 true", "v3 false", "v3 true"]);
    assert.equal(sandboxCases.length, 70);
  });

  for (const sandboxCase of sandboxCases) {
    const { surface, query, status, body } = sandboxCase;
    const person = query.filter(([name]) => /^(?:ine|nom|prenom)/.test(name)).map(([, value]) => value);
    test(`${surface} ${person.join(" ")}`, async () => {
      const headers: Record<string, string> =
        surface === "v2"
          ? { "x-api-key": port.service.token }
          : { authorization: `Bearer ${port.service.token}` };
      const answer = await port.call(targetOf(sandboxCase), { headers });
      assert.equal(answer.status, status);
      assert.deepEqual(answer.body, body);
      assert.deepEqual(impurities(answer.body), []);
    });
  }
});

function isIne([name]: readonly [name: string, value: string]): boolean {
  return name === "ine";
}

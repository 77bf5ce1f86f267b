import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf, inForce, refuseSuperseded, refuseUnfit } from "../../src/terms/terms-versions.ts";
import { hasId } from "../support/has-id.ts";

const versions = [
  { version: "2", effectiveDate: "2026-01-01" },
  { version: "1", effectiveDate: "2025-01-01" },
  { version: "3", effectiveDate: "2027-01-01" },
];

test("in force is what began last", () => {
  assert.equal(inForce(versions, "2024-12-31"), undefined);
  assert.equal(inForce(versions, "2025-01-01")?.version, "1");
  assert.equal(inForce(versions, "2025-12-31")?.version, "1");
  assert.equal(inForce(versions, "2026-01-01")?.version, "2");
  assert.equal(inForce(versions, "2030-01-01")?.version, "3");
});

test("a new version comes after all others, and not before today", () => {
  const today = "2026-11-25";
  refuseUnfit([], { version: "1", effectiveDate: "2020-01-01" }, today);
  refuseUnfit(versions, { version: "4", effectiveDate: "2027-01-02" }, today);
  const unfit: [string, string, string][] = [
    ["3", "2028-01-01", "terms_version_taken"],
    ["4", "2027-01-01", "terms_not_later"],
    ["4", "2026-06-01", "terms_not_later"],
  ];
  for (const [version, effectiveDate, id] of unfit) {
    assert.throws(() => refuseUnfit(versions, { version, effectiveDate }, today), hasId(id));
  }
  assert.throws(
    () => refuseUnfit(versions.slice(0, 2), { version: "4", effectiveDate: "2026-11-24" }, today),
    hasId("terms_date_past"),
  );
});

test("what is in force or to come can be accepted", () => {
  for (const chosen of [versions[0], versions[2]]) {
    assert.ok(chosen);
    refuseSuperseded(versions, chosen, "2026-11-25");
  }
  const old = { version: "1", effectiveDate: "2025-01-01" };
  assert.throws(() => refuseSuperseded(versions, old, "2026-11-25"), hasId("terms_superseded"));
});

test("the digest is that of the text in UTF-8", () => {
  assert.equal(digestOf("é\n"), "edd3a863872a04239eb29ad4bc12fc892b3d4ae57cc7e786a3697816f8e141c2");
  assert.equal(digestOf(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

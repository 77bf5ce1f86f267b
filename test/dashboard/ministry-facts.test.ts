// The pages of the law tell what the ministry has said of itself, and say so where it has not: no fact is made up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "../../src/config.ts";
import type { View, Visit } from "../../src/dashboard/frame/page.ts";
import { informationPages, type MinistryFacts } from "../../src/dashboard/pages/public/information-pages.ts";

const nothing: MinistryFacts = {
  publisher: undefined,
  publicationDirector: undefined,
  host: undefined,
  dataProtectionOfficer: undefined,
  accessibility: "none",
  accessibilityAudit: undefined,
};

async function read(facts: Partial<MinistryFacts>, path: string): Promise<string> {
  const page = informationPages({ ...nothing, ...facts }).find((one) => one.path === path);
  const view = await page?.show(undefined as unknown as Visit);
  return (view as View).body.text;
}

const facts: [name: keyof MinistryFacts, path: string, missing: RegExp][] = [
  ["publisher", "/mentions-legales", /de l’éditeur : le ministère ne l’a pas encore indiqué/],
  [
    "publicationDirector",
    "/mentions-legales",
    /dirige la publication : le ministère ne l’a pas encore indiqué/,
  ],
  ["host", "/mentions-legales", /de l’hébergeur : le ministère ne l’a pas encore indiqué/],
  [
    "dataProtectionOfficer",
    "/donnees-personnelles",
    /délégué [^:]*du ministère : le ministère ne l’a pas encore indiqué/,
  ],
  ["accessibilityAudit", "/accessibilite", /Aucun audit de conformité/],
];
for (const [name, path, missing] of facts) {
  test(`${name} is told on ${path}, or told to be missing`, async () => {
    assert.match(await read({}, path), missing);
    const told = await read({ [name]: "Dit par <le ministère>" }, path);
    assert.match(told, /Dit par &lt;le ministère&gt;/);
    assert.doesNotMatch(told, missing);
  });
}

test("the state of accessibility is what an audit found", async () => {
  assert.match(await read({}, "/accessibilite"), /<strong>non conforme<\/strong>/);
  const audited = await read(
    { accessibility: "partial", accessibilityAudit: "Audit de mai." },
    "/accessibilite",
  );
  assert.match(audited, /<strong>partiellement conforme<\/strong>[\s\S]*Audit de mai\./);
  assert.throws(
    () => readConfig({ ACCESSIBILITY_STATE: "partial" }),
    /^ConfigError: ACCESSIBILITY_AUDIT is required/,
  );
});

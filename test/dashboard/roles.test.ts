// Every page and every action as every role: what the contracts refuse to a role, the pages refuse too.
import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { allPages } from "../../src/dashboard/pages.ts";
import { startService } from "../support/service.ts";
import { demonstrationCodes, formsOf, type Visitor, visit } from "../support/visitor.ts";
import { unlimited } from "../support/whole-service.ts";
import { prepareTour } from "./page-tour.ts";

const service = await startService({ environment: unlimited });
after(() => service[Symbol.asyncDispose]());
const tour = await prepareTour(service);
const partner = "/tableau-de-bord/organisme";

const contactRoles = { administrative: "1", technical: "2", data_protection: "3", business: "4" };
/** All of them come from one address, which is held back when it asks too much: they wait as they are told. */
const stay = () => visit(service.origin, { isPatient: true });
const visitors = new Map<string, Visitor>([["stranger", stay()]]);
for (const [role, number] of Object.entries(contactRoles)) {
  const email = `${role.replace("_", "-")}@partenaire.exemple`;
  const fields = { name: "Sacha Petit", email, roles: number };
  assert.equal((await tour.contact.submit(partner, "add-contact", fields)).status, 303);
  visitors.set(role, await signIn(email));
}
for (const role of ["reader", "instructor", "administrator"]) {
  const email = `${role}@ministere.exemple`;
  const { stdout } = await service.statut(
    "operator",
    "create",
    "--email",
    email,
    "--name",
    "Lou Roy",
    "--role",
    role,
    "--json",
  );
  const visitor = stay();
  await visitor.signIn(JSON.parse(stdout).code);
  visitors.set(role, visitor);
}

async function signIn(email: string): Promise<Visitor> {
  const { stdout } = await service.statut("login-link", email, "--reason", "essai", "--json");
  const visitor = stay();
  await visitor.signIn(JSON.parse(stdout).code);
  return visitor;
}

const isContact = (role: string) => Object.hasOwn(contactRoles, role);
const isOperator = (role: string) => ["reader", "instructor", "administrator"].includes(role);

/** Pages that some contacts may not read: the contracts leave calls to those who answer for them. */
const closed: Readonly<Record<string, readonly string[]>> = {
  "/tableau-de-bord/appels": ["business"],
  "/tableau-de-bord/appels/{id}": ["business"],
  "/tableau-de-bord/agents": ["business"],
};

suite("every page as every role", { concurrency: 1 }, () => {
  for (const [role, visitor] of visitors) {
    test(role, async () => {
      for (const { pattern, path, audience } of tour.stops) {
        const { status } = await visitor.get(path);
        const expected = statusFor(role, audience, pattern);
        assert.ok(expected.includes(status), `${role} ${path}: ${status}, expected ${expected}`);
      }
    });
  }
});

function statusFor(role: string, audience: string, pattern: string): readonly number[] {
  // A signed-in person has no use for the sign-in page.
  if (audience === "public") return pattern === "/connexion" ? [200, 303] : [200];
  if (role === "stranger") return [303];
  const isMeant = audience === "anyone" || (audience === "contact" ? isContact(role) : isOperator(role));
  if (!isMeant) return [403];
  return closed[pattern]?.includes(role) ? [403] : [200];
}

/** Who may do what with a page of contacts, as the contracts say. All others read 403. */
const permitted: Readonly<Record<string, readonly string[]>> = {
  "add-contact": ["administrative"],
  "declare-france-connect": ["administrative", "technical"],
  accept: ["administrative"],
  answer: ["administrative", "technical", "data_protection", "business"],
  create: ["administrative", "business"],
  submit: ["administrative", "business"],
  withdraw: ["administrative", "business"],
  close: ["administrative", "business"],
  issue: ["administrative", "technical"],
  rotate: ["administrative", "technical"],
  revoke: ["administrative", "technical"],
  leak: ["administrative", "technical", "data_protection", "business"],
  prolong: ["administrative", "technical", "data_protection", "business"],
  remove: ["administrative"],
};

/** An operator's action is for those who instruct; ending a partnership and running a job for administrators. */
const permittedToOperators = (action: string) =>
  ["terminate", "run"].includes(action) ? ["administrator"] : ["instructor", "administrator"];

suite("every action of every page as every role", { concurrency: 1 }, () => {
  const pages = allPages({ proConnect: undefined, ministry: {} } as never);
  const actions = pages.flatMap(({ path, audience, actions: own = {} }) =>
    Object.keys(own).flatMap((action) => {
      const roles = audience === "operator" ? permittedToOperators(action) : permitted[action];
      const isCovered = audience === "operator" || (audience === "contact" && roles !== undefined);
      return isCovered ? [{ path, action, roles: roles ?? [] }] : [];
    }),
  );
  for (const [role, visitor] of visitors) {
    test(role, async () => {
      const [form] = formsOf((await visitor.get(role === "stranger" ? "/connexion" : "/compte")).text);
      for (const { path, action, roles } of actions) {
        const stop = tour.stops.find(({ pattern }) => pattern === path);
        // Everything but the form's token is missing: whoever may act reads what is wrong with the request.
        const fields = { controle: form?.hidden["controle"] ?? "", action, confirmation: "oui" };
        const { status } = await visitor.send(stop?.path ?? path, fields);
        const expected = role === "stranger" ? [303] : roles.includes(role) ? [400, 404, 409] : [403];
        assert.ok(expected.includes(status), `${role} ${path} ${action}: ${status}, expected ${expected}`);
      }
    });
  }
});

test("a partner's contact reaches nothing of another partner", async () => {
  const siret = "13002526500013";
  const issued = await service.statut(
    ...[
      "token",
      "issue",
      "--partner-siret",
      siret,
      "--partner-name",
      "Ville de Brest",
      "--procedure",
      "Essai",
    ],
    ...["--scopes", "mesri_admissions", "--json"],
  );
  const { tokenId } = JSON.parse(issued.stdout);
  const foreign = await tour.contact.get(`/tableau-de-bord/jetons/${tokenId}`);
  assert.equal(foreign.status, 404);
  const { text } = await tour.contact.get("/tableau-de-bord/jetons");
  assert.ok(!text.includes(tokenId) && !text.includes("Ville de Brest"));
});

test("the demonstration's links work once", async () => {
  const again = visit(service.origin);
  const { status, text } = await again.signIn(demonstrationCodes(service.printed()).contact);
  assert.equal(status, 401);
  assert.match(text, /a déjà servi/);
});

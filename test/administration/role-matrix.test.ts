// Every method of people, called as everybody: who is let in is what the contract says, and nobody else is. The
// expectation is counted anew from the option, without the code that enforces it.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { type DescFile, type DescMethodUnary, getOption, hasOption } from "@bufbuild/protobuf";
import { ContactService } from "../../src/gen/statutetudiant/partner/v1/contact_pb.ts";
import { PartnerService } from "../../src/gen/statutetudiant/partner/v1/partner_pb.ts";
import { access } from "../../src/gen/statutetudiant/rules/v1/access_pb.ts";
import { ContactRole, OperatorRole } from "../../src/gen/statutetudiant/rules/v1/roles_pb.ts";
import {
  newRequest,
  type PeopleClient,
  peopleClients,
  Refusal,
  signInKnown,
  signInOperator,
} from "../support/people-clients.ts";
import { type RunningService, startService } from "../support/service.ts";

interface Persona {
  readonly name: string;
  readonly credential: string | undefined;
  /** 0: no operator. */
  readonly operator: number;
  /** 0: no contact. */
  readonly contact: number;
}

const methods = await readMethods();

async function readMethods(): Promise<DescMethodUnary[]> {
  const folder = join(import.meta.dirname, "../../src/gen/statutetudiant");
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith("_pb.ts"),
  );
  const modules = await Promise.all(paths.map((path) => import(pathToFileURL(join(folder, path)).href)));
  const files = modules.flatMap((exported: object) =>
    Object.entries(exported)
      .filter(([name]) => name.startsWith("file_"))
      .map(([, file]) => file as DescFile),
  );
  const all = files.flatMap(({ services }) => services.flatMap((service) => service.methods));
  // Whoever signs out is nobody afterwards.
  return (all as DescMethodUnary[])
    .filter((method) => hasOption(method, access) && method.methodKind === "unary")
    .toSorted((a, b) => Number(a.name === "SignOut") - Number(b.name === "SignOut"));
}

function isAdmitted(method: DescMethodUnary, persona: Persona): boolean {
  const option = getOption(method, access);
  if (persona.operator > 0) return option.operatorsFrom > 0 && persona.operator >= option.operatorsFrom;
  return option.contacts.some((role) => role === persona.contact);
}

suite("every method as everybody", () => {
  let service: RunningService;
  let personas: readonly Persona[];
  let client: PeopleClient;

  before(async () => {
    service = await startService();
    client = (peopleClients[0] as (origin: string) => PeopleClient)(service.origin);
    personas = await makePersonas();
  });
  after(() => service[Symbol.asyncDispose]());

  test("the methods are found", () => {
    const names = methods.map((method) => method.parent.name);
    for (const name of [
      "PartnerService",
      "ContactService",
      "TermsService",
      "BreachService",
      "OperatorService",
    ]) {
      assert.ok(names.includes(name));
    }
    assert.ok(methods.length > 35);
  });

  for (const index of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
    test(`persona ${index + 1}`, async () => {
      const persona = personas[index] as Persona;
      for (const method of methods) {
        const reason = await reasonOf(method, persona);
        const about = `${method.parent.name}.${method.name} as ${persona.name}: ${reason}`;
        const isPerson = persona.operator + persona.contact > 0;
        if (getOption(method, access).anyone) assert.doesNotMatch(reason, /^SESSION|^ROLE/, about);
        else if (!isPerson) assert.match(reason, /^SESSION_(?:MISSING|UNKNOWN)$/, about);
        else if (isAdmitted(method, persona)) assert.doesNotMatch(reason, /^SESSION|^ROLE/, about);
        else assert.equal(reason, "ROLE_INSUFFICIENT", about);
      }
    });
  }

  /** Empty when the call is answered. A person who calls too fast comes back. */
  async function reasonOf(method: DescMethodUnary, { credential }: Persona): Promise<string> {
    for (;;) {
      try {
        await client.call(method, {}, credential);
        return "";
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (error.reason !== "PERSON_LIMITED" && error.reason !== "ADDRESS_LIMITED") return error.reason;
        await pause(200);
      }
    }
  }

  async function makePersonas(): Promise<Persona[]> {
    const operators = await Promise.all(
      (["reader", "instructor", "administrator"] as const).map(async (role) => ({
        name: role,
        credential: await signInOperator(service, client, `${role}@example.gouv.fr`, role),
        operator: OperatorRole[role.toUpperCase() as "READER"],
        contact: 0,
      })),
    );
    const instructor = operators[1]?.credential;
    const partner = { ...newRequest(), siret: "13002526500013", name: "Ville d'Exemple" };
    const registered = await client.call(PartnerService.method.registerPartner, partner, instructor);
    const partnerId = registered.partner?.id ?? "";
    const contacts: Persona[] = [];
    for (const role of ["ADMINISTRATIVE", "TECHNICAL", "DATA_PROTECTION", "BUSINESS"] as const) {
      const email = `${role.toLowerCase()}@example.fr`;
      const person = { ...newRequest(), partnerId, name: "Anne Exemple", email, roles: [ContactRole[role]] };
      await client.call(ContactService.method.createContact, person, instructor);
      const credential = await signInKnown(service, client, email);
      contacts.push({ name: `${role} contact`, credential, operator: 0, contact: ContactRole[role] });
    }
    return [
      { name: "nobody", credential: undefined, operator: 0, contact: 0 },
      { name: "a partner's token", credential: service.token, operator: 0, contact: 0 },
      ...operators,
      ...contacts,
    ];
  }
});

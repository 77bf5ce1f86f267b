// Every page of the dashboard with an address of the running demonstration, and who sees it.
import assert from "node:assert/strict";
import { allPages } from "../../src/dashboard/pages.ts";
import type { RunningService } from "../support/service.ts";
import { demonstrationCodes, type Visitor, visit } from "../support/visitor.ts";
import { bearer, lookupRoute } from "../support/whole-service.ts";

export interface Stop {
  /** The page as its code names it. */
  readonly pattern: string;
  readonly path: string;
  readonly audience: "public" | "anyone" | "contact" | "operator";
}

export interface Tour {
  readonly stops: readonly Stop[];
  readonly contact: Visitor;
  readonly operator: Visitor;
}

const parts = { proConnect: undefined, ministry: {} } as never;

/** Signs both people of the demonstration in, makes what pages need to show something, and lists the addresses. */
export async function prepareTour(service: RunningService): Promise<Tour> {
  const codes = demonstrationCodes(service.printed());
  const stay = () => visit(service.origin, { isPatient: true });
  const [contact, operator] = [stay(), stay()];
  await contact.signIn(codes.contact);
  await operator.signIn(codes.operator);
  const called = await fetch(service.origin + lookupRoute, { headers: bearer(service.token) });
  assert.equal(called.status, 200);
  const examples = await findExamples(service, contact, operator);
  // What was done last is told on the next page, once.
  for (const visitor of [contact, operator]) await visitor.get("/compte");
  const stops = allPages(parts)
    .filter(({ streams }) => streams !== true)
    .flatMap(({ path, audience }) =>
      pathsOf(path, examples).map((one) => ({ pattern: path, path: one, audience })),
    );
  return { stops, contact, operator };
}

type Examples = Readonly<Record<string, string>>;

async function findExamples(service: RunningService, contact: Visitor, operator: Visitor): Promise<Examples> {
  const { text: contacts } = await contact.get("/tableau-de-bord/organisme");
  const { text: tokens } = await contact.get("/tableau-de-bord/jetons");
  const created = await contact.submit("/tableau-de-bord/demarches/nouvelle", "create", procedureFields);
  const { text: calls } = await contact.get("/tableau-de-bord/appels");
  const first = (text: string, pattern: RegExp) => {
    const found = pattern.exec(text)?.[1];
    assert.ok(found, String(pattern));
    return found;
  };
  const incident = await openIncident(service);
  const breach = await openBreach(service);
  const { text: partners } = await operator.get("/administration/partenaires");
  const { text: mails } = await operator.get("/administration/courriels");
  const partner = first(partners, /partenaires\/(prt_\w+)/);
  const procedure = first(created.location, /demarches\/(prc_\w+)/);
  assert.equal((await contact.submit(created.location, "submit")).status, 303);
  const call = first(calls, /appels\/([0-9a-f-]{36})/);
  const change = await operator.submit(
    "/administration/annonces/evolutions/nouvelle",
    "announce",
    changeFields,
  );
  return {
    "/administration/partenaires/{id}": partner,
    "/administration/partenaires/{id}/manquement": partner,
    "/administration/contacts/{id}": first(contacts, /contacts\/(ctc_\w+)/),
    "/administration/jetons/{id}": first(tokens, /jetons\/(tok_\w+)/),
    "/administration/courriels/{id}": first(mails, /courriels\/(mail_\w+)/),
    "/administration/demarches/{id}": procedure,
    "/administration/manquements/{id}": breach,
    "/administration/annonces/incidents/{id}": incident,
    "/administration/annonces/evolutions/{id}": first(change.location, /evolutions\/(\w+)/),
    "/administration/journal/{id}": call,
    "/tableau-de-bord/contacts/{id}": first(contacts, /contacts\/(ctc_\w+)/),
    "/tableau-de-bord/jetons/{id}": first(tokens, /jetons\/(tok_\w+)/),
    "/tableau-de-bord/jetons/{id}/prolonger": first(tokens, /jetons\/(tok_\w+)/),
    "/tableau-de-bord/demarches/{id}": procedure,
    "/tableau-de-bord/appels/{id}": call,
    "/tableau-de-bord/manquements/{id}": breach,
    "/etat-du-service/incidents/{id}": incident,
    "/conditions/{version}": "2026-11",
    "/tableau-de-bord/conditions/{version}": "2026-11",
  };
}

/** Addresses for a page. */
function pathsOf(pattern: string, examples: Examples): string[] {
  if (!pattern.includes("{")) return [pattern];
  const example = examples[pattern];
  assert.ok(example, `the tour has no example of ${pattern}`);
  return [pattern.replace(/\{\w+\}/, example)];
}

const procedureFields = {
  "content.name": "Tarif réduit des transports",
  "content.purpose": "Accorder le tarif étudiant sans demander de certificat.",
  "content.legal_basis": "Délibération du 12 mars 2026.",
  "content.retention_days": "365",
  "need.mesri_admissions": "Savoir si la personne est inscrite cette année.",
};

const changeFields = {
  title: "Nouvelle version du contrat",
  description: "Un champ est ajouté à la réponse.",
  go_live_time: `${new Date(performance.timeOrigin + 240 * 86_400_000).toISOString().slice(0, 10)}T09:00`,
};

async function openIncident(service: RunningService): Promise<string> {
  return await apply(
    service,
    ...["notice", "incident", "open", "--title", "Réponses lentes", "--impact", "degraded"],
    ...["--parts", "lookup_by_ine", "--message", "Les réponses prennent plus de temps."],
  );
}

async function openBreach(service: RunningService): Promise<string> {
  const id = await apply(
    service,
    ...["breach", "record", "99999999900017", "--commitment", "security"],
    ...["--description", "Secret trouvé dans un dépôt public."],
  );
  const remedyBy = new Date(performance.timeOrigin + 30 * 86_400_000).toISOString().slice(0, 10);
  await apply(service, "breach", "notice", id, "--text", "Renouvelez ce secret.", "--remedy-by", remedyBy);
  return id;
}

/** Runs a command and gives the identifier that it prints first. */
async function apply(service: RunningService, ...arguments_: string[]): Promise<string> {
  const { code, stdout, stderr } = await service.statut(...arguments_, "--apply", "--json");
  assert.equal(code, 0, stderr);
  return /"(?:incidentId|id)":\s*"([^"]+)"/.exec(stdout)?.[1] ?? "";
}

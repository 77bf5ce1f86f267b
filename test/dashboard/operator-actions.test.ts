// What operators do on their pages, from one end to the other, and what partners and the public see of it.
import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { startOfParisDay } from "../../src/paris-time.ts";
import { changeRow } from "../support/change-row.ts";
import { eventually } from "../support/eventually.ts";
import { startService } from "../support/service.ts";
import { demonstrationCodes, type Fields, formsOf, visit } from "../support/visitor.ts";
import { assertWhole, bearer, issueToken, lookupRoute, unlimited } from "../support/whole-service.ts";

const service = await startService({ environment: unlimited });
after(() => service[Symbol.asyncDispose]());
const codes = demonstrationCodes(service.printed());
const stay = () => visit(service.origin, { isPatient: true });
const [operator, contact, anybody] = [stay(), stay(), stay()];
await operator.signIn(codes.operator);
await contact.signIn(codes.contact);
const queue = "/administration";
const dayMs = 86_400_000;

/** A day from today, `YYYY-MM-DD`. */
function dayAhead(days: number): string {
  return new Date(performance.timeOrigin + days * dayMs).toISOString().slice(0, 10);
}

async function act(path: string, action: string, fields: Fields = {}): Promise<string> {
  const { status, location, text } = await operator.submit(path, action, fields);
  assert.equal(
    status,
    303,
    `${path} ${action}: ${text.slice(text.indexOf("<h1>"), text.indexOf("<h1>") + 800)}`,
  );
  return location;
}

async function assertShows(path: string, pattern: RegExp, visitor = operator): Promise<void> {
  const { status, text } = await visitor.get(path);
  assert.equal(status, 200, path);
  assert.match(text, pattern);
}

suite("a partner", { concurrency: 1 }, () => {
  const siret = "13002526500013";
  let partner = "";

  test("is registered, and waits in the queue", async () => {
    const path = "/administration/partenaires/nouveau";
    const fields = { name: "Ville d’Essai", legal_category: "2", legal_text: "Délibération du 3 mars 2026." };
    const wrong = await operator.submit(path, "register", { ...fields, siret: "123" });
    assert.equal(wrong.status, 400);
    assert.match(wrong.text, /value="Ville d’Essai"/);
    partner = await act(path, "register", { ...fields, siret });
    await assertShows(queue, /Ville d’Essai/);
    await assertShows(`/administration/partenaires?siret=${siret}&etat=1`, /Ville d’Essai/);
    const { text } = await operator.get("/administration/partenaires?nom=essai&etat=2");
    assert.match(text, /Aucun partenaire ne correspond/);
  });

  test("is activated once nothing is missing any more", async () => {
    await assertShows(partner, /Ce qui manque avant l’ouverture/);
    const email = "maire@essai.exemple";
    await act(partner, "add-contact", { name: "Camille Roux", email, roles: ["1", "2"] });
    await act(partner, "declare-france-connect", { client_id: "client-essai" });
    await act(partner, "verify", { reason: "Collectivité, délibération lue" });
    const { text } = await operator.get(partner);
    assert.ok(!formsOf(text).some(({ hidden }) => hidden["action"] === "activate"), "terms are missing");
    const link = await service.statut("login-link", email, "--reason", "essai", "--json");
    const own = stay();
    await own.signIn(JSON.parse(link.stdout).code);
    await own.submit("/tableau-de-bord/conditions", "accept", { confirmation: "oui" });
    await act(partner, "activate", { reason: "Dossier complet" });
    await assertShows(partner, /Actif[\s\S]*Dossier complet[\s\S]*Camille Roux/);
    assert.doesNotMatch((await operator.get(queue)).text, /Ville d’Essai/);
  });

  test("is suspended by ticking the box and with a reason, reinstated, and terminated", async () => {
    assert.equal((await operator.submit(partner, "suspend", { reason: "Essai" })).status, 400);
    assert.equal((await operator.submit(partner, "suspend", { confirmation: "oui" })).status, 400);
    await act(partner, "suspend", { reason: "Fuite de données", confirmation: "oui" });
    await assertShows(partner, /Suspendu[\s\S]*Fuite de données/);
    await act(partner, "reinstate", { reason: "Corrigé" });
    await act(partner, "terminate", { reason: "À sa demande", confirmation: "oui" });
    await assertShows(partner, /Résilié/);
    await assertShows(
      `/administration/registre?organisme=${partner.split("/").at(-1)}`,
      /Résiliation[\s\S]*Suspension de l’accès[\s\S]*Fuite de données[\s\S]*Enregistrement de la demande/,
    );
  });
});

test("a procedure is sent back, then approved", async () => {
  const fields = {
    "content.name": "Bourse communale",
    "content.purpose": "Accorder la bourse.",
    "content.legal_basis": "Délibération du 12 mars 2026.",
    "content.retention_days": "365",
    "need.mesri_admissions": "Savoir si la personne est inscrite.",
  };
  const created = await contact.submit("/tableau-de-bord/demarches/nouvelle", "create", fields);
  await contact.submit(created.location, "submit");
  const path = `/administration/demarches/${created.location.split("/").at(-1)}`;
  await assertShows(queue, /Bourse communale/);
  assert.equal((await operator.submit(path, "refuse", {})).status, 400);
  await act(path, "request-changes", { reason: "Précisez la durée" });
  await assertShows(created.location, /Précisez la durée/, contact);
  await contact.submit(created.location, "submit");
  await act(path, "approve", { reason: "Conforme" });
  await assertShows("/administration/demarches?etat=5", /Bourse communale/);
  await assertShows(created.location, /Approuvée/, contact);
});

test("a breach goes from the finding to its end", async () => {
  const list = await operator.get("/administration/partenaires?etat=2");
  const partner = /href="(\/administration\/partenaires\/prt_\w+)"/.exec(list.text)?.[1] ?? "";
  const finding = { commitment: "7", severity: "1", description: "Secret dans un dépôt public." };
  const breach = await act(`${partner}/manquement`, "record", finding);
  const own = breach.replace("/administration/", "/tableau-de-bord/");
  await act(breach, "note", { text: "Vu avec la sécurité." });
  await act(breach, "assess", { severity: "2", reason: "Secret encore valable" });
  const notice = { text: "Renouvelez le secret.", remedy_by: dayAhead(20) };
  assert.equal((await operator.submit(breach, "give-notice", { ...notice, remedy_by: "" })).status, 400);
  await act(breach, "give-notice", notice);
  const seen = await contact.get(own);
  assert.match(seen.text, /Renouvelez le secret/);
  assert.doesNotMatch(seen.text, /Vu avec la sécurité/);
  await act(breach, "suspend", { reason: "Risque immédiat", confirmation: "oui" });
  await assertShows(partner, /Suspendu/);
  await act(breach, "remedy", { reason: "Secret renouvelé" });
  const { text: remedied } = await operator.get(breach);
  const offered = formsOf(remedied).map(({ hidden }) => hidden["action"]);
  assert.deepEqual(
    offered.filter((action) => action !== undefined && action !== "sign-out"),
    ["note"],
  );
  await act(partner, "reinstate", { reason: "Corrigé" });
  await assertShows("/administration/manquements?etat=4", /Sécurité des données à caractère personnel/);
});

test("who has not accepted the terms is listed, for the version in force and for one to come", async () => {
  const path = "/administration/conditions";
  const siret = "21330063500017";
  const asking = { siret, name: "Ville sans réponse", legal_category: "2", legal_text: "Délibération." };
  await act("/administration/partenaires/nouveau", "register", asking);
  const rowOf = (text: string, name: string) =>
    text.match(/<tr>[\s\S]*?<\/tr>/g)?.find((row) => row.includes(name)) ?? "";
  const { text } = await operator.get(path);
  assert.match(text, /aria-current="(?:page|true)"[^>]*>Conditions</);
  assert.match(text, /<option value="2026-11" selected>2026-11 \(en vigueur\)/);
  const waiting = rowOf(text, "Ville sans réponse");
  assert.match(waiting, /partenaires\/prt_\w+[\s\S]*21330063500017[\s\S]*Demande en cours[\s\S]*Aucune/);
  assert.match(waiting, /Depuis le \d\d\/\d\d\/\d{4}[\s\S]*Manquante/);
  const partner = "Partenaire de démonstration";
  assert.match(rowOf(text, partner), /Actif/);
  await contact.submit("/tableau-de-bord/conditions", "accept", { confirmation: "oui" });
  assert.equal(rowOf((await operator.get(path)).text, partner), "");
  const folder = await mkdtemp(join(tmpdir(), "terms-"));
  const file = join(folder, "terms.md");
  await writeFile(file, "# Version suivante\n");
  const published = await service.statut(
    ...["terms", "publish", "suivante", file, "--effective-date", dayAhead(60), "--major"],
    ...["--summary", "Tout change.", "--reason", "Essai", "--apply"],
  );
  assert.equal(published.code, 0, published.stderr);
  const { text: next } = await operator.get(`${path}?version=suivante`);
  assert.match(
    next,
    /<option value="suivante" selected>suivante \(à venir\)[\s\S]*Évolution majeure, date d’effet/,
  );
  assert.match(rowOf(next, partner), /Actif[\s\S]*2026-11<\/a>, le [\s\S]*Pour le /);
  assert.equal((await operator.get(`${path}?version=inconnue`)).status, 404);
});

suite("announcements", { concurrency: 1 }, () => {
  const path = "/administration/annonces";

  test("an incident is opened, followed and resolved", async () => {
    const fields = { title: "Lenteurs", impact: "1", parts: ["1", "3"], message: "Nous cherchons." };
    assert.equal(
      (await operator.submit(`${path}/incidents/nouveau`, "open", { ...fields, impact: "" })).status,
      400,
    );
    const incident = await act(`${path}/incidents/nouveau`, "open", fields);
    await assertShows("/etat-du-service", /Un incident est en cours[\s\S]*Lenteurs/, anybody);
    await act(incident, "update", { state: "2", impact: "2", message: "Un disque est plein." });
    await act(incident, "resolve", { message: "Disque vidé." });
    await assertShows(
      incident,
      /Résolu[\s\S]*Un disque est plein[\s\S]*Disque vidé|Disque vidé[\s\S]*Un disque/,
    );
    // The page of the service's status is kept for a while; that of the incident is not.
    const told = incident.replace(path, "/etat-du-service");
    await assertShows(told, /Résolu[\s\S]*Un disque est plein/, anybody);
  });

  test("a change is announced at Paris time, moved and withdrawn", async () => {
    const fields = { title: "Champ nouveau", description: "Un champ de plus." };
    const page = `${path}/evolutions/nouvelle`;
    assert.equal((await operator.submit(page, "announce", fields)).status, 400);
    const soon = await operator.submit(page, "announce", {
      ...fields,
      go_live_time: `${dayAhead(30)}T09:30`,
    });
    assert.match(soon.text, /value="\d{4}-\d\d-\d\dT09:30"/);
    // More than six months ahead, whenever that is, and once in summer and once in winter.
    const year = new Date().getUTCFullYear() + 2;
    const change = await act(page, "announce", { ...fields, go_live_time: `${year}-07-01T09:30` });
    await assertShows(change, new RegExp(`${year}-07-01T07:30:00\\.000Z`));
    await act(change, "reschedule", { go_live_time: `${year}-12-01T09:30`, reason: "Retard" });
    await assertShows(change, new RegExp(`${year}-12-01T08:30:00\\.000Z`));
    await act(change, "withdraw", { reason: "Abandon" });
    await assertShows(change, /Retirée/);
  });

  test("a maintenance is announced and cancelled", async () => {
    const [start_time, end_time] = [`${dayAhead(30)}T20:00`, `${dayAhead(30)}T22:00`];
    const fields = {
      title: "Mise à jour",
      description: "Base de données.",
      parts: "1",
      start_time,
      end_time,
    };
    await act(`${path}/maintenances/nouvelle`, "announce", fields);
    const { text } = await operator.get(path);
    const maintenance = /value="(mnt_\w+ [^"]+)"/.exec(text)?.[1]?.replaceAll("&quot;", '"') ?? "";
    await act(path, "cancel-maintenance", { maintenance_id: maintenance, reason: "Reportée" });
    assert.doesNotMatch((await operator.get(path)).text, /mnt_/);
  });
});

suite("mails", () => {
  const path = "/administration/courriels";

  test("are listed by state and read; one that was sent is not sent again", async () => {
    const { text } = await operator.get(path);
    const mail = /href="(\/administration\/courriels\/mail_\w+)">[^<]*Lenteurs/.exec(text)?.[1] ?? "";
    assert.match((await operator.get(`${path}?etat=6`)).text, /Aucun courriel/);
    await assertShows(mail, /Lenteurs[\s\S]*Texte[\s\S]*Nous cherchons|Disque vidé|Un disque est plein/);
    const { text: read } = await operator.get(mail);
    assert.ok(!formsOf(read).some(({ hidden }) => hidden["action"] === "retry"), "it is not stuck");
    const token = formsOf(read)[0]?.hidden["controle"] ?? "";
    const fields = { controle: token, action: "retry", request_id: "essai-1", reason: "Essai" };
    const refused = await operator.send(mail, fields);
    assert.equal(refused.status, 400);
    assert.match(refused.text, /Seul un courriel refusé ou sans confirmation/);
  });

  test("with a link for their recipient alone are not read by operators", async () => {
    await anybody.submit("/connexion", "ask", { email: "dominique.bernard@partenaire.exemple" });
    const mail = async () =>
      /href="([^"]+)">[^<]*Votre lien de connexion/.exec((await operator.get(path)).text)?.[1];
    await eventually(async () => (await mail()) !== undefined);
    const { text } = await operator.get((await mail()) ?? "");
    assert.match(text, /son texte ne s’affiche pas/);
    assert.doesNotMatch(text, /connexion\/lien|code=/);
  });

  test("that could not be delivered are sent again, with a reason", async () => {
    const { text } = await operator.get(path);
    const mail = /courriels\/(mail_\w+)">[^<]*Lenteurs/.exec(text)?.[1] ?? "";
    changeRow(service, "update mails set state = 'dead', last_reply = '550 refusé' where id = ?", mail);
    await assertShows(queue, /Courriels non remis[\s\S]*Lenteurs/);
    await assertShows(`${path}/${mail}`, /Non remis[\s\S]*550 refusé/);
    assert.equal((await operator.submit(`${path}/${mail}`, "retry", {})).status, 400);
    await act(`${path}/${mail}`, "retry", { reason: "Boîte rétablie" });
    await assertShows(
      `/administration/registre?objet=${mail}`,
      /Nouvel envoi d’un courriel[\s\S]*Boîte rétablie/,
    );
    await eventually(async () => /badge[^>]*>Remis</.test((await operator.get(`${path}/${mail}`)).text));
  });
});

suite("a token of a partner", { concurrency: 1 }, () => {
  let token = "";
  let secret = "";
  let partner = "";
  const calls = async () => (await fetch(service.origin + lookupRoute, { headers: bearer(secret) })).status;

  test("gets a rate of its own, with a reason that the partner reads", async () => {
    ({ token: secret, tokenId: token } = await issueToken(service, "21750001600019"));
    token = `/administration/jetons/${token}`;
    const { text } = await operator.get("/administration/partenaires?siret=21750001600019");
    partner = /href="(\/administration\/partenaires\/prt_\w+)"/.exec(text)?.[1] ?? "";
    assert.ok((await operator.get(partner)).text.includes(`href="${token}"`));
    await eventually(async () => (await calls()) === 200);
    assert.equal((await operator.submit(token, "rate", { calls_per_second: "5", reason: "" })).status, 400);
    await act(token, "rate", { calls_per_second: "5", reason: "Rythme convenu" });
    await assertShows(token, /5 appels par seconde[\s\S]*Rythme convenu/);
  });

  test("is revoked at a day of Paris, or at once, and only by ticking the box", async () => {
    const day = dayAhead(40);
    assert.equal((await operator.submit(token, "revoke", { date: day, reason: "Fin" })).status, 400);
    await act(token, "revoke", { date: day, reason: "Fin de la démarche", confirmation: "oui" });
    const midnight = new Date(startOfParisDay(day)).toISOString().replaceAll(".", "\\.");
    await assertShows(token, new RegExp(`Révocation prévue[\\s\\S]*${midnight}`));
    assert.equal(await calls(), 200, "until then");
    await act(token, "revoke", { date: "", reason: "Plus tôt", confirmation: "oui" });
    await eventually(async () => (await calls()) === 401);
    const offered = formsOf((await operator.get(token)).text).map(({ hidden }) => hidden["action"]);
    assert.deepEqual(offered, ["sign-out", "leak"]);
  });

  test("is marked as leaked, once", async () => {
    assert.equal((await operator.submit(token, "leak", { reason: "Dépôt public" })).status, 400);
    await act(token, "leak", { reason: "Dépôt public", confirmation: "oui" });
    await assertShows(token, /Divulgation signalée[\s\S]*Jeton déclaré divulgué[\s\S]*Dépôt public/);
  });

  test("a contact is corrected and removed, and its partner says so", async () => {
    // The last technical contact of an active partner could not go.
    await act(partner, "add-contact", {
      name: "Sacha Petit",
      email: "sacha@paris.exemple",
      roles: ["1", "2"],
    });
    const fields = { name: "Alix Morel", email: "alix@paris.exemple", roles: ["2"] };
    await act(partner, "add-contact", fields);
    const { text } = await operator.get(partner);
    const contactPage = /href="(\/administration\/contacts\/ctc_\w+)">Alix Morel/.exec(text)?.[1] ?? "";
    const changed = { name: "Alix Moreau", phone: "01 02 03 04 05", roles: ["1", "2"] };
    await act(contactPage, "update", changed);
    await assertShows(contactPage, /Alix Moreau[\s\S]*Contact administratif[\s\S]*01 02 03 04 05/);
    const wrong = await operator.submit(contactPage, "change-address", { email: "pas une adresse" });
    assert.equal(wrong.status, 400);
    assert.match(wrong.text, /value="pas une adresse"/);
    await act(contactPage, "change-address", { email: "alix.moreau@paris.exemple" });
    await assertShows(contactPage, /alix@paris[\s\S]*à confirmer[\s\S]*alix\.moreau@/);
    assert.equal((await operator.submit(contactPage, "remove", {})).status, 400);
    const back = await operator.submit(contactPage, "remove", { reason: "Départ" });
    assert.deepEqual([back.status, back.location], [303, partner]);
    await assertShows(partner, /Le contact est retiré[\s\S]*Retrait d’un contact[\s\S]*Départ/);
    assert.equal((await operator.get(contactPage)).status, 404);
  });
});

test("jobs are shown with their last run, and run by administrators", async () => {
  const path = "/administration/traitements";
  await assertShows(path, /Suppression des courriels[\s\S]*Tous les jours à 04:10/);
  const { text } = await operator.get(path);
  assert.doesNotMatch(
    text,
    /every|daily|Mails |Erases|Deletes|Freezes|Reminds/,
    "every job has French words",
  );
  assert.equal((await operator.submit(path, "run", { name: "mail-retention" })).status, 400);
  await act(path, "run", { name: "mail-retention", reason: "Vérification" });
  const row = /Suppression des courriels(?:(?!<\/tr>)[\s\S])*Fait/;
  await eventually(async () => row.test((await operator.get(path)).text));
  await assertShows(
    "/administration/registre?objet=mail-retention",
    /Lancement d’un traitement[\s\S]*Vérification/,
  );
});

test("the journal shows everybody's calls by filter, and nothing that is sealed", async () => {
  const answer = await fetch(service.origin + lookupRoute, { headers: bearer(service.token) });
  assert.equal(answer.status, 200);
  const path = "/administration/journal";
  const { text } = await operator.get(`${path}?issue=answered`);
  const call = /href="(\/administration\/journal\/[0-9a-f-]{36})"/.exec(text)?.[1] ?? "";
  await assertShows(call, /Identifiant de requête/);
  const ine = /students\/(\w+)/.exec(lookupRoute)?.[1] ?? "";
  assert.ok(ine.length > 5 && !text.includes(ine));
  assert.match((await operator.get(`${path}?organisme=prt_inconnu`)).text, /Aucun appel ne correspond/);
});

test("the journal is searched with a reason, by POST, and the search is in the register", async () => {
  const path = "/administration/journal/recherche";
  const ine = /students\/(\w+)/.exec(lookupRoute)?.[1] ?? "";
  const nothing = await operator.submit(path, "search", { reason: "Demande 2026-114" });
  assert.match(nothing.text, /Donnez un INE/);
  const told = await operator.submit(path, "search", { ine, reason: `Demande de ${ine}` });
  assert.match(told.text, /Ne doit pas contenir l&#39;INE/);
  const found = await operator.submit(path, "search", { ine, reason: "Demande 2026-114" });
  assert.deepEqual([found.status, found.location], [200, ""]);
  assert.match(found.text, /href="\/administration\/partenaires\/prt_\w+">/);
  assert.match(found.text, /LookupService\/LookupByIne|LookupByIne/);
  const token = /tok_\w+/.exec(found.text)?.[0] ?? "";
  const register = await operator.get("/administration/registre");
  assert.match(register.text, /Recherche dans le journal[\s\S]*Demande 2026-114/);
  assert.ok(!register.text.includes(ine));
  await operator.submit(path, "search", { token_id: token, reason: "Demande 2026-115" });
  await assertShows(`/administration/registre?objet=${token}`, /Demande 2026-115/);
});

test("what is sealed of a call is opened on its page with a reason, and by another trace each time", async () => {
  const ine = /students\/(\w+)/.exec(lookupRoute)?.[1] ?? "";
  const answer = await fetch(`${service.origin}/statutetudiant.lookup.v1.LookupService/LookupByIne`, {
    method: "POST",
    headers: { ...bearer(service.token), "content-type": "application/json" },
    body: JSON.stringify({ ine, recipient: "13002526500013" }),
  });
  const call = `/administration/journal/${answer.headers.get("x-request-id")}`;
  const closed = await operator.get(call);
  assert.match(closed.text, /Données scellées[\s\S]*Ouvrir et inscrire au registre/);
  assert.ok(!closed.text.includes(ine));
  for (const reason of ["", "non", `Demande de ${ine}`]) {
    const refused = await operator.submit(call, "open", { reason });
    assert.equal(refused.status, 400, reason);
    assert.ok(!refused.text.replaceAll(`Demande de ${ine}`, "").includes(ine));
  }
  const opened = await operator.submit(call, "open", { reason: "Demande 2026-120" });
  assert.deepEqual([opened.status, opened.location], [200, ""]);
  assert.match(opened.text, new RegExp(`Motif inscrit[\\s\\S]*2026-120[\\s\\S]*INE[\\s\\S]*${ine}`));
  assert.match(opened.text, new RegExp(`Paramètres[\\s\\S]*&quot;ine&quot;: &quot;${ine}&quot;`));
  assert.equal(opened.headers.get("cache-control"), "no-store");
  assert.ok(!(await operator.get(call)).text.includes(ine), "it is closed again");
  const register = await operator.get(`/administration/registre?objet=${call.split("/").at(-1)}`);
  assert.match(register.text, /Ouverture des données scellées d’un appel[\s\S]*Demande 2026-120/);
  // The refusal of the reason that named the student told whose call it is.
  assert.equal(register.text.match(/Ouverture des données scellées/g)?.length, 2);
  assert.match(register.text, /Motif retiré/);
  assert.ok(!register.text.includes(ine));
  const found = await operator.submit("/administration/journal/recherche", "search", {
    ...{ ine, reason: "Demande 2026-121" },
  });
  assert.match(found.text, /administration\/journal\/\{id\}|journal\/\{id\}/, "the opening is found too");
});

test("a long list of found calls goes on by another form", async () => {
  const path = "/administration/journal/recherche";
  const account = /<code class="tableau-mot">(opr_\w+)/;
  const search = { ine: "951242368CR", reason: "Demande 2026-116" };
  const id = account.exec((await operator.submit(path, "search", search)).text)?.[1] ?? "";
  const first = await operator.submit(path, "search", { token_id: id, reason: "Ses propres pages" });
  const [next] = formsOf(first.text).filter(({ hidden }) => hidden["page_token"]);
  const second = await operator.send(path, next?.hidden ?? {});
  const callsOf = (text: string) => new Set(text.match(/journal\/[0-9a-f-]{36}/g));
  assert.equal(callsOf(first.text).size, 50, `calls of ${id}: ${first.status}`);
  assert.ok(callsOf(second.text).size > 0);
  assert.ok([...callsOf(second.text)].every((call) => !callsOf(first.text).has(call)));
});

test("the availability report names the running month", async () => {
  await assertShows("/administration/disponibilite", /Mois en cours|La mesure vient de commencer/);
});

test("the service is whole", () => assertWhole(service));

// What a contact does on the pages, from one end to the other: through forms, mails and calls with the token it gets.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { linkMailedTo, mailed } from "../support/mailed.ts";
import { startService } from "../support/service.ts";
import { demonstrationCodes, formsOf, visit } from "../support/visitor.ts";
import { assertWhole, bearer, lookupRoute, unlimited } from "../support/whole-service.ts";

const service = await startService({ environment: unlimited, traffic: true });
after(() => service[Symbol.asyncDispose]());
const contact = visit(service.origin, { isPatient: true });
await contact.signIn(demonstrationCodes(service.printed()).contact);
const address = "dominique.bernard@partenaire.exemple";

/** Publishes a version of the terms that is in force in so many days. */
async function publish(version: string, inDays: number, ...more: string[]): Promise<void> {
  const file = join(service.dataDir, "terms.md");
  await writeFile(file, `# Conditions ${version}\n`);
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Paris" });
  const effectiveDate = day.format(Date.now() + inDays * 86_400_000);
  const words = [
    "--effective-date",
    effectiveDate,
    "--summary",
    "Article 4.",
    "--reason",
    "Essai",
    "--apply",
  ];
  const { code, stderr } = await service.statut("terms", "publish", version, file, ...words, ...more);
  assert.equal(code, 0, stderr);
}

/** SIRET of the partners that have not accepted a version. */
async function missing(version: string): Promise<string[]> {
  const { stdout } = await service.statut("terms", "missing", version, "--json");
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => (JSON.parse(line) as { siret: string }).siret);
}

const calls = async (secret: string) =>
  (await fetch(service.origin + lookupRoute, { headers: bearer(secret) })).status;
const secretIn = (text: string) => /stetu_[0-9A-Za-z]{49}/.exec(text)?.[0] ?? "";

suite("a contact", { concurrency: 1 }, () => {
  test("accepts the terms once, and only by ticking the box", async () => {
    const path = "/tableau-de-bord/conditions";
    const unticked = await contact.submit(path, "accept");
    assert.equal(unticked.status, 400);
    assert.match(unticked.text, /Cochez la case/);
    assert.equal((await contact.submit(path, "accept", { confirmation: "oui" })).location, path);
    assert.match((await contact.get(path)).text, /La version 2026-11 est acceptée/);
  });

  test("need not accept a minor version, and a major one before its day, where the letter leads", async () => {
    const path = "/tableau-de-bord/conditions";
    await publish("2026-11.1", 0);
    assert.match((await contact.get(path)).text, /La version 2026-11\.1 est une évolution mineure/);
    await publish("2099-01", 40, "--major");
    assert.match((await contact.get(path)).text, /La version 2099-01 entre en vigueur le/);
    assert.ok((await missing("2099-01")).includes("99999999900017"));
    await service.statut("jobs", "run", "terms-mail");
    const page = await linkMailedTo(service, address, `${path}/2099`);
    assert.equal(page, `${path}/2099-01`);
    assert.match((await contact.get(page)).text, /La version 2099-01 n’est pas acceptée/);
    assert.equal((await contact.submit(page, "accept", { confirmation: "oui" })).location, page);
    assert.match((await contact.get(page)).text, /La version 2099-01 est acceptée/);
    assert.doesNotMatch((await contact.get(path)).text, /La version 2099-01 entre en vigueur le/);
    assert.ok(!(await missing("2099-01")).includes("99999999900017"));
  });

  let procedure = "";
  test("declares a procedure, which an operator approves", async () => {
    const fields = {
      "content.name": "Tarif réduit",
      "content.purpose": "Accorder le tarif étudiant.",
      "content.legal_basis": "Délibération du 12 mars 2026.",
      "content.retention_days": "365",
      "need.mesri_admissions": "Savoir si la personne est inscrite.",
    };
    const created = await contact.submit("/tableau-de-bord/demarches/nouvelle", "create", fields);
    assert.equal(created.status, 303, created.text);
    procedure = created.location;
    assert.equal((await contact.submit(procedure, "submit")).status, 303);
    assert.match((await contact.get(procedure)).text, /À l’instruction/);
    const id = procedure.split("/").at(-1) ?? "";
    const approved = await service.statut("procedure", "approve", id, "--reason", "Conforme", "--apply");
    assert.equal(approved.code, 0, approved.stderr);
    assert.match((await contact.get(procedure)).text, /Approuvée/);
  });

  let token = "";
  let secret = "";
  test("gets its token's secret once", async () => {
    const path = "/tableau-de-bord/jetons/nouveau";
    const [form] = formsOf((await contact.get(path)).text).filter(
      ({ hidden }) => hidden["action"] === "issue",
    );
    const fields = { ...form?.hidden, procedure_id: procedure.split("/").at(-1) ?? "", valid_days: "548" };
    const wrong = await contact.send(path, { ...fields, allowed_networks: "pas un réseau" });
    assert.equal(wrong.status, 400);
    assert.ok(secretIn(wrong.text) === "" && wrong.text.includes("pas un réseau"));
    const issued = await contact.send(path, fields);
    secret = secretIn(issued.text);
    await eventually(async () => (await calls(secret)) === 200);
    const again = await contact.send(path, fields);
    assert.equal(secretIn(again.text), "");
    assert.match(again.text, /Le secret a déjà été montré/);
    token = /href="(\/tableau-de-bord\/jetons\/tok_\w+)"/.exec(issued.text)?.[1] ?? "";
    assert.equal(secretIn((await contact.get(token)).text), "");
  });

  test("renews the secret without overlap: the one before is refused", async () => {
    for (const days of ["7 jours", ""]) {
      assert.equal((await contact.submit(token, "rotate", { overlap_days: days })).status, 400, "is not 0");
    }
    const renewed = await contact.submit(token, "rotate", { overlap_days: "0" });
    const next = secretIn(renewed.text);
    assert.notEqual(next, secret);
    await eventually(async () => (await calls(next)) === 200 && (await calls(secret)) === 401);
    secret = next;
  });

  test("is told when a token cannot be prolonged yet", async () => {
    const answer = await contact.submit(`${token}/prolonger`, "prolong", {});
    assert.equal(answer.status, 400);
    assert.match(answer.text, /90 jours/);
  });

  test("revokes a token, by ticking the box", async () => {
    assert.equal((await contact.submit(token, "revoke", { reason: "Fin" })).status, 400);
    for (const date of ["31/12/2026", "2026-02-31", "demain"]) {
      const bad = { reason: "Fin", confirmation: "oui", date };
      assert.equal((await contact.submit(token, "revoke", bad)).status, 400, `${date} is not today`);
    }
    assert.equal(await calls(secret), 200);
    assert.equal((await contact.submit(token, "revoke", { reason: "Fin", confirmation: "oui" })).status, 303);
    await eventually(async () => (await calls(secret)) === 401);
    assert.match((await contact.get(token)).text, /Révoqué/);
  });

  test("prolongs a token that ends within 90 days, once every point is confirmed", async () => {
    const fields = { procedure_id: procedure.split("/").at(-1) ?? "", valid_days: "60" };
    const issued = await contact.submit("/tableau-de-bord/jetons/nouveau", "issue", fields);
    const ending = /href="(\/tableau-de-bord\/jetons\/tok_\w+)"/.exec(issued.text)?.[1] ?? "";
    const page = await contact.get(ending);
    assert.match(page.text, /Ce jeton expire bientôt[\s\S]*\/prolonger"/);
    const { text } = await contact.get(`${ending}/prolonger`);
    const boxes = (name: string) =>
      [...text.matchAll(new RegExp(`name="${name}" value="([^"]+)"`, "g"))].map(([, value = ""]) =>
        value.replaceAll("&quot;", '"'),
      );
    const all = { contacts: boxes("contacts"), procedures: boxes("procedures"), scopes: boxes("scopes") };
    assert.deepEqual([all.procedures.length, all.scopes], [1, ["mesri_admissions"]]);
    assert.ok(all.contacts.length > 0);
    const partly = await contact.submit(`${ending}/prolonger`, "prolong", { ...all, procedures: [] });
    assert.equal(partly.status, 400);
    assert.match(partly.text, /La prolongation demande de confirmer/);
    const stale = all.procedures.map((value) => value.replace(/ .*/, ' "0"'));
    assert.equal(
      (await contact.submit(`${ending}/prolonger`, "prolong", { ...all, procedures: stale })).status,
      400,
    );
    const done = await contact.submit(`${ending}/prolonger`, "prolong", all);
    assert.deepEqual([done.status, done.location], [303, ending], done.text);
    const { text: prolonged } = await contact.get(ending);
    assert.match(prolonged, /Le jeton est prolongé\.[\s\S]*Prolongé/);
    assert.match(prolonged, /<dt>Jours restants<\/dt><dd>54[78]<\/dd>/);
    assert.doesNotMatch(prolonged, /expire bientôt/);
  });

  test("takes calls and use away as files that a spreadsheet opens", async () => {
    const used = await contact.get("/tableau-de-bord/usage?format=csv");
    assert.match(used.headers.get("content-type") ?? "", /^text\/csv/);
    assert.match(used.headers.get("content-disposition") ?? "", /attachment; filename="usage.csv"/);
    assert.ok(used.text.split("\n").length > 30);
    const exported = await contact.get("/tableau-de-bord/appels.csv?issue=answered");
    assert.equal(exported.status, 200);
    assert.ok(exported.text.split("\n").length > 300, "a month of calls");
    assert.doesNotMatch(exported.text, /not_found/);
  });

  test("pages and filters the latest calls", async () => {
    const first = await contact.get("/tableau-de-bord/appels");
    const next = /href="([^"]*page=[^"]*)"/.exec(first.text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    assert.match((await contact.get(next)).text, /Début de la liste/);
    const { text } = await contact.get("/tableau-de-bord/appels?agent=guichet-03");
    assert.ok(text.includes("guichet-03") && !text.includes("guichet-11"));
  });

  test("reads which agent looked when, on full pages, and nothing that names none", async () => {
    const path = "/tableau-de-bord/agents";
    const seen: string[] = [];
    for (let next: string | undefined = path; next !== undefined; ) {
      const { text }: { text: string } = await contact.get(next);
      const rows: string[] = text.match(/<th scope="row">[^<]*/g) ?? [];
      next = /href="([^"]*page=[^"]*)"/.exec(text)?.[1]?.replaceAll("&amp;", "&");
      assert.ok(rows.every((row) => row.length > '<th scope="row">'.length));
      if (next !== undefined) assert.equal(rows.length, 50);
      seen.push(...rows);
    }
    assert.ok(seen.length > 100);
    assert.match((await contact.get(`${path}?agent=personne`)).text, /Aucun appel ne nomme d’agent/);
  });

  test("changes its address once it has shown to receive mail there", async () => {
    const { text } = await contact.get("/tableau-de-bord/organisme");
    const path = /href="(\/tableau-de-bord\/contacts\/ctc_\w+)"/.exec(text)?.[1] ?? "";
    const fresh = "dominique.nouvelle@partenaire.exemple";
    assert.equal((await contact.submit(path, "change-address", { email: fresh })).status, 303);
    assert.ok((await contact.get("/compte")).text.includes(address), "not yet");
    assert.ok((await contact.get(path)).text.includes("Nouvelle adresse, à confirmer"));
    const link = await linkMailedTo(service, fresh, "/connexion/adresse");
    assert.match(await mailed(service, address, "Une nouvelle adresse"), /administratif/);
    const elsewhere = visit(service.origin, { isPatient: true });
    assert.equal((await elsewhere.get(link)).status, 200, "opening it changes nothing");
    assert.ok((await contact.get("/compte")).text.includes(address), "not yet");
    assert.equal((await elsewhere.submit(`${link.slice(0, -1)}_`, "confirm")).status, 401);
    assert.equal((await elsewhere.submit(link, "confirm")).location, "/connexion");
    assert.equal((await contact.get("/compte")).status, 303, "signed out");
  });

  test("signs in with the link of a mail, in the browser that asked for it", async () => {
    const to = "dominique.nouvelle@partenaire.exemple";
    const [asking, other] = [
      visit(service.origin, { isPatient: true }),
      visit(service.origin, { isPatient: true }),
    ];
    const known = await asking.submit("/connexion", "ask", { email: to });
    const unknown = await visit(service.origin, { isPatient: true }).submit("/connexion", "ask", {
      email: "inconnu@exemple.fr",
    });
    assert.deepEqual([known.status, known.location], [unknown.status, unknown.location]);
    const link = await linkMailedTo(service, to, "/connexion/lien");
    assert.equal((await other.submit(link, "sign-in")).status, 401);
    assert.equal((await asking.submit(link, "sign-in")).location, "/tableau-de-bord");
    assert.equal((await asking.submit(link, "sign-in")).status, 401, "once");
  });
});

test("the service is whole", () => assertWhole(service));

// What belongs to one partner, each in a table, for operators.
import { AuditService } from "../../../gen/statutetudiant/audit/v1/audit_pb.ts";
import { BreachService } from "../../../gen/statutetudiant/breach/v1/breach_pb.ts";
import { ContactService } from "../../../gen/statutetudiant/partner/v1/contact_pb.ts";
import { ProcedureService } from "../../../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { TermsService } from "../../../gen/statutetudiant/terms/v1/terms_pb.ts";
import { TokenService } from "../../../gen/statutetudiant/token/v1/token_pb.ts";
import type { Visit } from "../../frame/page.ts";
import { section } from "../../html/blocks.ts";
import { formatDay, formatIsoDay, timeTag } from "../../html/dates.ts";
import { type Html, html } from "../../html/html.ts";
import { type Column, table } from "../../html/table.ts";
import { contactRolesWords, stateBadge, tokenStatusWords } from "../../html/words.ts";
import { procedureNames } from "../partner/tokens-page.ts";
import { auditTable } from "./audit-page.ts";
import { breachesTable } from "./breaches-pages.ts";
import { proceduresTable } from "./procedures-pages.ts";

/** All lists of a partner, read together. */
export async function partnerLists(visit: Visit, partnerId: string): Promise<Html> {
  const latest = { partnerId, pageSize: 20, orderBy: "create_time desc" };
  const [contacts, acceptances, procedures, tokens, breaches, audit] = await Promise.all([
    visit.call(ContactService.method.listContacts, { partnerId, pageSize: 200 }),
    visit.call(TermsService.method.listAcceptances, { partnerId, pageSize: 200 }),
    visit.call(ProcedureService.method.listProcedures, latest),
    visit.call(TokenService.method.listTokens, latest),
    visit.call(BreachService.method.listBreaches, latest),
    visit.call(AuditService.method.listAuditEvents, { partnerId, pageSize: 10, orderBy: "sequence desc" }),
  ]);
  return html`${list("Contacts", contacts.contacts, "Aucun contact n’est déclaré.", [
    { head: "Nom", cell: ({ id, name }) => html`<a href="/administration/contacts/${id}">${name}</a>` },
    { head: "Rôles", cell: ({ roles }) => contactRolesWords(roles) },
    { head: "Adresse électronique", cell: ({ email }) => html`<span class="tableau-mot">${email}</span>` },
    { head: "Téléphone", cell: ({ phone }) => html`<span class="tableau-insecable">${phone || "–"}</span>` },
  ])}
${list("Conditions acceptées", acceptances.acceptances, "Aucune version n’a été acceptée.", [
  { head: "Version", cell: ({ version }) => html`<a href="/conditions/${version}">${version}</a>` },
  { head: "Acceptée par", cell: ({ contactName }) => contactName },
  { head: "Le", cell: ({ acceptTime }) => timeTag(acceptTime) },
])}
${section("Démarches", proceduresTable("Démarches du partenaire", procedures.procedures), more(procedures, `/administration/demarches?organisme=${partnerId}`))}
${list("Jetons", tokens.tokens, "Aucun jeton n’est délivré.", [
  {
    head: "Démarche",
    cell: (token) => html`<a href="/administration/jetons/${token.id}">${procedureNames(token)}</a>`,
  },
  { head: "Identifiant", cell: ({ id }) => html`<code class="tableau-mot">${id}</code>` },
  { head: "État", cell: ({ status }) => stateBadge(tokenStatusWords, status) },
  { head: "Valable jusqu’au", cell: ({ expireTime }) => timeTag(expireTime, formatDay) },
  { head: "Dernier appel", cell: ({ lastUseDate }) => formatIsoDay(lastUseDate) || "Jamais" },
])}
${section("Manquements", breachesTable("Manquements du partenaire", breaches.breaches), more(breaches, `/administration/manquements?organisme=${partnerId}`))}
${section("Dernières actions", auditTable("Dernières actions sur le partenaire", audit.events), more(audit, `/administration/registre?organisme=${partnerId}`))}
<p><a class="fr-link" href="/administration/journal?organisme=${partnerId}">Derniers appels du partenaire</a></p>`;
}

function list<Row>(
  title: string,
  rows: readonly Row[],
  empty: string,
  columns: readonly Column<Row>[],
): Html {
  return section(
    title,
    table({ caption: `${title} du partenaire`, hidesCaption: true, columns, rows, empty }),
  );
}

function more({ nextPageToken }: { readonly nextPageToken: string }, href: string): Html | undefined {
  return nextPageToken === ""
    ? undefined
    : html`<p><a class="fr-link" href="${href}">Voir toute la liste</a></p>`;
}

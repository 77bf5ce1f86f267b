import type { Page } from "../../frame/page.ts";
import { facts, section } from "../../html/blocks.ts";
import { formatDay, timeTag } from "../../html/dates.ts";
import { html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { contactRolesWords, legalCategoryWords, partnerStateWords, stateBadge } from "../../html/words.ts";
import {
  addContactForm,
  franceConnectForm,
  franceConnectWords,
  missingAlert,
  organisationActions,
} from "./organisation-forms.ts";
import { hasRole, partnerIdOf, readContacts, readPartner } from "./own-partner.ts";

/** What the service knows of the partner, and who acts for it. */
export const organisationPage: Page = {
  path: "/tableau-de-bord/organisme",
  audience: "contact",
  async show(visit) {
    const [partner, contacts] = await Promise.all([readPartner(visit), readContacts(visit)]);
    return {
      title: "Organisme et contacts",
      body: html`${missingAlert(partner)}
${facts([
  ["Nom", partner.name],
  ["SIRET", partner.siret],
  ["Accès au service", stateBadge(partnerStateWords, partner.state)],
  ["Motif de la dernière décision", partner.decision?.reason],
  ["Catégorie juridique", legalCategoryWords[partner.legalCategory]],
  ["Texte qui fonde la mission", partner.legalText],
  ["Éligibilité vérifiée", partner.eligibility?.time && timeTag(partner.eligibility.time, formatDay)],
  ["FranceConnect", franceConnectWords(partner)],
])}
${section(
  "Contacts",
  table({
    caption: "Contacts de l’organisme",
    hidesCaption: true,
    columns: [
      { head: "Nom", cell: ({ id, name }) => html`<a href="/tableau-de-bord/contacts/${id}">${name}</a>` },
      { head: "Rôles", cell: ({ roles }) => contactRolesWords(roles) },
      { head: "Adresse électronique", cell: ({ email }) => html`<span class="tableau-mot">${email}</span>` },
      { head: "Téléphone", cell: ({ phone }) => html`<span class="tableau-insecable">${phone}</span>` },
    ],
    rows: contacts,
    empty: "Aucun contact n’est déclaré.",
  }),
)}
${hasRole(visit, "administrative") && section("Ajouter un contact", addContactForm(visit))}
${hasRole(visit, "administrative", "technical") && section("Déclarer l’accès à FranceConnect", franceConnectForm(visit, partner))}`,
    };
  },
  actions: organisationActions(partnerIdOf),
};

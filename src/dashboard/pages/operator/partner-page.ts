import {
  type Partner,
  PartnerService,
  PartnerState,
} from "../../../gen/statutetudiant/partner/v1/partner_pb.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { facts, linkButton, section } from "../../html/blocks.ts";
import { formatDay, timeTag } from "../../html/dates.ts";
import { type Html, html } from "../../html/html.ts";
import { bodyWords, legalCategoryWords, partnerStateWords, stateBadge } from "../../html/words.ts";
import {
  addContactForm,
  franceConnectForm,
  franceConnectWords,
  missingAlert,
  organisationActions,
} from "../partner/organisation-forms.ts";
import { actAndReturn, decided, idOf, mayAct, reasoned, reasonForm } from "./operator-forms.ts";
import { partnerLists } from "./partner-lists.ts";
import { partnersPath } from "./partners-pages.ts";

const { method } = PartnerService;

/** One partner: what it is, what it lacks, what belongs to it, and the decisions on its access. */
export const partnerPage: Page = {
  path: `${partnersPath}/{id}`,
  audience: "operator",
  async show(visit) {
    const { partner } = await visit.call(method.getPartner, { id: idOf(visit) });
    if (partner === undefined) throw new Error("an answer holds the partner");
    return {
      title: partner.name,
      trail: [["Partenaires", partnersPath]],
      body: html`${partner.state === PartnerState.REQUESTED && missingAlert(partner)}
${describe(partner)}
${await partnerLists(visit, partner.id)}
${mayAct(visit) && decisions(visit, partner)}
${mayAct(visit) && partner.state !== PartnerState.TERMINATED && declarations(visit, partner)}`,
    };
  },
  actions: {
    ...organisationActions(idOf),
    verify: actAndReturn("L’éligibilité est vérifiée.", (visit, form) =>
      visit.call(method.verifyEligibility, reasoned(visit, form)),
    ),
    activate: actAndReturn("L’accès est ouvert.", (visit, form) =>
      visit.call(method.activatePartner, decided(visit, form)),
    ),
    suspend: actAndReturn(
      "L’accès est suspendu.",
      (visit, form) => visit.call(method.suspendPartner, decided(visit, form)),
      { isConfirmed: true },
    ),
    reinstate: actAndReturn("L’accès est rétabli.", (visit, form) =>
      visit.call(method.reinstatePartner, decided(visit, form)),
    ),
    terminate: actAndReturn(
      "Le partenaire est résilié.",
      (visit, form) => visit.call(method.terminatePartner, decided(visit, form)),
      { isConfirmed: true },
    ),
  },
};

function describe(partner: Partner): Html {
  const { eligibility, decision } = partner;
  return facts([
    ["SIRET", partner.siret],
    ["Identifiant", html`<code>${partner.id}</code>`],
    ["Accès au service", stateBadge(partnerStateWords, partner.state)],
    [
      "Dernière décision",
      decision?.time &&
        html`${timeTag(decision.time, formatDay)}, ${bodyWords[decision.body]} : ${decision.reason}`,
    ],
    ["Catégorie juridique", legalCategoryWords[partner.legalCategory]],
    ["Texte qui fonde la mission", partner.legalText],
    [
      "Éligibilité",
      eligibility?.time ? html`Vérifiée le ${timeTag(eligibility.time, formatDay)}` : "À vérifier",
    ],
    ["FranceConnect", franceConnectWords(partner)],
    ["Demande du", timeTag(partner.createTime, formatDay)],
  ]);
}

/** The decisions that the partner's state allows. */
function decisions(visit: Visit, { state, etag, eligibility, missing }: Partner): Html {
  const isRequested = state === PartnerState.REQUESTED;
  const verify = isRequested && eligibility?.time === undefined;
  return html`${verify && section("Vérifier l’éligibilité", reasonForm(visit, { action: "verify", submit: "Déclarer l’éligibilité vérifiée", etag, label: "Ce qui a été vérifié" }))}
${isRequested && missing.length === 0 && section("Ouvrir l’accès", reasonForm(visit, { action: "activate", submit: "Ouvrir l’accès", look: "primary", etag }))}
${state === PartnerState.ACTIVE && section("Suspendre l’accès", reasonForm(visit, { action: "suspend", submit: "Suspendre l’accès", etag, confirm: "Tous les jetons de l’organisme seront refusés jusqu’au rétablissement." }))}
${state === PartnerState.SUSPENDED && section("Rétablir l’accès", reasonForm(visit, { action: "reinstate", submit: "Rétablir l’accès", look: "primary", etag }))}
${state !== PartnerState.TERMINATED && mayAct(visit, "administrator") && section("Résilier", reasonForm(visit, { action: "terminate", submit: "Résilier", etag, confirm: "La résiliation ne peut pas être annulée." }))}`;
}

function declarations(visit: Visit, partner: Partner): Html {
  return html`${section("Ajouter un contact", addContactForm(visit))}
${section("Déclarer l’accès à FranceConnect", franceConnectForm(visit, partner))}
${section("Manquement", html`<p>${linkButton("Constater un manquement", `${partnersPath}/${partner.id}/manquement`, "secondary")}</p>`)}`;
}

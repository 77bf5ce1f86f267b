import {
  type Breach,
  BreachService,
  type BreachSeverity,
  BreachState,
} from "../../../gen/statutetudiant/breach/v1/breach_pb.ts";
import { PartnerService } from "../../../gen/statutetudiant/partner/v1/partner_pb.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { alert, section } from "../../html/blocks.ts";
import { radios, textField } from "../../html/fields.ts";
import { type Html, html } from "../../html/html.ts";
import { commitmentWords, severityWords } from "../../html/words.ts";
import { describeBreach, entriesTable } from "../partner/breach-pages.ts";
import { breachesPath } from "./breaches-pages.ts";
import {
  actAndReturn,
  bodyOf,
  choicesOf,
  decided,
  edit,
  idOf,
  mayAct,
  reasoned,
  reasonForm,
} from "./operator-forms.ts";

const { method } = BreachService;

/** One breach: what was found and said, and the next step (terms, article 5). */
export const operatorBreachPage: Page = {
  path: `${breachesPath}/{id}`,
  audience: "operator",
  async show(visit) {
    const { breach, entries } = await visit.call(method.getBreach, { id: idOf(visit) });
    if (breach === undefined) throw new Error("an answer holds the breach");
    const { partner } = await visit.call(PartnerService.method.getPartner, { id: breach.partnerId });
    return {
      title: commitmentWords[breach.commitment] ?? "Manquement",
      trail: [["Manquements", breachesPath]],
      body: html`${breach.overdue && alert("error", "Le délai est dépassé", "L’accès peut être suspendu.")}
<p>Organisme : <a href="/administration/partenaires/${breach.partnerId}">${partner?.name}</a></p>
${describeBreach(breach)}
${section("Échanges", entriesTable(entries))}
${mayAct(visit) && breach.state !== BreachState.CLOSED && steps(visit, breach)}`,
    };
  },
  actions: {
    assess: actAndReturn("La gravité est appréciée.", (visit, form) =>
      visit.call(method.assessBreach, {
        ...reasoned(visit, form),
        severity: form.number("severity") as BreachSeverity,
      }),
    ),
    "give-notice": actAndReturn("Le partenaire est mis en demeure.", (visit, form) =>
      visit.call(method.giveNotice, {
        ...edit(visit, form),
        text: form.text("text"),
        remedyBy: form.text("remedy_by"),
        body: bodyOf(visit),
      }),
    ),
    note: actAndReturn("La note est ajoutée.", (visit, form) =>
      visit.call(method.addBreachNote, {
        requestId: form.text("request_id"),
        id: idOf(visit),
        text: form.text("text"),
      }),
    ),
    remedy: actAndReturn("La correction est constatée.", (visit, form) =>
      visit.call(method.remedyBreach, reasoned(visit, form)),
    ),
    close: actAndReturn("Le manquement est classé.", (visit, form) =>
      visit.call(method.closeBreach, reasoned(visit, form)),
    ),
    suspend: actAndReturn(
      "L’accès du partenaire est suspendu.",
      (visit, form) => visit.call(method.suspendForBreach, decided(visit, form)),
      { isConfirmed: true },
    ),
  },
};

/** What can be done next; the service refuses a step that does not fit the state, and says why. */
function steps(visit: Visit, { state, etag, severity }: Breach): Html {
  const isNew = state === BreachState.RECORDED;
  const isTold = state === BreachState.NOTIFIED;
  const isOpen = isNew || isTold || state === BreachState.SUSPENDED;
  return html`${
    isOpen &&
    section(
      "Mettre en demeure",
      reasonForm(visit, {
        action: "give-notice",
        submit: "Mettre en demeure",
        look: "primary",
        etag,
        name: "text",
        label: "Ce que le partenaire doit corriger",
        hint: "Ses contacts le lisent et le reçoivent par courriel.",
        maxLength: 4000,
        before: (scope) =>
          textField(scope, { name: "remedy_by", label: "À corriger avant le", type: "date", required: true }),
      }),
    )
  }
${section("Ajouter une note interne", reasonForm(visit, { action: "note", submit: "Ajouter la note", name: "text", label: "Note", maxLength: 4000 }))}
${isOpen && section("Apprécier la gravité", reasonForm(visit, { action: "assess", submit: "Enregistrer l’appréciation", etag, before: (scope) => radios(scope, { name: "severity", label: "Gravité", required: true, values: [String(severity)], choices: choicesOf(severityWords) }) }))}
${isOpen && !isNew && section("Constater la correction", reasonForm(visit, { action: "remedy", submit: "Constater la correction", etag }))}
${(isNew || isTold) && section("Suspendre l’accès", reasonForm(visit, { action: "suspend", submit: "Suspendre l’accès", etag, confirm: "Tous les jetons de l’organisme seront refusés jusqu’au rétablissement." }))}
${isOpen && section("Classer sans suite", reasonForm(visit, { action: "close", submit: "Classer le manquement sans suite", etag }))}`;
}

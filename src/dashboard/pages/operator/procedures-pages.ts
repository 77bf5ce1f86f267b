import {
  type Procedure,
  ProcedureService,
  ProcedureState,
} from "../../../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { facts, filterField, filterForm, pager, section } from "../../html/blocks.ts";
import { formatDay, timeTag } from "../../html/dates.ts";
import { checkboxes } from "../../html/fields.ts";
import { type Html, html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { procedureStateWords, stateBadge } from "../../html/words.ts";
import { decisionAlert, describeContent } from "../partner/procedure-page.ts";
import {
  actAndReturn,
  choiceOf,
  filterChoices,
  idOf,
  mayAct,
  pageTokenOf,
  reasoned,
  reasonForm,
} from "./operator-forms.ts";

const path = "/administration/demarches";
const { method } = ProcedureService;

export function proceduresTable(caption: string, rows: readonly Procedure[]): Html {
  return table({
    caption,
    hidesCaption: true,
    columns: [
      {
        head: "Démarche",
        cell: (procedure) => html`<a href="${path}/${procedure.id}">${nameOf(procedure)}</a>`,
      },
      { head: "Organisme", cell: ({ partnerName, partnerSiret }) => `${partnerName} (${partnerSiret})` },
      { head: "État", cell: ({ state }) => stateBadge(procedureStateWords, state) },
      { head: "Envoyée le", cell: ({ submitTime }) => timeTag(submitTime, formatDay) },
      { head: "Décision le", cell: ({ decideTime }) => timeTag(decideTime, formatDay) },
    ],
    rows,
    empty: "Aucune démarche.",
  });
}

/** The procedures of all partners, by state. */
export const operatorProceduresPage: Page = {
  path,
  audience: "operator",
  async show(visit) {
    const { procedures, nextPageToken } = await visit.call(method.listProcedures, {
      state: choiceOf<ProcedureState>(visit, "etat"),
      partnerId: visit.query.get("organisme") ?? "",
      pageToken: pageTokenOf(visit),
      orderBy: "update_time desc",
    });
    return {
      title: "Démarches",
      body: html`${filterForm(html`${filterField(visit.query, "etat", "État", { choices: filterChoices(procedureStateWords, "Tous") })}
${filterField(visit.query, "organisme", "Identifiant du partenaire")}`)}
${proceduresTable("Démarches", procedures)}
${pager(path, visit.query, nextPageToken)}`,
    };
  },
};

/** One procedure, and the decision on it. */
export const operatorProcedurePage: Page = {
  path: `${path}/{id}`,
  audience: "operator",
  async show(visit) {
    const { procedure } = await visit.call(method.getProcedure, { id: idOf(visit) });
    if (procedure === undefined) throw new Error("an answer holds the procedure");
    const { approved, proposal, partnerId, partnerName, partnerSiret } = procedure;
    return {
      title: nameOf(procedure),
      trail: [["Démarches", path]],
      body: html`${decisionAlert(procedure)}
${facts([
  ["État", stateBadge(procedureStateWords, procedure.state)],
  [
    "Organisme",
    html`<a href="/administration/partenaires/${partnerId}">${partnerName}</a> (${partnerSiret})`,
  ],
  ["Identifiant", html`<code>${procedure.id}</code>`],
  ["Envoyée le", procedure.submitTime && timeTag(procedure.submitTime)],
  ["Finalité voisine", procedure.closenessApproved && "Approuvée : le jeton peut être partagé"],
])}
${approved !== undefined && section("Ce qui est approuvé", describeContent(approved))}
${proposal !== undefined && section(approved === undefined ? "Ce qui est demandé" : "Modification proposée", describeContent(proposal))}
${mayAct(visit) && decisions(visit, procedure)}`,
    };
  },
  actions: {
    approve: actAndReturn("La démarche est approuvée.", (visit, form) =>
      visit.call(method.approveProcedure, {
        ...reasoned(visit, form),
        approveCloseness: form.has("approve_closeness"),
      }),
    ),
    "request-changes": actAndReturn("La modification est demandée au partenaire.", (visit, form) =>
      visit.call(method.requestProcedureChanges, reasoned(visit, form)),
    ),
    refuse: actAndReturn("La démarche est refusée.", (visit, form) =>
      visit.call(method.refuseProcedure, reasoned(visit, form)),
    ),
    close: actAndReturn(
      "La démarche est close.",
      (visit, form) => visit.call(method.closeProcedure, reasoned(visit, form)),
      { isConfirmed: true },
    ),
  },
};

function nameOf({ proposal, approved }: Procedure): string {
  return proposal?.name ?? approved?.name ?? "Démarche";
}

function decisions(visit: Visit, { state, etag, proposal, approved }: Procedure): Html {
  const isOpen = state === ProcedureState.REQUESTED;
  return html`${
    isOpen &&
    html`${section("Approuver", reasonForm(visit, { action: "approve", submit: "Approuver la démarche", look: "primary", etag, before: (scope) => proposal?.closeTo !== undefined && checkboxes(scope, { name: "approve_closeness", label: "Finalité voisine", choices: [{ value: "oui", label: "La finalité est voisine : un même jeton peut servir les deux démarches." }] }) }))}
${section("Demander une modification", reasonForm(visit, { action: "request-changes", submit: "Demander la modification", etag, label: "Ce qui est à modifier" }))}
${section("Refuser", reasonForm(visit, { action: "refuse", submit: "Refuser la démarche", etag }))}`
  }
${approved !== undefined && state !== ProcedureState.CLOSED && section("Clore", reasonForm(visit, { action: "close", submit: "Clore la démarche", etag, confirm: "Les jetons ne serviront plus cette démarche." }))}`;
}

import {
  type Procedure,
  type ProcedureContent,
  ProcedureService,
  ProcedureState,
} from "../../../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { type Page, redirect, type Visit } from "../../frame/page.ts";
import { alert, facts, section } from "../../html/blocks.ts";
import { formatDay, timeTag } from "../../html/dates.ts";
import { areaField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";
import { describeScope } from "../../html/scope-words.ts";
import { bodyWords, procedureStateWords, stateBadge } from "../../html/words.ts";
import { hasRole } from "./own-partner.ts";
import { contentFields, readContent } from "./procedure-form.ts";
import { proceduresPath } from "./procedures-page.ts";

/** One procedure: what was approved, what is proposed, and the next step. */
export const procedurePage: Page = {
  path: `${proceduresPath}/{id}`,
  audience: "contact",
  async show(visit) {
    const { procedure } = await visit.call(ProcedureService.method.getProcedure, { id: idOf(visit) });
    if (procedure === undefined) throw new Error("an answer holds the procedure");
    const mayLead = hasRole(visit, "administrative", "business");
    return {
      title: procedure.approved?.name ?? procedure.proposal?.name ?? "Démarche",
      trail: [["Démarches", proceduresPath]],
      body: html`${decisionAlert(procedure)}
${facts([
  ["État", stateBadge(procedureStateWords, procedure.state)],
  ["Identifiant", html`<code>${procedure.id}</code>`],
  ["Envoyée le", procedure.submitTime && timeTag(procedure.submitTime, formatDay)],
  ["Jeton partagé", procedure.closenessApproved && "La finalité voisine est approuvée"],
])}
${procedure.approved !== undefined && section("Ce qui est approuvé", describeContent(procedure.approved))}
${procedure.proposal !== undefined && section(procedure.approved === undefined ? "Ce qui est demandé" : "Modification proposée", describeContent(procedure.proposal))}
${mayLead && steps(visit, procedure)}`,
    };
  },
  actions: {
    async submit(visit, form) {
      await visit.call(ProcedureService.method.submitProcedure, edit(visit, form));
      return redirect(visit.path, "La démarche est envoyée au ministère.");
    },
    async update(visit, form) {
      await visit.call(ProcedureService.method.updateProcedure, {
        ...edit(visit, form),
        content: readContent(form),
      });
      return redirect(visit.path, "La démarche est modifiée. Envoyez-la pour qu’elle soit instruite.");
    },
    async withdraw(visit, form) {
      await visit.call(ProcedureService.method.withdrawProcedure, {
        ...edit(visit, form),
        reason: form.text("reason"),
      });
      return redirect(visit.path, "La demande est retirée.");
    },
    async close(visit, form) {
      await visit.call(ProcedureService.method.closeProcedure, {
        ...edit(visit, form),
        reason: form.text("reason"),
      });
      return redirect(visit.path, "La démarche est close.");
    },
  },
};

function idOf(visit: Visit): string {
  return visit.params["id"] ?? "";
}

function edit(visit: Visit, form: { text(name: string): string }) {
  return { requestId: form.text("request_id"), id: idOf(visit), etag: form.text("etag") };
}

export function decisionAlert({ state, decisionReason, decisionBody }: Procedure): Html | undefined {
  if (decisionReason === "") return undefined;
  const severity = state === ProcedureState.APPROVED ? "success" : "warning";
  return alert(severity, `Décision : ${bodyWords[decisionBody] ?? "service"}`, decisionReason);
}

export function describeContent(content: ProcedureContent): Html {
  const { subcontractor, closeTo } = content;
  return facts([
    ["Finalité", html`<span class="tableau-lignes">${content.purpose}</span>`],
    ["Fondement juridique", html`<span class="tableau-lignes">${content.legalBasis}</span>`],
    [
      "Données",
      html`<ul>${content.scopes.map(({ scope, justification }) => html`<li>${describeScope(scope)}${justification !== "" && html`<br><span class="tableau-discret">${justification}</span>`}</li>`)}</ul>`,
    ],
    ["Conservation", content.retentionDays > 0 && `${content.retentionDays} jours`],
    ["Sous-traitant", subcontractor && `${subcontractor.name} (${subcontractor.siret})`],
    ["Finalité voisine de", closeTo && html`<code>${closeTo.procedureId}</code> : ${closeTo.explanation}`],
  ]);
}

const canBeSent: readonly ProcedureState[] = [ProcedureState.DRAFT, ProcedureState.CHANGES_REQUESTED];
const isOver: readonly ProcedureState[] = [ProcedureState.CLOSED, ProcedureState.WITHDRAWN];

function steps(visit: Visit, { state, etag, proposal, approved }: Procedure): Html | undefined {
  if (isOver.includes(state)) return undefined;
  const reason = (label: string) => ({
    fields: (scope: Parameters<typeof areaField>[0]) =>
      areaField(scope, { name: "reason", label, required: true, maxLength: 500, rows: 2 }),
  });
  const isProposed =
    canBeSent.includes(state) || (state === ProcedureState.APPROVED && proposal !== undefined);
  return html`${isProposed && section("Envoyer au ministère", actionForm(visit, { action: "submit", submit: "Envoyer la démarche", etag }))}
${section("Modifier", html`<div class="tableau-texte">${approved !== undefined && html`<p>Une modification ne vaut qu’après une nouvelle approbation.</p>`}${actionForm(visit, { action: "update", submit: "Enregistrer la modification", look: "secondary", etag, fields: (scope) => contentFields(scope, proposal ?? approved) })}</div>`)}
${approved === undefined && section("Retirer la demande", html`<div class="tableau-texte">${actionForm(visit, { action: "withdraw", submit: "Retirer la demande", look: "secondary", etag, ...reason("Motif") })}</div>`)}
${approved !== undefined && section("Clore la démarche", html`<div class="tableau-texte">${actionForm(visit, { action: "close", submit: "Clore la démarche", look: "secondary", etag, ...reason("Motif") })}</div>`)}`;
}

import { BreachService } from "../../../gen/statutetudiant/breach/v1/breach_pb.ts";
import { PartnerService, PartnerState } from "../../../gen/statutetudiant/partner/v1/partner_pb.ts";
import { ProcedureService, ProcedureState } from "../../../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import type { Page } from "../../frame/page.ts";
import { section } from "../../html/blocks.ts";
import { formatDay, formatIsoDay, timeTag } from "../../html/dates.ts";
import { html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { breachStateWords, commitmentWords, requirementWords, stateBadge } from "../../html/words.ts";

/** What waits for a decision: partners, procedures, and breaches whose deadline is over. */
export const queuePage: Page = {
  path: "/administration",
  audience: "operator",
  async show(visit) {
    const [{ partners }, { procedures }, { breaches }] = await Promise.all([
      visit.call(PartnerService.method.listPartners, { state: PartnerState.REQUESTED, pageSize: 100 }),
      visit.call(ProcedureService.method.listProcedures, { state: ProcedureState.REQUESTED, pageSize: 100 }),
      visit.call(BreachService.method.listBreaches, { overdue: true, pageSize: 100 }),
    ]);
    return {
      title: "Demandes à traiter",
      body: html`${section(
        "Démarches à instruire",
        table({
          caption: "Démarches à instruire",
          hidesCaption: true,
          columns: [
            { head: "Démarche", cell: ({ proposal }) => proposal?.name },
            {
              head: "Organisme",
              cell: ({ partnerName, partnerSiret }) => `${partnerName} (${partnerSiret})`,
            },
            { head: "Envoyée le", cell: ({ submitTime }) => timeTag(submitTime, formatDay) },
            { head: "Identifiant", cell: ({ id }) => html`<code class="tableau-mot">${id}</code>` },
          ],
          rows: procedures,
          empty: "Aucune démarche n’attend de décision.",
        }),
      )}
${section(
  "Organismes à admettre",
  table({
    caption: "Organismes à admettre",
    hidesCaption: true,
    columns: [
      { head: "Organisme", cell: ({ name }) => name },
      { head: "SIRET", cell: ({ siret }) => siret },
      { head: "Demande du", cell: ({ createTime }) => timeTag(createTime, formatDay) },
      {
        head: "Ce qui manque",
        cell: ({ missing }) => missing.map((one) => requirementWords[one]).join(" ; ") || "Rien",
      },
    ],
    rows: partners,
    empty: "Aucune demande n’est en cours.",
  }),
)}
${section(
  "Manquements dont le délai est passé",
  table({
    caption: "Manquements dont le délai est passé",
    hidesCaption: true,
    columns: [
      { head: "Engagement", cell: ({ commitment }) => commitmentWords[commitment] },
      { head: "État", cell: ({ state }) => stateBadge(breachStateWords, state) },
      { head: "Délai", cell: ({ remedyBy }) => formatIsoDay(remedyBy) },
      { head: "Identifiant", cell: ({ id }) => html`<code class="tableau-mot">${id}</code>` },
    ],
    rows: breaches,
    empty: "Aucun délai n’est dépassé.",
  }),
)}`,
    };
  },
};

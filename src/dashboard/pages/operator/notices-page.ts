import { type Maintenance, NoticeService } from "../../../gen/statutetudiant/notice/v1/notice_pb.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { linkButton, section } from "../../html/blocks.ts";
import { formatDay, formatSecond, timeTag, toMs } from "../../html/dates.ts";
import { selectField } from "../../html/fields.ts";
import { type Html, html } from "../../html/html.ts";
import { changeStateWords, impactWords, incidentStateWords } from "../../html/notice-words.ts";
import { table } from "../../html/table.ts";
import { stateBadge } from "../../html/words.ts";
import { maintenancesTable } from "../public/notices-view.ts";
import { noticesPath } from "./notice-forms.ts";
import { actAndReturn, mayAct, reasonForm } from "./operator-forms.ts";

const { method } = NoticeService;

/** What partners are told of the service: incidents, changes ahead, maintenances ahead. */
export const operatorNoticesPage: Page = {
  path: noticesPath,
  audience: "operator",
  async show(visit) {
    const [{ incidents }, { changes }, { maintenances }] = await Promise.all([
      visit.call(method.listIncidents, { pageSize: 20 }),
      visit.call(method.listChanges, { aheadOnly: true, pageSize: 100 }),
      visit.call(method.listMaintenances, { aheadOnly: true, pageSize: 100 }),
    ]);
    return {
      title: "Annonces",
      body: html`${mayAct(visit) && announceLinks}
${section(
  "Incidents",
  table({
    caption: "Incidents, le plus récent d’abord",
    hidesCaption: true,
    columns: [
      {
        head: "Incident",
        cell: ({ incidentId, title }) => html`<a href="${noticesPath}/incidents/${incidentId}">${title}</a>`,
      },
      { head: "Effet", cell: ({ impact }) => stateBadge(impactWords, impact) },
      { head: "État", cell: ({ state }) => stateBadge(incidentStateWords, state) },
      { head: "Ouvert le", cell: ({ openTime }) => timeTag(openTime) },
    ],
    rows: incidents,
    empty: "Aucun incident n’a été ouvert.",
  }),
)}
${section(
  "Évolutions à venir",
  table({
    caption: "Évolutions à venir",
    hidesCaption: true,
    columns: [
      {
        head: "Évolution",
        cell: ({ changeId, title }) => html`<a href="${noticesPath}/evolutions/${changeId}">${title}</a>`,
      },
      { head: "État", cell: ({ state }) => stateBadge(changeStateWords, state) },
      { head: "Mise en production", cell: ({ goLiveTime }) => timeTag(goLiveTime, formatDay) },
    ],
    rows: changes,
    empty: "Aucune évolution n’est annoncée.",
  }),
)}
${section("Maintenances à venir", maintenancesTable(maintenances), mayAct(visit) && maintenances.length > 0 && cancelForm(visit, maintenances))}`,
    };
  },
  actions: {
    "cancel-maintenance": actAndReturn("La maintenance est annulée.", (visit, form) => {
      const [maintenanceId = "", etag = ""] = form.text("maintenance_id").split(" ");
      return visit.call(method.cancelMaintenance, {
        requestId: form.text("request_id"),
        maintenanceId,
        etag,
        reason: form.text("reason"),
      });
    }),
  },
};

const announceLinks = html`<ul class="fr-btns-group fr-btns-group--inline-md">
<li>${linkButton("Ouvrir un incident", `${noticesPath}/incidents/nouveau`)}</li>
<li>${linkButton("Annoncer une évolution", `${noticesPath}/evolutions/nouvelle`, "secondary")}</li>
<li>${linkButton("Annoncer une maintenance", `${noticesPath}/maintenances/nouvelle`, "secondary")}</li>
</ul>`;

/** A choice names the revision that was read as well: one that changed meanwhile is not cancelled. */
function cancelForm(visit: Visit, maintenances: readonly Maintenance[]): Html {
  const choices = maintenances.map(({ maintenanceId, etag, title, startTime }) => ({
    value: `${maintenanceId} ${etag}`,
    label: startTime === undefined ? title : `${title} – ${formatSecond(toMs(startTime))}`,
  }));
  return html`<h3>Annuler une maintenance</h3>${reasonForm(visit, {
    action: "cancel-maintenance",
    submit: "Annuler la maintenance",
    maxLength: 2000,
    hint: "Public, et envoyé aux partenaires par courriel.",
    before: (scope) =>
      selectField(scope, { name: "maintenance_id", label: "Maintenance", required: true, choices }),
  })}`;
}

import { NoticeService } from "../../../gen/statutetudiant/notice/v1/notice_pb.ts";
import type { Page } from "../../frame/page.ts";
import { section } from "../../html/blocks.ts";
import { html } from "../../html/html.ts";
import { changesTable, incidentsTable, maintenancesTable } from "../public/notices-view.ts";

/** What partners are told: incidents, maintenances, changes (terms, articles 3 and 6.1). */
export const noticesPage: Page = {
  path: "/tableau-de-bord/avis",
  audience: "contact",
  async show(visit) {
    const [{ incidents }, { maintenances }, { changes }] = await Promise.all([
      visit.call(NoticeService.method.listIncidents, { pageSize: 50 }),
      visit.call(NoticeService.method.listMaintenances, { pageSize: 50 }),
      visit.call(NoticeService.method.listChanges, { pageSize: 50 }),
    ]);
    return {
      title: "Avis et incidents",
      body: html`<p class="tableau-texte">Les contacts reçoivent aussi ces avis par courriel. Une évolution technique est annoncée six mois avant sa mise en production.</p>
${section("Incidents", incidentsTable("Incidents", incidents, "Aucun incident."))}
${section("Maintenances", maintenancesTable(maintenances))}
${section("Évolutions techniques", changesTable(changes))}`,
    };
  },
};

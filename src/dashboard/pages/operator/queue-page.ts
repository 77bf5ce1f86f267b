import { BreachService } from "../../../gen/statutetudiant/breach/v1/breach_pb.ts";
import { MailService, MailState } from "../../../gen/statutetudiant/mail/v1/mail_pb.ts";
import {
  type Partner,
  PartnerService,
  PartnerState,
} from "../../../gen/statutetudiant/partner/v1/partner_pb.ts";
import { ProcedureService, ProcedureState } from "../../../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import type { Page } from "../../frame/page.ts";
import { section } from "../../html/blocks.ts";
import { formatDay, timeTag } from "../../html/dates.ts";
import { type Html, html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { requirementWords } from "../../html/words.ts";
import { breachesTable } from "./breaches-pages.ts";
import { mailsTable } from "./mails-page.ts";
import { partnersPath } from "./partners-pages.ts";
import { proceduresTable } from "./procedures-pages.ts";

/** Mails on which an operator decides: nobody sends them again by itself. */
const stuckStates = [MailState.DEAD, MailState.UNCONFIRMED];

/** What waits for somebody: procedures, partners, breaches whose deadline is over, and mails that did not leave. */
export const queuePage: Page = {
  path: "/administration",
  audience: "operator",
  async show(visit) {
    const pageSize = 100;
    const [{ partners }, { procedures }, { breaches }, { mails }] = await Promise.all([
      visit.call(PartnerService.method.listPartners, { state: PartnerState.REQUESTED, pageSize }),
      visit.call(ProcedureService.method.listProcedures, { state: ProcedureState.REQUESTED, pageSize }),
      visit.call(BreachService.method.listBreaches, { overdue: true, pageSize, orderBy: "remedy_by" }),
      visit.call(MailService.method.listMails, { states: stuckStates, pageSize: 20 }),
    ]);
    return {
      title: "Demandes à traiter",
      body: html`${queue("Démarches à instruire", procedures, "Aucune démarche n’attend de décision.", proceduresTable)}
${queue("Organismes à admettre", partners, "Aucune demande n’est en cours.", requestsTable)}
${queue("Manquements dont le délai est passé", breaches, "Aucun délai n’est dépassé.", breachesTable)}
${queue("Courriels non remis", mails, "Aucun courriel n’est en échec.", mailsTable)}`,
    };
  },
};

function queue<Row>(
  title: string,
  rows: readonly Row[],
  empty: string,
  write: (caption: string, rows: readonly Row[]) => Html,
): Html {
  return section(title, rows.length === 0 ? html`<p>${empty}</p>` : write(title, rows));
}

function requestsTable(caption: string, rows: readonly Partner[]): Html {
  return table({
    caption,
    hidesCaption: true,
    columns: [
      { head: "Organisme", cell: ({ id, name }) => html`<a href="${partnersPath}/${id}">${name}</a>` },
      { head: "SIRET", cell: ({ siret }) => siret },
      { head: "Demande du", cell: ({ createTime }) => timeTag(createTime, formatDay) },
      {
        head: "Ce qui manque",
        cell: ({ missing }) => missing.map((one) => requirementWords[one]).join(" ; ") || "Rien",
      },
    ],
    rows,
    empty: "",
  });
}

import { type Mail, MailService, MailState } from "../../../gen/statutetudiant/mail/v1/mail_pb.ts";
import type { Page } from "../../frame/page.ts";
import { filterField, filterForm, pager, type Severity } from "../../html/blocks.ts";
import { timeTag } from "../../html/dates.ts";
import { type Html, html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { stateBadge } from "../../html/words.ts";
import { choiceOf, filterChoices, pageTokenOf } from "./operator-forms.ts";

export const mailsPath = "/administration/courriels";

export const mailStateWords: Readonly<Record<number, readonly [string, Severity]>> = {
  [MailState.QUEUED]: ["En attente", "info"],
  [MailState.CLAIMED]: ["Envoi en cours", "info"],
  [MailState.HANDING_OVER]: ["Remise en cours", "info"],
  [MailState.SENT]: ["Remis", "success"],
  [MailState.UNCONFIRMED]: ["Remise incertaine", "warning"],
  [MailState.DEAD]: ["Non remis", "error"],
};

export function mailsTable(caption: string, rows: readonly Mail[]): Html {
  return table({
    caption,
    hidesCaption: true,
    columns: [
      {
        head: "Objet",
        cell: ({ mailId, subject }) => html`<a href="${mailsPath}/${mailId}">${subject}</a>`,
      },
      {
        head: "Destinataire",
        cell: ({ recipientName, recipientAddress }) =>
          html`${recipientName} <span class="tableau-mot">${recipientAddress}</span>`,
      },
      { head: "État", cell: ({ state }) => stateBadge(mailStateWords, state) },
      { head: "Créé le", cell: ({ createTime }) => timeTag(createTime) },
      { head: "Échecs", cell: ({ failures }) => failures, isNumber: true },
      { head: "Dernière réponse du serveur", cell: ({ lastReply }) => lastReply || "–" },
    ],
    rows,
    empty: "Aucun courriel.",
  });
}

/** The outbox: the mails of the service by state, those that could not be delivered among them. */
export const mailsPage: Page = {
  path: mailsPath,
  audience: "operator",
  async show(visit) {
    const state = choiceOf<MailState>(visit, "etat");
    const { mails, nextPageToken } = await visit.call(MailService.method.listMails, {
      states: state === MailState.UNSPECIFIED ? [] : [state],
      about: (visit.query.get("sujet") ?? "").trim(),
      pageToken: pageTokenOf(visit),
    });
    return {
      title: "Courriels",
      body: html`${filterForm(html`${filterField(visit.query, "etat", "État", { choices: filterChoices(mailStateWords, "Tous") })}
${filterField(visit.query, "sujet", "Identifiant de ce dont il parle")}`)}
${mailsTable("Courriels, le plus récent d’abord", mails)}
${pager(visit.path, visit.query, nextPageToken)}`,
    };
  },
};

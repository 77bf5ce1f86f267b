import { type Mail, MailService, MailState } from "../../../gen/statutetudiant/mail/v1/mail_pb.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { filterField, filterForm, pager, type Severity, section } from "../../html/blocks.ts";
import { timeTag } from "../../html/dates.ts";
import { selectField } from "../../html/fields.ts";
import { type Html, html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { stateBadge } from "../../html/words.ts";
import { actAndReturn, choiceOf, filterChoices, mayAct, pageTokenOf, reasonForm } from "./operator-forms.ts";

const mailStateWords: Readonly<Record<number, readonly [string, Severity]>> = {
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
      { head: "Objet", cell: ({ subject }) => subject },
      {
        head: "Destinataire",
        cell: ({ recipientName, recipientAddress }) =>
          html`${recipientName} <span class="tableau-mot">${recipientAddress}</span>`,
      },
      { head: "État", cell: ({ state }) => stateBadge(mailStateWords, state) },
      { head: "Créé le", cell: ({ createTime }) => timeTag(createTime) },
      { head: "Échecs", cell: ({ failures }) => failures, isNumber: true },
      { head: "Dernière réponse du serveur", cell: ({ lastReply }) => lastReply || "–" },
      { head: "Identifiant", cell: ({ mailId }) => html`<code class="tableau-mot">${mailId}</code>` },
    ],
    rows,
    empty: "Aucun courriel.",
  });
}

/** The mails of the service by state, and sending one again that is stuck. */
export const mailsPage: Page = {
  path: "/administration/courriels",
  audience: "operator",
  async show(visit) {
    const state = choiceOf<MailState>(visit, "etat");
    const { mails, nextPageToken } = await visit.call(MailService.method.listMails, {
      states: state === MailState.UNSPECIFIED ? [] : [state],
      about: (visit.query.get("sujet") ?? "").trim(),
      pageToken: pageTokenOf(visit),
    });
    const stuck = mails.filter(({ state: own }) => own === MailState.DEAD || own === MailState.UNCONFIRMED);
    return {
      title: "Courriels",
      body: html`${filterForm(html`${filterField(visit.query, "etat", "État", { choices: filterChoices(mailStateWords, "Tous") })}
${filterField(visit.query, "sujet", "Identifiant de ce dont il parle")}`)}
${mailsTable("Courriels, le plus récent d’abord", mails)}
${pager(visit.path, visit.query, nextPageToken)}
${stuck.length > 0 && mayAct(visit) && section("Renvoyer un courriel", retryForm(visit, stuck))}`,
    };
  },
  actions: {
    retry: actAndReturn("Le courriel est remis en attente d’envoi.", (visit, form) =>
      visit.call(MailService.method.retryMail, {
        requestId: form.text("request_id"),
        mailId: form.text("mail_id"),
        reason: form.text("reason"),
      }),
    ),
  },
};

function retryForm(visit: Visit, stuck: readonly Mail[]): Html {
  const choices = stuck.map(({ mailId, subject, recipientAddress }) => ({
    value: mailId,
    label: `${subject} – ${recipientAddress}`,
  }));
  return html`<p class="tableau-texte">Un courriel dont la remise est incertaine est sans doute arrivé : renvoyé, il arrivera deux fois.</p>
${reasonForm(visit, {
  action: "retry",
  submit: "Renvoyer",
  before: (scope) => selectField(scope, { name: "mail_id", label: "Courriel", required: true, choices }),
})}`;
}

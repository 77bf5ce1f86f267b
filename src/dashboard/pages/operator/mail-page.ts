import { type Mail, MailService, MailState } from "../../../gen/statutetudiant/mail/v1/mail_pb.ts";
import type { Page } from "../../frame/page.ts";
import { facts, section } from "../../html/blocks.ts";
import { timeTag } from "../../html/dates.ts";
import { type Html, html } from "../../html/html.ts";
import { stateBadge } from "../../html/words.ts";
import { mailStateWords, mailsPath } from "./mails-page.ts";
import { actAndReturn, idOf, mayAct, reasonForm } from "./operator-forms.ts";

/** One message: to whom, what it says, how its delivery went, and sending it again when it is stuck. */
export const mailPage: Page = {
  path: `${mailsPath}/{id}`,
  audience: "operator",
  async show(visit) {
    const { mail, text } = await visit.call(MailService.method.getMail, { mailId: idOf(visit) });
    if (mail === undefined) throw new Error("an answer holds the message");
    const isUnconfirmed = mail.state === MailState.UNCONFIRMED;
    const isStuck = isUnconfirmed || mail.state === MailState.DEAD;
    return {
      title: mail.subject,
      trail: [["Courriels", mailsPath]],
      body: html`${describeMail(mail)}
${
  isStuck &&
  mayAct(visit) &&
  section(
    "Renvoyer",
    isUnconfirmed &&
      html`<p class="tableau-texte">La remise est incertaine : le courriel est sans doute arrivé. Renvoyé, il arrivera deux fois.</p>`,
    reasonForm(visit, { action: "retry", submit: "Renvoyer le courriel" }),
  )
}
${section(
  "Texte",
  text === ""
    ? html`<p>Ce courriel porte un lien destiné à la seule personne qui le reçoit : son texte ne s’affiche pas.</p>`
    : html`<div class="tableau-message tableau-lignes">${text}</div>`,
)}`,
    };
  },
  actions: {
    retry: actAndReturn("Le courriel est remis en attente d’envoi.", (visit, form) =>
      visit.call(MailService.method.retryMail, {
        requestId: form.text("request_id"),
        mailId: idOf(visit),
        reason: form.text("reason"),
      }),
    ),
  },
};

function describeMail(mail: Mail): Html {
  const { recipientName, recipientAddress, contactId } = mail;
  const isWaiting = mail.settleTime === undefined;
  return facts([
    ["État", stateBadge(mailStateWords, mail.state)],
    ["Destinataire", `${recipientName} <${recipientAddress}>`],
    ["Contact", contactId && html`<a href="/administration/contacts/${contactId}">${contactId}</a>`],
    ["Au sujet de", html`<code class="tableau-mot">${mail.about}</code>`],
    ["Modèle", html`<code>${mail.kind}</code>`],
    ["Créé le", timeTag(mail.createTime)],
    ["Prochain envoi", isWaiting && timeTag(mail.dueTime)],
    ["Réglé le", mail.settleTime && timeTag(mail.settleTime)],
    ["Refus du serveur", String(mail.failures)],
    ["Dernière réponse du serveur", mail.lastReply],
    ["Identifiant", html`<code>${mail.mailId}</code>`],
  ]);
}

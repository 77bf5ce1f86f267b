import { ChangeState, NoticeService } from "../../../gen/statutetudiant/notice/v1/notice_pb.ts";
import type { Form } from "../../frame/form.ts";
import { type Page, redirect, type Visit } from "../../frame/page.ts";
import { facts, section } from "../../html/blocks.ts";
import { timeTag } from "../../html/dates.ts";
import { areaField, textField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { html } from "../../html/html.ts";
import { changeStateWords } from "../../html/notice-words.ts";
import { stateBadge } from "../../html/words.ts";
import { noticesPath, publicText, readTime, timeField, titleField } from "./notice-forms.ts";
import { actAndReturn, idOf, mayAct, reasonForm } from "./operator-forms.ts";

const { method } = NoticeService;
const trail = [["Annonces", noticesPath]] as const;

/** Announces a technical change, six months ahead at least (terms, article 6.1). */
export const newChangePage: Page = {
  path: `${noticesPath}/evolutions/nouvelle`,
  audience: "operator",
  show: (visit) => ({
    title: "Annoncer une évolution",
    trail,
    body: html`<div class="tableau-texte">${actionForm(visit, {
      action: "announce",
      submit: "Annoncer l’évolution",
      fields: (scope) => html`${titleField(scope)}
${publicText(scope, "description", "Ce qui change, et ce que les partenaires ont à faire")}
${timeField(scope, "go_live_time", "Mise en production, dans six mois au plus tôt")}
${areaField(scope, { name: "targets", label: "Méthodes ou adresses retirées", hint: "Une par ligne : package.Service/Method, ou GET /v1/…", rows: 3 })}
${textField(scope, { name: "url", label: "Adresse de la documentation", hint: "Commence par https://", maxLength: 500 })}`,
    })}</div>`,
  }),
  actions: {
    async announce(visit, form) {
      const goLiveTime = readTime(form, "go_live_time");
      const { change } = await visit.call(method.announceChange, {
        requestId: form.text("request_id"),
        title: form.text("title"),
        description: form.text("description"),
        targets: form.lines("targets"),
        url: form.text("url"),
        ...(goLiveTime && { goLiveTime }),
      });
      return redirect(`${noticesPath}/evolutions/${change?.changeId}`, "L’évolution est annoncée.");
    },
  },
};

/** One change: another date, or taking it back. */
export const operatorChangePage: Page = {
  path: `${noticesPath}/evolutions/{id}`,
  audience: "operator",
  async show(visit) {
    const { change } = await visit.call(method.getChange, { changeId: idOf(visit) });
    if (change === undefined) throw new Error("an answer holds the change");
    const { etag } = change;
    return {
      title: change.title,
      trail,
      body: html`${facts([
        ["État", stateBadge(changeStateWords, change.state)],
        ["Mise en production", timeTag(change.goLiveTime)],
        ["Annoncée le", timeTag(change.announceTime)],
        ["Retire", change.targets.join(", ")],
        ["Documentation", change.url !== "" && html`<a href="${change.url}">${change.url}</a>`],
        ["Détail", html`<span class="tableau-lignes">${change.description}</span>`],
      ])}
${
  mayAct(visit) &&
  change.state === ChangeState.ANNOUNCED &&
  html`${section("Changer la date", reasonForm(visit, { action: "reschedule", submit: "Changer la date", etag, maxLength: 2000, before: (scope) => timeField(scope, "go_live_time", "Nouvelle mise en production") }))}
${section("Retirer", reasonForm(visit, { action: "withdraw", submit: "Retirer l’évolution", etag, maxLength: 2000 }))}`
}`,
    };
  },
  actions: {
    reschedule: actAndReturn("La date est changée.", (visit, form) => {
      const goLiveTime = readTime(form, "go_live_time");
      return visit.call(method.rescheduleChange, {
        ...reasonedChange(visit, form),
        ...(goLiveTime && { goLiveTime }),
      });
    }),
    withdraw: actAndReturn("L’évolution est retirée.", (visit, form) =>
      visit.call(method.withdrawChange, reasonedChange(visit, form)),
    ),
  },
};

function reasonedChange(visit: Visit, form: Form) {
  return {
    requestId: form.text("request_id"),
    changeId: idOf(visit),
    etag: form.text("etag"),
    reason: form.text("reason"),
  };
}

import { NoticeService, type ServicePart } from "../../../gen/statutetudiant/notice/v1/notice_pb.ts";
import { type Page, redirect } from "../../frame/page.ts";
import { actionForm } from "../../html/form-scope.ts";
import { html } from "../../html/html.ts";
import { noticesPath, partsField, publicText, readTime, timeField, titleField } from "./notice-forms.ts";

/** Announces a time in which parts of the service may be away. */
export const newMaintenancePage: Page = {
  path: `${noticesPath}/maintenances/nouvelle`,
  audience: "operator",
  show: (visit) => ({
    title: "Annoncer une maintenance",
    trail: [["Annonces", noticesPath]],
    body: html`<div class="tableau-texte">${actionForm(visit, {
      action: "announce",
      submit: "Annoncer la maintenance",
      fields: (scope) => html`${titleField(scope)}
${publicText(scope, "description", "Ce qui sera fait, et ses effets")}
${partsField(scope)}
${timeField(scope, "start_time", "Début")}
${timeField(scope, "end_time", "Fin")}`,
    })}</div>`,
  }),
  actions: {
    async announce(visit, form) {
      const [startTime, endTime] = [readTime(form, "start_time"), readTime(form, "end_time")];
      await visit.call(NoticeService.method.announceMaintenance, {
        requestId: form.text("request_id"),
        title: form.text("title"),
        description: form.text("description"),
        parts: form.numbers<ServicePart>("parts"),
        ...(startTime && { startTime }),
        ...(endTime && { endTime }),
      });
      return redirect(noticesPath, "La maintenance est annoncée.");
    },
  },
};

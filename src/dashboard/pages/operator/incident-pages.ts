import {
  type Incident,
  type IncidentImpact,
  IncidentState,
  NoticeService,
  type ServicePart,
} from "../../../gen/statutetudiant/notice/v1/notice_pb.ts";
import type { Form } from "../../frame/form.ts";
import { type Page, redirect, type Visit } from "../../frame/page.ts";
import { section } from "../../html/blocks.ts";
import { radios, selectField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";
import { impactWords, incidentStateWords } from "../../html/notice-words.ts";
import { describeIncident } from "../public/status-pages.ts";
import { noticesPath, partsField, publicText, readTime, timeField, titleField } from "./notice-forms.ts";
import { actAndReturn, choicesOf, idOf, mayAct } from "./operator-forms.ts";

const { method } = NoticeService;
const trail = [["Annonces", noticesPath]] as const;

/** Opens an incident and tells the partners. */
export const newIncidentPage: Page = {
  path: `${noticesPath}/incidents/nouveau`,
  audience: "operator",
  show: (visit) => ({
    title: "Ouvrir un incident",
    trail,
    body: html`<div class="tableau-texte">${actionForm(visit, {
      action: "open",
      submit: "Ouvrir l’incident et prévenir les partenaires",
      fields: (scope) => html`${titleField(scope)}
${radios(scope, { name: "impact", label: "Effet", required: true, choices: choicesOf(impactWords) })}
${partsField(scope)}
${publicText(scope, "message", "Message")}
${timeField(scope, "start_time", "Début, s’il est plus ancien que maintenant", false)}`,
    })}</div>`,
  }),
  actions: {
    async open(visit, form) {
      const startTime = readTime(form, "start_time");
      const { incident } = await visit.call(method.openIncident, {
        requestId: form.text("request_id"),
        title: form.text("title"),
        message: form.text("message"),
        impact: form.number("impact") as IncidentImpact,
        parts: form.numbers<ServicePart>("parts"),
        ...(startTime && { startTime }),
      });
      return redirect(`${noticesPath}/incidents/${incident?.incidentId}`, "L’incident est ouvert.");
    },
  },
};

/** One incident: telling more of it, and its end. */
export const operatorIncidentPage: Page = {
  path: `${noticesPath}/incidents/{id}`,
  audience: "operator",
  async show(visit) {
    const { incident } = await visit.call(method.getIncident, { incidentId: idOf(visit) });
    if (incident === undefined) throw new Error("an answer holds the incident");
    return {
      title: incident.title,
      trail,
      body: html`${describeIncident(incident)}
${mayAct(visit) && incident.state !== IncidentState.RESOLVED && steps(visit, incident)}`,
    };
  },
  actions: {
    update: actAndReturn("Le suivi est publié.", (visit, form) =>
      visit.call(method.updateIncident, {
        ...message(visit, form),
        state: form.number("state") as IncidentState,
        impact: form.number("impact") as IncidentImpact,
      }),
    ),
    resolve: actAndReturn("L’incident est résolu.", (visit, form) =>
      visit.call(method.resolveIncident, message(visit, form)),
    ),
  },
};

function message(visit: Visit, form: Form) {
  return {
    requestId: form.text("request_id"),
    incidentId: idOf(visit),
    etag: form.text("etag"),
    message: form.text("message"),
  };
}

function steps(visit: Visit, { state, impact, etag }: Incident): Html {
  const states = choicesOf(incidentStateWords).filter(
    ({ value }) => Number(value) !== IncidentState.RESOLVED,
  );
  return html`${section(
    "Publier un suivi",
    html`<div class="tableau-texte">${actionForm(visit, {
      action: "update",
      submit: "Publier le suivi",
      etag,
      fields: (
        scope,
      ) => html`${radios(scope, { name: "state", label: "État", required: true, values: [String(state)], choices: states })}
${selectField(scope, { name: "impact", label: "Effet", value: String(impact), required: true, choices: choicesOf(impactWords) })}
${publicText(scope, "message", "Message")}`,
    })}</div>`,
  )}
${section("Résoudre", html`<div class="tableau-texte">${actionForm(visit, { action: "resolve", submit: "Déclarer l’incident résolu", look: "secondary", etag, fields: (scope) => publicText(scope, "message", "Message de fin") })}</div>`)}`;
}

import {
  type Breach,
  type BreachEntry,
  BreachService,
  BreachState,
} from "../../../gen/statutetudiant/breach/v1/breach_pb.ts";
import { type Page, redirect, type Visit } from "../../frame/page.ts";
import { alert, facts, pager, section } from "../../html/blocks.ts";
import { formatIsoDay, timeTag } from "../../html/dates.ts";
import { areaField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import {
  bodyWords,
  breachEntryWords,
  breachStateWords,
  commitmentWords,
  severityWords,
  stateBadge,
} from "../../html/words.ts";
import { partnerIdOf } from "./own-partner.ts";

const listPath = "/tableau-de-bord/manquements";

/** The notices that the partner was given (terms, article 5). */
export const breachesPage: Page = {
  path: listPath,
  audience: "contact",
  async show(visit) {
    const { breaches, nextPageToken } = await visit.call(BreachService.method.listBreaches, {
      partnerId: partnerIdOf(visit),
      pageToken: visit.query.get("page") ?? "",
      orderBy: "create_time desc",
    });
    return {
      title: "Manquements signalés",
      body: html`<p class="tableau-texte">Quand le ministère constate qu’un engagement n’est pas tenu, il en informe l’organisme et l’invite à y remédier (conditions d’utilisation, article 5). Vous pouvez répondre ici.</p>
${table({
  caption: "Manquements signalés à l’organisme",
  hidesCaption: true,
  columns: [
    {
      head: "Engagement",
      cell: ({ id, commitment }) => html`<a href="${listPath}/${id}">${commitmentWords[commitment]}</a>`,
    },
    { head: "Gravité", cell: ({ severity }) => stateBadge(severityWords, severity) },
    { head: "État", cell: ({ state }) => stateBadge(breachStateWords, state) },
    { head: "À corriger avant le", cell: ({ remedyBy }) => formatIsoDay(remedyBy) || "–" },
    { head: "Signalé le", cell: ({ createTime }) => timeTag(createTime) },
  ],
  rows: breaches,
  empty: "Aucun manquement n’est signalé à votre organisme.",
})}
${pager(visit.path, visit.query, nextPageToken)}`,
    };
  },
};

/** One notice, what was exchanged about it, and the partner's answer. */
export const breachPage: Page = {
  path: `${listPath}/{id}`,
  audience: "contact",
  async show(visit) {
    const { breach, entries } = await visit.call(BreachService.method.getBreach, {
      id: visit.params["id"] ?? "",
    });
    if (breach === undefined) throw new Error("an answer holds the breach");
    return {
      title: commitmentWords[breach.commitment] ?? "Manquement",
      trail: [["Manquements signalés", listPath]],
      body: html`${breach.overdue && alert("error", "Le délai est dépassé", "Répondez sans attendre : l’accès peut être suspendu.")}
${describeBreach(breach)}
${section("Échanges", entriesTable(entries))}
${breach.state !== BreachState.CLOSED && section("Répondre", answerForm(visit))}`,
    };
  },
  actions: {
    async answer(visit, form) {
      await visit.call(BreachService.method.answerBreach, {
        requestId: form.text("request_id"),
        id: visit.params["id"] ?? "",
        text: form.text("text"),
      });
      return redirect(visit.path, "Votre réponse est transmise au ministère.");
    },
  },
};

export function describeBreach({ severity, state, remedyBy, createTime, description }: Breach) {
  return facts([
    ["État", stateBadge(breachStateWords, state)],
    ["Gravité", stateBadge(severityWords, severity)],
    ["À corriger avant le", formatIsoDay(remedyBy)],
    ["Signalé le", timeTag(createTime)],
    ["Constat", description && html`<span class="tableau-lignes">${description}</span>`],
  ]);
}

/** Everything that was said of a breach, in its order. */
export function entriesTable(entries: readonly BreachEntry[]): Html {
  return table({
    caption: "Échanges",
    hidesCaption: true,
    columns: [
      { head: "Date", cell: ({ createTime }) => timeTag(createTime) },
      { head: "Nature", cell: ({ kind }) => breachEntryWords[kind] },
      {
        head: "De",
        cell: ({ author, body }) =>
          html`${author}${bodyWords[body] !== undefined && html` (${bodyWords[body]})`}`,
      },
      { head: "Texte", cell: ({ text }) => html`<span class="tableau-lignes">${text}</span>` },
    ],
    rows: entries,
    empty: "Rien n’a été échangé.",
  });
}

function answerForm(visit: Visit) {
  return html`<div class="tableau-texte">${actionForm(visit, {
    action: "answer",
    submit: "Envoyer la réponse",
    fields: (scope) =>
      areaField(scope, {
        name: "text",
        label: "Réponse",
        hint: "Dites ce qui est corrigé, ou pour quand. N’y mettez aucune donnée d’étudiant ni aucun jeton.",
        required: true,
        rows: 6,
        maxLength: 4000,
      }),
  })}</div>`;
}

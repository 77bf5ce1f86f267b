import {
  type Breach,
  BreachService,
  type BreachSeverity,
  type BreachState,
  type Commitment,
} from "../../../gen/statutetudiant/breach/v1/breach_pb.ts";
import { type Page, redirect } from "../../frame/page.ts";
import { badge, filterField, filterForm, pager, section } from "../../html/blocks.ts";
import { formatDay, formatIsoDay, timeTag } from "../../html/dates.ts";
import { areaField, radios, selectField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { breachStateWords, commitmentWords, severityWords, stateBadge } from "../../html/words.ts";
import { choiceOf, choicesOf, filterChoices, idOf, pageTokenOf } from "./operator-forms.ts";

export const breachesPath = "/administration/manquements";

export function breachesTable(caption: string, rows: readonly Breach[]): Html {
  return table({
    caption,
    hidesCaption: true,
    columns: [
      {
        head: "Engagement",
        cell: ({ id, commitment }) =>
          html`<a href="${breachesPath}/${id}">${commitmentWords[commitment]}</a>`,
      },
      { head: "Gravité", cell: ({ severity }) => stateBadge(severityWords, severity) },
      { head: "État", cell: ({ state }) => stateBadge(breachStateWords, state) },
      {
        head: "À corriger avant le",
        cell: ({ remedyBy, overdue }) =>
          html`${formatIsoDay(remedyBy) || "–"}${overdue && badge("Dépassé", "error")}`,
      },
      { head: "Constaté le", cell: ({ createTime }) => timeTag(createTime, formatDay) },
    ],
    rows,
    empty: "Aucun manquement.",
  });
}

/** The breaches of all partners: first those whose deadline is over. */
export const operatorBreachesPage: Page = {
  path: breachesPath,
  audience: "operator",
  async show(visit) {
    const { query } = visit;
    const filter = {
      state: choiceOf<BreachState>(visit, "etat"),
      partnerId: (query.get("organisme") ?? "").trim(),
    };
    const [late, all] = await Promise.all([
      visit.call(BreachService.method.listBreaches, {
        ...filter,
        overdue: true,
        pageSize: 50,
        orderBy: "remedy_by",
      }),
      visit.call(BreachService.method.listBreaches, {
        ...filter,
        pageToken: pageTokenOf(visit),
        orderBy: "create_time desc",
      }),
    ]);
    return {
      title: "Manquements",
      body: html`${filterForm(html`${filterField(query, "etat", "État", { choices: filterChoices(breachStateWords, "Tous") })}
${filterField(query, "organisme", "Identifiant du partenaire")}`)}
${late.breaches.length > 0 && section("Délai dépassé", breachesTable("Manquements dont le délai est dépassé", late.breaches))}
${section("Tous les manquements", breachesTable("Manquements, le plus récent d’abord", all.breaches), pager(visit.path, query, all.nextPageToken))}
<p class="tableau-discret">Un manquement se constate depuis la page du partenaire.</p>`,
    };
  },
};

/** Records a breach of a partner. Its contacts read nothing of it before notice is given. */
export const newBreachPage: Page = {
  path: "/administration/partenaires/{id}/manquement",
  audience: "operator",
  show: (visit) => ({
    title: "Constater un manquement",
    trail: [
      ["Partenaires", "/administration/partenaires"],
      ["Partenaire", `/administration/partenaires/${idOf(visit)}`],
    ],
    body: html`<div class="tableau-texte">${actionForm(visit, {
      action: "record",
      submit: "Enregistrer le constat",
      fields: (
        scope,
      ) => html`${selectField(scope, { name: "commitment", label: "Engagement", required: true, empty: "Choisir", choices: choicesOf(commitmentWords) })}
${radios(scope, { name: "severity", label: "Gravité", required: true, values: ["1"], choices: choicesOf(severityWords) })}
${areaField(scope, { name: "description", label: "Constat", hint: "Les faits, sans donnée d’étudiant ni secret de jeton.", required: true, maxLength: 4000, rows: 6 })}`,
    })}</div>`,
  }),
  actions: {
    async record(visit, form) {
      const { breach } = await visit.call(BreachService.method.recordBreach, {
        requestId: form.text("request_id"),
        partnerId: idOf(visit),
        commitment: form.number("commitment") as Commitment,
        severity: form.number("severity") as BreachSeverity,
        description: form.text("description"),
      });
      return redirect(`${breachesPath}/${breach?.id}`, "Le constat est enregistré.");
    },
  },
};

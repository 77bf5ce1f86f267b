import { JournalService, type OpenedCall } from "../../../gen/statutetudiant/journal/v1/journal_pb.ts";
import { StatisticsService } from "../../../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import type { Page, View, Visit } from "../../frame/page.ts";
import { alert, facts, section } from "../../html/blocks.ts";
import { type Html, html } from "../../html/html.ts";
import { findingWords } from "../../html/outcome-words.ts";
import { describeCall } from "../partner/calls-pages.ts";
import { journalPath } from "./journal-pages.ts";
import { idOf, mayAct, reasonForm } from "./operator-forms.ts";

/**
 * One call of anybody, by its request identifier. What is sealed of it is opened with a reason, by POST, and shown at once:
 * nothing of it can be opened again without another trace.
 */
export const journalCallPage: Page = {
  path: `${journalPath}/{id}`,
  audience: "operator",
  show: (visit) =>
    showCall(
      visit,
      mayAct(visit)
        ? openingForm(visit)
        : html`<p>Seuls les agents chargés de l’instruction peuvent ouvrir ces données.</p>`,
    ),
  actions: {
    async open(visit, form) {
      const request = {
        requestId: form.text("request_id"),
        callId: idOf(visit),
        reason: form.text("reason"),
      };
      const { opened } = await visit.call(JournalService.method.openCall, request);
      return showCall(visit, describe(opened, request.reason));
    },
  },
};

async function showCall(visit: Visit, sealed: Html): Promise<View> {
  const { call } = await visit.call(StatisticsService.method.getCall, { requestId: idOf(visit) });
  if (call === undefined) throw new Error("an answer holds the call");
  return {
    title: "Détail d’un appel",
    trail: [["Journal des appels", journalPath]],
    body: html`${describeCall(call, { tokens: new Map(), procedures: new Map() })}
${section("Données scellées", sealed)}`,
  };
}

function openingForm(visit: Visit): Html {
  return html`<p class="tableau-texte">L’adresse appelée, les paramètres, l’agent et l’INE sont scellés dans le journal. Leur ouverture est inscrite au registre des actions, avec son auteur et son motif, avant de montrer quoi que ce soit.</p>
${reasonForm(visit, {
  action: "open",
  submit: "Ouvrir et inscrire au registre",
  hint: "Par exemple la référence de la demande de l’étudiant ou de l’incident, sans INE. Conservé au registre.",
})}`;
}

function describe(opened: OpenedCall | undefined, reason: string): Html {
  if (opened === undefined) {
    const why =
      "Leur clé n’est plus là, ou elles ont été modifiées : la commande « statut journal verify » le dit.";
    return alert("error", "Ces données ne peuvent pas être lues", why);
  }
  const { ine, agent, finding, target, parameters } = opened;
  return html`${facts([
    ["Motif inscrit au registre", reason],
    ["INE", ine],
    ["Agent", agent],
    ["Étudiant", findingWords[finding] ?? ""],
    ["Adresse appelée, en entier", target && html`<code class="tableau-mot">${target}</code>`],
  ])}
${parameters !== "" && html`<h3>Paramètres</h3><pre class="tableau-code" tabindex="0" role="region" aria-label="Paramètres de l’appel"><code>${indent(parameters)}</code></pre>`}`;
}

/** A message as JSON, one field a line; what was cut stands as it is. */
function indent(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), undefined, 2);
  } catch {
    return json;
  }
}

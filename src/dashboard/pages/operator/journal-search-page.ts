import {
  type FoundCall,
  JournalService,
  type SearchCallsResponse,
} from "../../../gen/statutetudiant/journal/v1/journal_pb.ts";
import type { Form } from "../../frame/form.ts";
import type { Page, View, Visit } from "../../frame/page.ts";
import { facts, section } from "../../html/blocks.ts";
import { formatSecond, timeTag } from "../../html/dates.ts";
import { areaField, textField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";
import { findingWords, outcomeBadge } from "../../html/outcome-words.ts";
import { table } from "../../html/table.ts";
import { methodCell } from "../partner/calls-pages.ts";
import { journalPath } from "./journal-pages.ts";
import { mayAct } from "./operator-forms.ts";
import { partnersPath } from "./partners-pages.ts";

const frame = {
  title: "Rechercher dans le journal",
  trail: [["Journal des appels", journalPath]],
} as const;

/**
 * Who consulted a student's data, and what a token or a request did. The search is sent by POST, since an INE must not
 * stand in an address, and shows what it found at once: nothing of it can be opened again without another trace.
 */
export const journalSearchPage: Page = {
  path: `${journalPath}/recherche`,
  audience: "operator",
  show: (visit) => ({
    ...frame,
    body: html`${introduction}${mayAct(visit) ? searchForm(visit) : html`<p>Seuls les agents chargés de l’instruction peuvent rechercher.</p>`}`,
  }),
  actions: {
    async search(visit, form) {
      return showFound(visit, form, await visit.call(JournalService.method.searchCalls, requestOf(form)));
    },
  },
};

const introduction = html`<p class="tableau-texte">Un étudiant a le droit de savoir qui a consulté ses données (RGPD, article 15). Chaque recherche est inscrite au registre des actions, avec son auteur et son motif, avant de montrer quoi que ce soit ; l’INE n’y figure pas en clair.</p>`;

function requestOf(form: Form) {
  const ine = form.optional("ine");
  return {
    requestId: form.text("request_id"),
    ...(ine !== undefined && { ine }),
    tokenId: form.text("token_id"),
    callId: form.text("call_id"),
    reason: form.text("reason"),
    pageToken: form.text("page_token"),
  };
}

function searchForm(visit: Visit): Html {
  return html`<div class="tableau-texte">${actionForm(visit, {
    action: "search",
    submit: "Rechercher et inscrire au registre",
    fields: (
      scope,
    ) => html`${textField(scope, { name: "ine", label: "INE de l’étudiant", hint: "11 lettres et chiffres.", maxLength: 11, autocomplete: "off" })}
${textField(scope, { name: "token_id", label: "Identifiant de l’appelant", hint: "Jeton (tok_…), client FranceConnect (fcc_…), contact (ctc_…) ou agent du service (opr_…).", value: visit.query.get("identifiant") ?? "", maxLength: 40, autocomplete: "off" })}
${textField(scope, { name: "call_id", label: "Identifiant de requête", hint: "Celui que la réponse portait (X-Request-ID).", maxLength: 40, autocomplete: "off" })}
${areaField(scope, { name: "reason", label: "Motif", hint: "Par exemple la référence de la demande de l’étudiant, sans son INE. Conservé au registre.", required: true, maxLength: 500, rows: 2 })}`,
  })}</div>`;
}

function showFound(visit: Visit, form: Form, { calls, nextPageToken }: SearchCallsResponse): View {
  const { ine, tokenId, callId, reason } = requestOf(form);
  const hidden = { ine: ine ?? "", token_id: tokenId, call_id: callId, reason, page_token: nextPageToken };
  const more = () =>
    actionForm(visit, { action: "search", submit: "Page suivante", look: "secondary", hidden });
  return {
    ...frame,
    body: html`${facts([
      ["INE", ine],
      ["Appelant", tokenId && html`<code>${tokenId}</code>`],
      ["Requête", callId && html`<code>${callId}</code>`],
      ["Motif inscrit au registre", reason],
    ])}
${section("Appels trouvés", calls.length > 0 && sealedHint, foundTable(calls), nextPageToken !== "" && more())}
<p><a class="fr-link" href="${visit.path}">Nouvelle recherche</a></p>`,
  };
}

const sealedHint = html`<p class="tableau-texte">L’adresse appelée et les paramètres sont scellés : la page de chaque appel les ouvre, avec un motif.</p>`;

function foundTable(rows: readonly FoundCall[]): Html {
  return table({
    caption: "Appels trouvés, le plus récent d’abord",
    hidesCaption: true,
    columns: [
      {
        head: "Reçu le",
        cell: ({ callId, receiveTime }) =>
          html`<a href="${journalPath}/${callId}">${timeTag(receiveTime, formatSecond)}</a>`,
      },
      { head: "Appelant", cell: holderCell },
      { head: "Agent", cell: ({ agent }) => agent || "–" },
      { head: "Destinataire", cell: ({ recipient }) => recipient || "–" },
      { head: "Méthode", cell: methodCell },
      { head: "Issue", cell: ({ outcome }) => outcomeBadge(outcome) },
      { head: "Étudiant", cell: ({ finding }) => findingWords[finding] ?? "–" },
      { head: "Adresse", cell: ({ clientAddress }) => clientAddress || "–" },
    ],
    rows,
    empty: "Aucun appel ne correspond.",
  });
}

/** The partner, or the person; whoever sits at the machine has no identifier. */
function holderCell({ holder, protocol }: FoundCall): Html | string {
  if (holder === undefined) return protocol === "cli" ? "Terminal du service" : "Inconnu";
  const { id, name, partnerId, partnerName } = holder;
  const code = html`<code class="tableau-mot">${id}</code>`;
  if (partnerId === "") return html`${name && `${name} (service) `}${code}`;
  return html`<a href="${partnersPath}/${partnerId}">${partnerName}</a>${name && ` – ${name}`} ${code}`;
}

import {
  type MissingAcceptance,
  type Terms,
  TermsService,
} from "../../../gen/statutetudiant/terms/v1/terms_pb.ts";
import { parisDay } from "../../../paris-time.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { badge, filterField, filterForm, pager, section } from "../../html/blocks.ts";
import { formatDay, formatIsoDay, timeTag } from "../../html/dates.ts";
import { type Html, html } from "../../html/html.ts";
import { table } from "../../html/table.ts";
import { partnerStateWords, stateBadge } from "../../html/words.ts";
import { noneWhenUnknown } from "../none-when-unknown.ts";
import { pageTokenOf } from "./operator-forms.ts";
import { partnersPath } from "./partners-pages.ts";

/** Who has not accepted a version of the terms: the one in force, unless the address names another. */
export const acceptancesPage: Page = {
  path: "/administration/conditions",
  audience: "operator",
  async show(visit) {
    const { method } = TermsService;
    const [inForce, { terms: versions }] = await Promise.all([
      noneWhenUnknown(visit.call(method.getCurrentTerms, {})),
      visit.call(method.listTerms, { pageSize: 200, orderBy: "effective_date desc" }),
    ]);
    const current = inForce?.terms?.version ?? "";
    const version = visit.query.get("version") || current || (versions[0]?.version ?? "");
    return {
      title: "Acceptation des conditions d’utilisation",
      body:
        version === ""
          ? html`<p>Aucune version n’est publiée.</p>`
          : await describeVersion(visit, version, versions, current),
    };
  },
};

async function describeVersion(
  visit: Visit,
  version: string,
  versions: readonly Terms[],
  current: string,
): Promise<Html> {
  const { partners, nextPageToken } = await visit.call(TermsService.method.listMissingAcceptances, {
    version,
    pageToken: pageTokenOf(visit),
    orderBy: "name",
  });
  const query = new URLSearchParams(visit.query);
  query.set("version", version);
  const today = parisDay(visit.now);
  const choices = versions.map((one) => [one.version, describeChoice(one, current, today)] as const);
  return html`<p class="tableau-texte">Une évolution majeure doit être acceptée par un contact administratif de chaque partenaire ; une évolution mineure, par les seuls organismes qui demandent l’accès. Aucun accès n’est coupé automatiquement.</p>
${filterForm(filterField(query, "version", "Version", { choices }), "Afficher")}
${section(
  `Partenaires qui n’ont pas accepté la version ${version}`,
  describeTerms(versions.find((one) => one.version === version)),
  missingTable(partners, today),
  pager(visit.path, query, nextPageToken),
)}`;
}

function describeChoice({ version, effectiveDate }: Terms, current: string, today: string): string {
  if (version === current) return `${version} (en vigueur)`;
  return `${version} (${effectiveDate > today ? "à venir" : "remplacée"})`;
}

function describeTerms(terms: Terms | undefined): Html | undefined {
  if (terms === undefined) return undefined;
  const { version, effectiveDate, major } = terms;
  return html`<p>Évolution ${major ? "majeure" : "mineure"}, date d’effet : ${formatIsoDay(effectiveDate)}. <a href="/conditions/${version}">Lire cette version</a></p>`;
}

function missingTable(rows: readonly MissingAcceptance[], today: string): Html {
  return table({
    caption: "Partenaires sans acceptation, par nom",
    hidesCaption: true,
    columns: [
      {
        head: "Organisme",
        cell: ({ partnerId, name }) => html`<a href="${partnersPath}/${partnerId}">${name}</a>`,
      },
      { head: "SIRET", cell: ({ siret }) => siret },
      { head: "Accès", cell: ({ state }) => stateBadge(partnerStateWords, state) },
      { head: "Dernière version acceptée", cell: acceptedCell },
      { head: "Acceptation attendue", cell: ({ dueDate }) => dueCell(dueDate, today) },
    ],
    rows,
    empty: "Tous les partenaires l’ont acceptée.",
  });
}

function acceptedCell({ acceptedVersion, acceptTime }: MissingAcceptance): Html | string {
  if (acceptedVersion === "") return "Aucune";
  return html`<a href="/conditions/${acceptedVersion}">${acceptedVersion}</a>, le ${timeTag(acceptTime, formatDay)}`;
}

function dueCell(dueDate: string, today: string): Html | string {
  if (dueDate === "") return "Non exigée";
  const day = formatIsoDay(dueDate);
  return dueDate > today ? `Pour le ${day}` : html`Depuis le ${day} ${badge("Manquante", "warning")}`;
}

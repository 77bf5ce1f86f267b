import { TermsService } from "../../../gen/statutetudiant/terms/v1/terms_pb.ts";
import type { Page } from "../../frame/page.ts";
import { section } from "../../html/blocks.ts";
import { formatIsoDay } from "../../html/dates.ts";
import { html } from "../../html/html.ts";
import { markdown } from "../../html/markdown.ts";
import { table } from "../../html/table.ts";
import { noneWhenUnknown } from "../none-when-unknown.ts";

/** The terms in force, and those before them. */
export const termsPage: Page = {
  path: "/conditions",
  audience: "public",
  async show(visit) {
    const current = await noneWhenUnknown(visit.call(TermsService.method.getCurrentTerms, {}));
    const { terms: versions } = await visit.call(TermsService.method.listTerms, { pageSize: 50 });
    const terms = current?.terms;
    return {
      title: "Conditions générales d’utilisation",
      body: html`${
        terms === undefined
          ? html`<p>Aucune version n’est encore publiée.</p>`
          : html`<p class="tableau-discret">Version ${terms.version}, en vigueur depuis le ${formatIsoDay(terms.effectiveDate)}.</p>
<div class="tableau-texte">${markdown(terms.markdown)}</div>`
      }
${section(
  "Versions publiées",
  table({
    caption: "Versions publiées",
    hidesCaption: true,
    columns: [
      { head: "Version", cell: ({ version }) => html`<a href="/conditions/${version}">${version}</a>` },
      { head: "Date d’effet", cell: ({ effectiveDate }) => formatIsoDay(effectiveDate) },
      { head: "Évolution", cell: ({ major }) => (major ? "Majeure" : "Mineure") },
    ],
    rows: versions,
    empty: "Aucune.",
  }),
)}`,
    };
  },
};

/** One version, whenever it applied. */
export const termsVersionPage: Page = {
  path: "/conditions/{version}",
  audience: "public",
  async show(visit) {
    const { terms } = await visit.call(TermsService.method.getTerms, {
      version: visit.params["version"] ?? "",
    });
    return {
      title: `Conditions générales d’utilisation, version ${terms?.version}`,
      trail: [["Conditions d’utilisation", "/conditions"]],
      body: html`<p class="tableau-discret">Date d’effet : ${formatIsoDay(terms?.effectiveDate ?? "")}.</p>
<div class="tableau-texte">${markdown(terms?.markdown ?? "")}</div>`,
    };
  },
};

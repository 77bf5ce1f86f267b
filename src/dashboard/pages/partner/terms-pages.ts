import { TermsService } from "../../../gen/statutetudiant/terms/v1/terms_pb.ts";
import { requireConfirmation } from "../../frame/form.ts";
import { type Page, redirect, type Visit } from "../../frame/page.ts";
import { alert, section } from "../../html/blocks.ts";
import { formatIsoDay, timeTag } from "../../html/dates.ts";
import { confirmation } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";
import { markdown } from "../../html/markdown.ts";
import { table } from "../../html/table.ts";
import { noneWhenUnknown } from "../none-when-unknown.ts";
import { hasRole, partnerIdOf } from "./own-partner.ts";

/** The terms in force, what the partner has accepted, and accepting. */
export const ownTermsPage: Page = {
  path: "/tableau-de-bord/conditions",
  audience: "contact",
  async show(visit) {
    const [current, acceptances] = await Promise.all([readCurrent(visit), readAcceptances(visit)]);
    const accepted = acceptances.find(({ version }) => version === current?.version);
    return {
      title: "Conditions d’utilisation",
      body: html`${
        current === undefined
          ? html`<p>Aucune version n’est encore publiée.</p>`
          : accepted !== undefined
            ? alert(
                "success",
                `La version ${current.version} est acceptée`,
                html`Par ${accepted.contactName}, le ${timeTag(accepted.acceptTime)}.`,
              )
            : alert(
                "warning",
                `La version ${current.version} n’est pas acceptée`,
                "Un contact administratif doit la lire et l’accepter au nom de l’organisme.",
              )
      }
${
  current !== undefined &&
  html`<p class="tableau-discret">Version ${current.version}, date d’effet : ${formatIsoDay(current.effectiveDate)}.</p>
<div class="tableau-texte tableau-document" tabindex="0" role="region" aria-label="Texte des conditions">${markdown(current.markdown)}</div>
${accepted === undefined && hasRole(visit, "administrative") && section("Accepter", acceptForm(visit, current))}`
}
${section(
  "Acceptations de l’organisme",
  table({
    caption: "Versions acceptées",
    hidesCaption: true,
    columns: [
      { head: "Version", cell: ({ version }) => html`<a href="/conditions/${version}">${version}</a>` },
      { head: "Acceptée par", cell: ({ contactName }) => contactName },
      { head: "Le", cell: ({ acceptTime }) => timeTag(acceptTime) },
    ],
    rows: acceptances,
    empty: "Aucune version n’a été acceptée.",
  }),
)}`,
    };
  },
  actions: {
    async accept(visit, form) {
      requireConfirmation(form);
      await visit.call(TermsService.method.acceptTerms, {
        requestId: form.text("request_id"),
        version: form.text("version"),
        textSha256: form.text("text_sha256"),
      });
      return redirect(visit.path, "Les conditions sont acceptées au nom de votre organisme.");
    },
  },
};

async function readCurrent(visit: Visit) {
  return (await noneWhenUnknown(visit.call(TermsService.method.getCurrentTerms, {})))?.terms;
}

async function readAcceptances(visit: Visit) {
  const { acceptances } = await visit.call(TermsService.method.listAcceptances, {
    partnerId: partnerIdOf(visit),
    pageSize: 200,
  });
  return acceptances;
}

/** The fingerprint is that of the text which was read: another one would be refused. */
function acceptForm(visit: Visit, { version, textSha256 }: { version: string; textSha256: string }): Html {
  return actionForm(visit, {
    action: "accept",
    submit: `Accepter la version ${version}`,
    hidden: { version, text_sha256: textSha256 },
    fields: (scope) =>
      confirmation(
        scope,
        "confirmation",
        "J’ai lu ces conditions et je suis habilité à engager mon organisme.",
      ),
  });
}

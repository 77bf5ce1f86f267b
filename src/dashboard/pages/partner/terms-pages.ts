import { type Acceptance, type Terms, TermsService } from "../../../gen/statutetudiant/terms/v1/terms_pb.ts";
import { requireConfirmation } from "../../frame/form.ts";
import { type Action, type Page, redirect, type Visit } from "../../frame/page.ts";
import { alert, section } from "../../html/blocks.ts";
import { formatIsoDay, timeTag } from "../../html/dates.ts";
import { confirmation } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { type Html, html } from "../../html/html.ts";
import { markdown } from "../../html/markdown.ts";
import { table } from "../../html/table.ts";
import { noneWhenUnknown } from "../none-when-unknown.ts";
import { hasRole, partnerIdOf } from "./own-partner.ts";

const path = "/tableau-de-bord/conditions";

const accept: Action = async (visit, form) => {
  requireConfirmation(form);
  await visit.call(TermsService.method.acceptTerms, {
    requestId: form.text("request_id"),
    version: form.text("version"),
    textSha256: form.text("text_sha256"),
  });
  return redirect(visit.path, "Les conditions sont acceptées au nom de votre organisme.");
};

/** The terms in force, what is to come, what the partner has accepted, and accepting. */
export const ownTermsPage: Page = {
  path,
  audience: "contact",
  async show(visit) {
    const [current, { terms: versions }, acceptances] = await Promise.all([
      readCurrent(visit),
      visit.call(TermsService.method.listTerms, { pageSize: 200, orderBy: "effective_date desc" }),
      readAcceptances(visit),
    ]);
    const coming = versions.filter(({ effectiveDate }) => effectiveDate > (current?.effectiveDate ?? ""));
    return {
      title: "Conditions d’utilisation",
      body: html`${comingAlerts(coming, acceptances)}
${
  current === undefined
    ? html`<p>Aucune version n’est encore en vigueur.</p>`
    : html`${standingAlert(current, versions, acceptances)}
${versionText(visit, current, acceptances)}`
}
${coming.length > 0 && section("Versions à venir", comingTable(coming, acceptances))}
${section("Acceptations de l’organisme", acceptancesTable(acceptances))}`,
    };
  },
  actions: { accept },
};

/** One version, also one that is to come: partners are to accept a major one before its day. */
export const ownTermsVersionPage: Page = {
  path: `${path}/{version}`,
  audience: "contact",
  async show(visit) {
    const version = visit.params["version"] ?? "";
    const [{ terms }, { terms: versions }, acceptances] = await Promise.all([
      visit.call(TermsService.method.getTerms, { version }),
      visit.call(TermsService.method.listTerms, { pageSize: 200 }),
      readAcceptances(visit),
    ]);
    if (terms === undefined) throw new Error("an answer holds the version");
    return {
      title: `Conditions d’utilisation, version ${terms.version}`,
      trail: [["Conditions d’utilisation", path]],
      body: html`${standingAlert(terms, versions, acceptances)}
${terms.summary !== "" && html`<p class="tableau-texte">${terms.summary}</p>`}
${versionText(visit, terms, acceptances)}`,
    };
  },
  actions: { accept },
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

function comingAlerts(coming: readonly Terms[], acceptances: readonly Acceptance[]): readonly Html[] {
  return coming
    .filter(({ major, version }) => major && acceptanceOf(version, acceptances) === undefined)
    .map(({ version, effectiveDate }) =>
      alert(
        "warning",
        `La version ${version} entre en vigueur le ${formatIsoDay(effectiveDate)}`,
        html`Un contact administratif doit la lire et l’accepter avant cette date : <a href="${path}/${version}">lire la version ${version}</a>.`,
      ),
    );
}

function standingAlert(terms: Terms, versions: readonly Terms[], acceptances: readonly Acceptance[]): Html {
  const { version } = terms;
  const accepted = acceptanceOf(version, acceptances);
  if (accepted !== undefined) {
    const by = html`Par ${accepted.contactName}, le ${timeTag(accepted.acceptTime)}.`;
    return alert("success", `La version ${version} est acceptée`, by);
  }
  const before = acceptedBefore(terms, versions, acceptances);
  if (before !== undefined) {
    const why = `Elle ne change rien de majeur à la version ${before}, que votre organisme a acceptée.`;
    return alert("info", `La version ${version} est une évolution mineure`, why);
  }
  return alert(
    "warning",
    `La version ${version} n’est pas acceptée`,
    "Un contact administratif doit la lire et l’accepter au nom de l’organisme.",
  );
}

/** The accepted version that a minor one goes on from: between them there is no major one. */
function acceptedBefore(
  terms: Terms,
  versions: readonly Terms[],
  acceptances: readonly Acceptance[],
): string | undefined {
  const upTo = versions
    .filter(({ effectiveDate }) => effectiveDate <= terms.effectiveDate)
    .toSorted((one, other) => (one.effectiveDate < other.effectiveDate ? 1 : -1));
  const lastMajor = upTo.findIndex(({ major }) => major);
  const same = lastMajor === -1 ? upTo : upTo.slice(0, lastMajor + 1);
  return same.find(({ version }) => acceptanceOf(version, acceptances) !== undefined)?.version;
}

function acceptanceOf(version: string, acceptances: readonly Acceptance[]): Acceptance | undefined {
  return acceptances.find((acceptance) => acceptance.version === version);
}

function versionText(visit: Visit, terms: Terms, acceptances: readonly Acceptance[]): Html {
  const { version, effectiveDate } = terms;
  const isOpen = acceptanceOf(version, acceptances) === undefined && hasRole(visit, "administrative");
  return html`<p class="tableau-discret">Version ${version}, date d’effet : ${formatIsoDay(effectiveDate)}.</p>
<div class="tableau-texte tableau-document" tabindex="0" role="region" aria-label="Texte des conditions">${markdown(terms.markdown)}</div>
${isOpen && section("Accepter", acceptForm(visit, terms))}`;
}

/** The fingerprint is that of the text which was read: another one would be refused. */
function acceptForm(visit: Visit, { version, textSha256 }: Terms): Html {
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

function comingTable(coming: readonly Terms[], acceptances: readonly Acceptance[]): Html {
  return table({
    caption: "Versions à venir",
    hidesCaption: true,
    columns: [
      { head: "Version", cell: ({ version }) => html`<a href="${path}/${version}">${version}</a>` },
      { head: "Date d’effet", cell: ({ effectiveDate }) => formatIsoDay(effectiveDate) },
      { head: "Évolution", cell: ({ major }) => (major ? "Majeure" : "Mineure") },
      { head: "Ce qui change", cell: ({ summary }) => summary },
      {
        head: "Acceptée",
        cell: ({ version }) => (acceptanceOf(version, acceptances) === undefined ? "Non" : "Oui"),
      },
    ],
    rows: coming.toReversed(),
    empty: "",
  });
}

function acceptancesTable(acceptances: readonly Acceptance[]): Html {
  return table({
    caption: "Versions acceptées",
    hidesCaption: true,
    columns: [
      { head: "Version", cell: ({ version }) => html`<a href="/conditions/${version}">${version}</a>` },
      { head: "Acceptée par", cell: ({ contactName }) => contactName },
      { head: "Le", cell: ({ acceptTime }) => timeTag(acceptTime) },
    ],
    rows: acceptances,
    empty: "Aucune version n’a été acceptée.",
  });
}

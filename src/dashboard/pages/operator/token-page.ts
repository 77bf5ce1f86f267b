import { TokenService } from "../../../gen/statutetudiant/token/v1/token_pb.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { section } from "../../html/blocks.ts";
import { textField } from "../../html/fields.ts";
import { type Html, html } from "../../html/html.ts";
import { endingActions, leakForm, revokeForm } from "../partner/token-endings.ts";
import { describeToken, isTokenOver, readToken } from "../partner/token-page.ts";
import { procedureNames } from "../partner/tokens-page.ts";
import { auditTable, readActionsOn } from "./audit-page.ts";
import { actAndReturn, mayAct, reasoned, reasonForm } from "./operator-forms.ts";
import { partnersPath } from "./partners-pages.ts";

/** One token of any partner: what it is, its rate, and what ends it. Its secret is never seen. */
export const operatorTokenPage: Page = {
  path: "/administration/jetons/{id}",
  audience: "operator",
  async show(visit) {
    const token = await readToken(visit);
    const { id, partnerId, partnerName } = token;
    return {
      title: `Jeton : ${procedureNames(token)}`,
      trail: [
        ["Partenaires", partnersPath],
        [partnerName, `${partnersPath}/${partnerId}`],
      ],
      body: html`${describeToken(token, visit.now)}
<p><a class="fr-link" href="/administration/journal?identifiant=${id}">Derniers appels avec ce jeton</a></p>
${mayAct(visit) && !isTokenOver(token) && section("Fixer le débit", rateForm(visit, token))}
${mayAct(visit) && !isTokenOver(token) && section("Révoquer", revokeForm(visit))}
${mayAct(visit) && token.leakTime === undefined && section("Signaler une divulgation", leakForm(visit))}
${section("Dernières actions", auditTable("Dernières actions sur le jeton", await readActionsOn(visit, id)))}`,
    };
  },
  actions: {
    rate: actAndReturn("Le débit du jeton est fixé.", (visit, form) =>
      visit.call(TokenService.method.setTokenRate, {
        ...reasoned(visit, form),
        callsPerSecond: form.number("calls_per_second"),
      }),
    ),
    ...endingActions,
  },
};

interface Rated {
  readonly etag: string;
  readonly callsPerSecond: number;
}

function rateForm(visit: Visit, { etag, callsPerSecond }: Rated): Html {
  return reasonForm(visit, {
    action: "rate",
    submit: "Fixer le débit",
    etag,
    hint: "Les contacts du partenaire le lisent.",
    before: (scope) =>
      textField(scope, {
        name: "calls_per_second",
        label: "Appels par seconde",
        hint: "Dans la limite de ceux du service (conditions d’utilisation, article 3). 0 : le débit commun à tous les jetons.",
        type: "number",
        min: 0,
        max: 1_000_000,
        value: String(callsPerSecond),
        required: true,
      }),
  });
}

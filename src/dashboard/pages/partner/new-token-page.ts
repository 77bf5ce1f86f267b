import { ProcedureService, ProcedureState } from "../../../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { TokenService } from "../../../gen/statutetudiant/token/v1/token_pb.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { alert, linkButton } from "../../html/blocks.ts";
import { areaField, selectField, textField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { html } from "../../html/html.ts";
import { partnerIdOf } from "./own-partner.ts";
import { showSecret } from "./show-secret.ts";
import { tokensPath } from "./tokens-page.ts";

const trail = [["Jetons", tokensPath]] as const;

/** Asks for the token of an approved procedure, and shows its secret: the only time. */
export const newTokenPage: Page = {
  path: `${tokensPath}/nouveau`,
  audience: "contact",
  async show(visit) {
    const free = await readFreeProcedures(visit);
    if (free.length === 0) {
      return {
        title: "Demander un jeton",
        trail,
        body: html`${alert("info", "Aucune démarche n’attend de jeton", "Un jeton se demande pour une démarche approuvée qui n’en a pas encore.")}
<p>${linkButton("Voir les démarches", "/tableau-de-bord/demarches")}</p>`,
      };
    }
    return {
      title: "Demander un jeton",
      trail,
      body: html`<div class="tableau-texte">${actionForm(visit, {
        action: "issue",
        submit: "Créer le jeton et montrer son secret",
        fields: (scope) => html`${selectField(scope, {
          name: "procedure_id",
          label: "Démarche",
          required: true,
          choices: free.map(({ id, approved }) => ({ value: id, label: approved?.name ?? id })),
        })}
${areaField(scope, {
  name: "allowed_networks",
  label: "Adresses autorisées",
  hint: "Une adresse ou un réseau (CIDR) par ligne, comme 198.51.100.0/24. Laissez vide pour accepter toute adresse.",
})}
${textField(scope, {
  name: "valid_days",
  label: "Durée de validité en jours",
  hint: "548 jours (18 mois) au plus.",
  type: "number",
  min: 1,
  max: 548,
  value: "548",
  required: true,
})}`,
      })}</div>`,
    };
  },
  actions: {
    async issue(visit, form) {
      const { token, secret } = await visit.call(TokenService.method.issueToken, {
        requestId: form.text("request_id"),
        procedureId: form.text("procedure_id"),
        allowedNetworks: form.lines("allowed_networks"),
        validDays: form.number("valid_days"),
      });
      return showSecret("Le jeton est créé", token?.id ?? "", secret);
    },
  },
};

/** Approved procedures that no token of the partner serves. */
async function readFreeProcedures(visit: Visit) {
  const partnerId = partnerIdOf(visit);
  const [{ procedures }, { tokens }] = await Promise.all([
    visit.call(ProcedureService.method.listProcedures, {
      partnerId,
      pageSize: 200,
      state: ProcedureState.APPROVED,
    }),
    visit.call(TokenService.method.listTokens, { partnerId, pageSize: 200 }),
  ]);
  const now = visit.now;
  const served = new Set(
    tokens
      .filter(({ revokeTime, expireTime }) => [revokeTime, expireTime].every((end) => !isPast(end, now)))
      .flatMap((token) => token.procedures.map(({ id }) => id)),
  );
  return procedures.filter(({ id }) => !served.has(id));
}

function isPast(end: { readonly seconds: bigint } | undefined, now: number): boolean {
  return end !== undefined && Number(end.seconds) * 1000 <= now;
}

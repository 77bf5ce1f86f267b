import { serviceError } from "../../../errors.ts";
import { startOf } from "../../frame/menus.ts";
import { type Page, redirect, type Visit } from "../../frame/page.ts";
import { textField } from "../../html/fields.ts";
import { actionForm } from "../../html/form-scope.ts";
import { html } from "../../html/html.ts";
import { keepReturnPath } from "./return-path.ts";

export interface SignInPageParts {
  /** Counts a link that an address asks for; throws `address_limited`. */
  readonly countLink: (clientAddress: string) => void;
  /** Absent when ProConnect is not configured. */
  readonly proConnect: object | undefined;
  readonly ask: (email: string, browserSecret: string, linkTo: (code: string) => string) => void;
}

const sentPath = "/connexion/courriel-envoye";

/** Asks for a link by mail. The answer is the same for every address. */
export function signInPage({ countLink, ask, proConnect }: SignInPageParts): Page {
  return {
    path: "/connexion",
    audience: "public",
    show(visit) {
      if (visit.signedIn !== undefined) return redirect(startOf(visit.signedIn.person));
      keepReturnPath(visit);
      return { title: "Se connecter", body: form(visit, proConnect !== undefined) };
    },
    actions: {
      ask(visit, fields) {
        const email = readEmail(fields.text("email"));
        countLink(visit.clientAddress);
        const { origin } = visit;
        ask(email, visit.browserSecret, (code) => `${origin}/connexion/lien?code=${code}`);
        return redirect(sentPath);
      },
    },
  };
}

function form(visit: Visit, hasProConnect: boolean) {
  return html`<div class="fr-grid-row fr-grid-row--gutters"><div class="fr-col-12 fr-col-md-8 fr-col-lg-6">
<p>L’accès est réservé aux contacts des organismes partenaires et aux agents qui gèrent le service. Il n’y a pas de mot de passe : vous recevez un lien à usage unique.</p>
${hasProConnect && proConnectButton}
${actionForm(visit, {
  action: "ask",
  submit: "Recevoir un lien de connexion",
  fields: (scope) =>
    textField(scope, {
      name: "email",
      label: "Adresse électronique",
      hint: "Celle que votre organisme a déclarée. Format attendu : nom@domaine.fr",
      type: "email",
      autocomplete: "email",
      maxLength: 254,
      required: true,
    }),
})}
</div></div>`;
}

const proConnectButton = html`<p><a class="fr-btn fr-btn--lg" href="/connexion/proconnect">S’identifier avec ProConnect</a></p>
<p><a href="https://www.proconnect.gouv.fr">Qu’est-ce que ProConnect ?</a></p>
<p class="fr-hr-or">ou</p>`;

/** The shape of an address, no more: whether it exists is not ours to tell. */
function readEmail(text: string): string {
  if (/^[^\s@<>"]{1,64}@[^\s@<>"]{1,189}$/.test(text)) return text;
  throw serviceError("invalid_request", {
    violations: [
      { field: "email", description: "Doit être une adresse électronique, comme nom@domaine.fr." },
    ],
  });
}

/** Says the same to everybody. */
export const linkSentPage: Page = {
  path: sentPath,
  audience: "public",
  show: () => ({
    title: "Consultez votre messagerie",
    trail: [["Se connecter", "/connexion"]],
    body: html`<p class="fr-text--lead">Si cette adresse est celle d’un contact ou d’un agent du service, un lien de connexion vient de lui être envoyé.</p>
<ul>
<li>Le lien est valable 15 minutes et ne sert qu’une fois.</li>
<li>Ouvrez-le dans ce navigateur : il ne fonctionne dans aucun autre.</li>
<li>Rien n’est arrivé après quelques minutes ? Regardez dans les courriers indésirables, puis <a href="/connexion">demandez un autre lien</a>.</li>
</ul>`,
  }),
};

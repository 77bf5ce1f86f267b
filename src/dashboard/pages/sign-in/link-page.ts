import type { SignedIn } from "../../../access/person.ts";
import { dropCookie, writeCookie } from "../../frame/cookies.ts";
import { startOf } from "../../frame/menus.ts";
import { type Page, redirect } from "../../frame/page.ts";
import { keepKnownBrowser, sessionCookie } from "../../frame/serve-page.ts";
import { actionForm } from "../../html/form-scope.ts";
import { html } from "../../html/html.ts";
import { forgetIdToken } from "./proconnect-sign-out.ts";
import { readReturnPath } from "./return-path.ts";

export interface LinkPageParts {
  readonly signIn: (code: string, browserSecret: string) => Promise<SignedIn & { readonly secret: string }>;
  readonly signOut: (signedIn: SignedIn, everywhere: boolean) => Promise<void>;
}

/**
 * Where a link of a mail leads. Opening it changes nothing, since programs that look for viruses open links too: the
 * button spends the code.
 */
export function linkPage({ signIn, signOut }: LinkPageParts): Page {
  return {
    path: "/connexion/lien",
    audience: "public",
    show: (visit) => ({
      title: "Confirmer la connexion",
      trail: [["Se connecter", "/connexion"]],
      body: html`<p>Vous avez ouvert un lien de connexion à usage unique. Confirmez pour accéder à votre espace.</p>
${actionForm(visit, {
  action: "sign-in",
  submit: "Me connecter",
  hidden: { code: visit.query.get("code") ?? visit.attempt?.form.text("code") ?? "" },
})}
<p class="fr-mt-4w fr-text--sm tableau-discret">Un lien reçu par courriel s’ouvre dans le navigateur qui l’a demandé, dans les 15 minutes. Sinon, <a href="/connexion">demandez un autre lien</a>.</p>`,
    }),
    actions: {
      async "sign-in"(visit, form) {
        const session = await signIn(form.text("code"), visit.browserSecret);
        // Whoever was signed in here before is not any more.
        if (visit.signedIn !== undefined) await signOut(visit.signedIn, false);
        visit.setCookie(writeCookie(sessionCookie, session.secret));
        keepKnownBrowser(visit);
        visit.setCookie(dropCookie("retour"));
        forgetIdToken(visit);
        return redirect(readReturnPath(visit) ?? startOf(session.person));
      },
    },
  };
}

import { SessionService } from "../../../gen/statutetudiant/session/v1/session_pb.ts";
import { dropCookie } from "../../frame/cookies.ts";
import { type Page, personOf, type Visit } from "../../frame/page.ts";
import { sessionCookie } from "../../frame/serve-page.ts";
import { facts, section } from "../../html/blocks.ts";
import { timeTag } from "../../html/dates.ts";
import { actionForm } from "../../html/form-scope.ts";
import { html } from "../../html/html.ts";
import { roleWords } from "../../html/words.ts";

/** Who is signed in, and the ways out. */
export const accountPage: Page = {
  path: "/compte",
  audience: "anyone",
  show(visit) {
    const person = personOf(visit);
    return {
      title: "Votre session",
      body: html`${facts([
        ["Nom", person.name],
        ["Adresse électronique", person.email],
        ["Rôle", roleWords(person)],
        [
          "Fin de la session",
          html`${timeTag(visit.signedIn?.session.expiresAt)}, ou après une heure sans activité`,
        ],
      ])}
${section(
  "Se déconnecter",
  html`<p>Sur un poste partagé, déconnectez-vous après chaque usage. Si vous avez oublié de le faire ailleurs, fermez toutes vos sessions.</p>`,
  html`<ul class="fr-btns-group fr-btns-group--inline-md"><li>${actionForm(visit, { action: "sign-out", submit: "Se déconnecter" })}</li>
<li>${actionForm(visit, { action: "sign-out-everywhere", submit: "Se déconnecter partout", look: "secondary" })}</li></ul>`,
)}`,
    };
  },
  actions: {
    "sign-out": (visit) => signOut(visit, false),
    "sign-out-everywhere": (visit) => signOut(visit, true),
  },
};

async function signOut(visit: Visit, everywhere: boolean) {
  await visit.call(SessionService.method.signOut, { everywhere });
  visit.setCookie(dropCookie(sessionCookie));
  const notice = everywhere ? "Toutes vos sessions sont fermées." : "Vous êtes déconnecté.";
  return { kind: "redirect", to: "/", notice, clearsSite: true } as const;
}

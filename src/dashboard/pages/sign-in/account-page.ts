import { SessionService } from "../../../gen/statutetudiant/session/v1/session_pb.ts";
import { dropCookie } from "../../frame/cookies.ts";
import { type Next, type Page, personOf, type Visit } from "../../frame/page.ts";
import { sessionCookie } from "../../frame/serve-page.ts";
import { facts, section } from "../../html/blocks.ts";
import { timeTag } from "../../html/dates.ts";
import { actionForm } from "../../html/form-scope.ts";
import { html } from "../../html/html.ts";
import { roleWords } from "../../html/words.ts";
import { findWayOut, type ProConnectSignOut } from "./proconnect-sign-out.ts";

export interface AccountPageParts {
  /** Absent when ProConnect is not configured. */
  readonly proConnect: ProConnectSignOut | undefined;
}

/** Who is signed in, and the ways out. */
export function accountPage({ proConnect }: AccountPageParts): Page {
  return {
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
      "sign-out": (visit) => signOut(proConnect, visit, false),
      "sign-out-everywhere": (visit) => signOut(proConnect, visit, true),
    },
  };
}

async function signOut(
  proConnect: ProConnectSignOut | undefined,
  visit: Visit,
  everywhere: boolean,
): Promise<Next> {
  await visit.call(SessionService.method.signOut, { everywhere });
  visit.setCookie(dropCookie(sessionCookie));
  const wayOut = await findWayOut(proConnect, visit);
  if (wayOut !== undefined) return { kind: "redirect", to: wayOut, clearsSite: true };
  const notice = everywhere ? "Toutes vos sessions sont fermées." : "Vous êtes déconnecté.";
  return { kind: "redirect", to: "/", notice, clearsSite: true };
}

import { ContactService } from "../../../gen/statutetudiant/partner/v1/contact_pb.ts";
import { type Page, redirect } from "../../frame/page.ts";
import { actionForm } from "../../html/form-scope.ts";
import { html } from "../../html/html.ts";

/**
 * Where the link leads that a contact's new address is sent. Opening it changes nothing, as with a link that signs in:
 * the button confirms. Whoever has the code reads mail there, signed in or not.
 */
export const addressPage: Page = {
  path: "/connexion/adresse",
  audience: "public",
  show: (visit) => ({
    title: "Confirmer la nouvelle adresse",
    trail: [["Se connecter", "/connexion"]],
    body: html`<p>Vous avez ouvert le lien envoyé à votre nouvelle adresse électronique. Confirmez qu’elle est la vôtre : elle servira à vous connecter et à vous écrire.</p>
${actionForm(visit, {
  action: "confirm",
  submit: "Utiliser cette adresse",
  hidden: { code: visit.query.get("code") ?? visit.attempt?.form.text("code") ?? "" },
})}
<p class="fr-mt-4w fr-text--sm tableau-discret">Le lien est valable 24 heures. Vos sessions ouvertes se ferment : connectez-vous ensuite avec la nouvelle adresse.</p>`,
  }),
  actions: {
    async confirm(visit, form) {
      await visit.call(ContactService.method.confirmContactEmail, { code: form.text("code") });
      return redirect("/connexion", "Votre nouvelle adresse est confirmée : connectez-vous avec elle.");
    },
  },
};

// A new e-mail address counts once its owner has shown to receive mail there: a link is sent to it, which works in the
// session that asked, for an hour, and once, since the contact's revision goes into it. Nothing is stored meanwhile.
import { createHmac, timingSafeEqual } from "node:crypto";
import { serviceError } from "../../../errors.ts";
import { type Contact, ContactService } from "../../../gen/statutetudiant/partner/v1/contact_pb.ts";
import { type Page, personOf, redirect, type Visit } from "../../frame/page.ts";
import { sessionCookie } from "../../frame/serve-page.ts";
import { facts } from "../../html/blocks.ts";
import { actionForm } from "../../html/form-scope.ts";
import { html } from "../../html/html.ts";

export interface AddressChangeParts {
  /** Sends the link to the new address. */
  readonly sendAddressConfirmation: (mail: {
    readonly to: string;
    readonly name: string;
    readonly url: string;
  }) => Promise<void>;
}

const path = "/tableau-de-bord/adresse";
const validMs = 3_600_000;

/** Sends the link. The contract's rules judge the address first. */
export async function askAddressChange(
  parts: AddressChangeParts,
  visit: Visit,
  { id, etag, name }: Contact,
  email: string,
): Promise<void> {
  if (id !== personOf(visit).id) throw serviceError("role_insufficient");
  await visit.call(ContactService.method.updateContact, {
    requestId: crypto.randomUUID(),
    validateOnly: true,
    id,
    etag,
    email,
  });
  const until = String(visit.now + validMs);
  const proof = sign(visit, email, etag, until);
  const query = new URLSearchParams({ adresse: email, revision: etag, fin: until, preuve: proof });
  await parts.sendAddressConfirmation({ to: email, name, url: `${visit.origin}${path}?${query}` });
}

/** Where the link leads. */
export const addressPage: Page = {
  path,
  audience: "contact",
  show(visit) {
    const { email, etag } = readLink(visit, visit.attempt?.form.text("lien") ?? visit.query.toString());
    return {
      title: "Confirmer la nouvelle adresse",
      body: html`${facts([["Nouvelle adresse électronique", email]])}
${actionForm(visit, {
  action: "confirm",
  submit: "Utiliser cette adresse",
  etag,
  hidden: { lien: visit.query.toString() },
})}`,
    };
  },
  actions: {
    async confirm(visit, form) {
      const { email, etag } = readLink(visit, form.text("lien"));
      const { id } = personOf(visit);
      await visit.call(ContactService.method.updateContact, {
        requestId: form.text("request_id"),
        id,
        etag,
        email,
      });
      return redirect(`/tableau-de-bord/contacts/${id}`, "Votre nouvelle adresse est enregistrée.");
    },
  },
};

/** What a link says. Errors: `sign_in_code_invalid` when it was not made in this session, or is past. */
function readLink(visit: Visit, text: string): { readonly email: string; readonly etag: string } {
  const query = new URLSearchParams(text);
  const [email, etag, until, proof] = ["adresse", "revision", "fin", "preuve"].map(
    (name) => query.get(name) ?? "",
  );
  if (!email || !etag || !until || !proof) throw serviceError("sign_in_code_invalid");
  const expected = Buffer.from(sign(visit, email, etag, until));
  const given = Buffer.from(proof);
  const isOurs = given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
  if (!isOurs || Number(until) < visit.now) throw serviceError("sign_in_code_invalid");
  return { email, etag };
}

/** Keyed with the session's secret, which only this browser holds. */
function sign(visit: Visit, ...facts: readonly string[]): string {
  const secret = visit.cookies.get(sessionCookie) ?? "";
  const text = JSON.stringify([personOf(visit).id, ...facts]);
  return createHmac("sha256", secret).update("address").update(text).digest("base64url");
}

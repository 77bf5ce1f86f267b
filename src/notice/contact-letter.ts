import type { Letter } from "../mail/mail-content.ts";

/** Somebody who may now do more in the name of a partner, as the letter about it needs it. */
export interface GainTold {
  /** Empty: the letter names nobody. */
  readonly contactName: string;
  /** As people read them. */
  readonly roles: readonly string[];
  /** Whether the contact is a new one. */
  readonly isNew: boolean;
  /** Whether one of the partner's own contacts did it; else an agent of the service. */
  readonly isOwn: boolean;
  /** The contact's page of the dashboard. */
  readonly url: string;
}

/**
 * Tells who may now act in a partner's name, so that nobody becomes its contact unseen: a contact asks for tokens (terms,
 * article 2).
 */
export function contactGainLetter({ contactName, roles, isNew, isOwn, url }: GainTold): Letter {
  const who = isOwn ? "Un contact administratif de votre organisme" : "Un agent du service";
  const what = isNew ? "a ajouté un contact à votre organisme" : "a donné de nouveaux rôles à un contact";
  const name = contactName === "" ? [] : [["Nom", contactName] as const];
  return {
    subject: isNew ? "Un contact est ajouté à votre organisme" : "Un contact reçoit de nouveaux rôles",
    blocks: [
      { paragraph: `${who} ${what}.` },
      { facts: [...name, [isNew ? "Rôles" : "Nouveaux rôles", roles.join(", ")]] },
      {
        paragraph:
          "Un contact agit au nom de votre organisme, selon ses rôles. Si vous n'êtes pas au courant, retirez-le sans attendre et écrivez à l'adresse ci-dessous.",
      },
      { link: "Voir le contact", url },
    ],
    because:
      "Vous recevez ce message en tant que contact d'un organisme partenaire : il est responsable de l'usage fait de ses jetons (conditions générales d'utilisation, article 2).",
  };
}

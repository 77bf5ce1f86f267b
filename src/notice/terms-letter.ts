import type { Letter } from "../mail/mail-content.ts";
import { frenchDate } from "./french-time.ts";

/** A version of the terms, as its letter needs it. */
export interface TermsVersion {
  /** Identifier, at most 80 characters. */
  readonly id: string;
  /** As people write it, such as `2.0`. */
  readonly number: string;
  /** What changes: 1 to 4,000 characters. */
  readonly summary: string;
  /** First instant at which it applies, in milliseconds. */
  readonly effectiveAt: number;
  /** Where it can be read and accepted. */
  readonly url: string;
}

/** Tells of a major version of the terms, which an authorised contact must accept (terms, articles 1 and 6.1). */
export function termsLetter(version: TermsVersion): Letter {
  const day = frenchDate(version.effectiveAt);
  return {
    subject: `Nouvelles conditions générales d'utilisation, version ${version.number}`,
    blocks: [
      {
        paragraph: `Les conditions générales d'utilisation du service évoluent de façon majeure : la version ${version.number} entre en vigueur le ${day}.`,
      },
      { paragraph: version.summary },
      {
        paragraph:
          "Un contact administratif de votre organisme doit lire cette version et l'accepter dans le tableau de bord.",
      },
      { link: "Lire et accepter les conditions", url: version.url },
    ],
    because:
      "Vous recevez ce message en tant que contact d'un organisme partenaire : vous êtes informé par courriel de toute évolution majeure des conditions générales d'utilisation (article 6.1).",
  };
}

import type { Letter } from "../mail/mail-content.ts";
import { frenchInstant } from "./french-time.ts";

/** A token, as its letters need it: never its secret. */
export interface ExpiringToken {
  /** `tok_…` */
  readonly id: string;
  /** Empty: the letter names none. */
  readonly procedureName: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Where it can be prolonged or replaced. */
  readonly url: string;
}

/** Warns that a token expires within `days` days; 0: it has expired. */
export function tokenExpiryLetter(token: ExpiringToken, days: number): Letter {
  const isOver = days === 0;
  return {
    subject: isOver
      ? `Votre jeton a expiré${ofProcedure(token)}`
      : `Votre jeton expire dans ${days} jour${days > 1 ? "s" : ""}${ofProcedure(token)}`,
    blocks: [
      {
        paragraph: isOver
          ? `${tokenBelow(token)} a expiré : les appels qui l'utilisent sont refusés.`
          : `${tokenBelow(token)} va expirer. Prolongez-le, ou les appels qui l'utilisent seront refusés.`,
      },
      {
        facts: [...tokenFacts(token), ["Expiration", frenchInstant(token.expiresAt)]],
      },
      { link: isOver ? "Demander un nouveau jeton" : "Prolonger le jeton", url: token.url },
      {
        paragraph:
          "Le secret d'un jeton ne se transmet jamais par courriel : ne répondez à aucun message qui vous le demande.",
      },
    ],
    because:
      "Vous recevez ce message en tant que titulaire ou contact technique d'un jeton du service (conditions générales d'utilisation, article 2).",
  };
}

/** Tells that a token was marked as leaked, and is refused since. */
export function tokenLeakLetter(token: ExpiringToken, leakedAt: number): Letter {
  return {
    subject: `Votre jeton a été révoqué après divulgation${ofProcedure(token)}`,
    blocks: [
      {
        paragraph: `${tokenBelow(token)} a été signalé comme divulgué : il est révoqué, et les appels qui l'utilisent sont refusés.`,
      },
      {
        facts: [...tokenFacts(token), ["Révocation", frenchInstant(leakedAt)]],
      },
      {
        paragraph:
          "Vérifiez dans les derniers appels qu'aucun ne vous est étranger, puis demandez un nouveau jeton. Le secret d'un jeton ne se transmet jamais par courriel.",
      },
      { link: "Voir le jeton et ses appels", url: token.url },
    ],
    because:
      "Vous recevez ce message en tant que titulaire ou contact technique d'un jeton du service (conditions générales d'utilisation, article 2).",
  };
}

function ofProcedure({ procedureName }: ExpiringToken): string {
  return procedureName === "" ? "" : ` : ${procedureName}`;
}

function tokenBelow({ procedureName }: ExpiringToken): string {
  return procedureName === "" ? "Le jeton ci-dessous" : "Le jeton de la démarche ci-dessous";
}

function tokenFacts({ procedureName, id }: ExpiringToken): (readonly [name: string, value: string])[] {
  const token = ["Jeton (identifiant)", id] as const;
  return procedureName === "" ? [token] : [["Démarche", procedureName], token];
}

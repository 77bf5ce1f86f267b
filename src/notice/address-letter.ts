import type { Letter } from "../mail/mail-content.ts";

const article = "(conditions générales d'utilisation, article 1)";

/** Asks whoever reads mail at a contact's new address to confirm it. */
export function addressLetter(url: string): Letter {
  return {
    subject: "Confirmez votre nouvelle adresse",
    blocks: [
      {
        paragraph:
          "Cette adresse a été indiquée pour le tableau de bord du service. Ouvrez le lien pour confirmer qu'elle est la vôtre :",
      },
      { link: "Confirmer l'adresse", url },
      {
        paragraph:
          "Le lien est valable 24 heures. Tant qu'il n'a pas servi, rien ne change. Si cette demande ne vous concerne pas, ignorez ce message.",
      },
    ],
    because: `Ce message vous est adressé parce que votre adresse a été indiquée comme celle d'un contact du service ${article}.`,
  };
}

/** Tells the present address of a contact that another one is to take its place. */
export function addressChangeLetter(): Letter {
  return {
    subject: "Une autre adresse est demandée pour votre compte",
    blocks: [
      {
        paragraph:
          "Une nouvelle adresse électronique a été demandée pour votre compte, par vous, un contact administratif de votre organisme ou un agent du service. Elle remplacera celle-ci dès qu'elle sera confirmée.",
      },
      {
        paragraph:
          "Si vous n'êtes pas au courant, prévenez sans attendre un contact administratif de votre organisme et écrivez à l'adresse ci-dessous.",
      },
    ],
    because: `Ce message vous est adressé parce que vous êtes un contact du service ${article}.`,
  };
}

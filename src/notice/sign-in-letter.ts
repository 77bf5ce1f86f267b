import type { Block, Letter } from "../mail/mail-content.ts";

/** Gives whoever asked for it the link that signs in, one for each account of the address. */
export function signInLetter(links: readonly { readonly account: string; readonly url: string }[]): Letter {
  return {
    subject: "Votre lien de connexion",
    blocks: [
      {
        paragraph:
          "Vous avez demandé à vous connecter au tableau de bord. Ouvrez le lien dans le navigateur qui l'a demandé :",
      },
      ...links.map(({ account, url }): Block => ({ link: account, url })),
      {
        paragraph:
          "Le lien est valable 15 minutes et ne sert qu'une fois. Si vous n'avez rien demandé, ignorez ce message.",
      },
    ],
    because:
      "Ce message vous est adressé parce que quelqu'un a saisi votre adresse sur la page de connexion.",
  };
}

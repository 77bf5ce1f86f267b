// The menus: who sees which pages there. A page that is reached from another one stands in no menu.
import type { Person } from "../../access/person.ts";

export interface MenuItem {
  readonly label: string;
  readonly href: string;
  /** Addresses elsewhere that belong below it. */
  readonly covers?: readonly string[];
}

const publicMenu: readonly MenuItem[] = [
  { label: "Accueil", href: "/" },
  { label: "État du service", href: "/etat-du-service" },
  { label: "Documentation", href: "/documentation" },
  { label: "Conditions d’utilisation", href: "/conditions" },
  { label: "Contact", href: "/contact" },
];

const contactMenu: readonly MenuItem[] = [
  { label: "Vue d’ensemble", href: "/tableau-de-bord" },
  { label: "Usage", href: "/tableau-de-bord/usage" },
  { label: "Appels", href: "/tableau-de-bord/appels" },
  { label: "Agents", href: "/tableau-de-bord/agents" },
  { label: "Jetons", href: "/tableau-de-bord/jetons" },
  { label: "Démarches", href: "/tableau-de-bord/demarches" },
  {
    label: "Organisme",
    href: "/tableau-de-bord/organisme",
    covers: ["/tableau-de-bord/contacts", "/tableau-de-bord/adresse"],
  },
  { label: "Conditions", href: "/tableau-de-bord/conditions" },
  { label: "Avis", href: "/tableau-de-bord/avis" },
  { label: "Manquements", href: "/tableau-de-bord/manquements" },
  { label: "Registre", href: "/tableau-de-bord/registre" },
];

const operatorMenu: readonly MenuItem[] = [
  { label: "Demandes à traiter", href: "/administration" },
  {
    label: "Partenaires",
    href: "/administration/partenaires",
    covers: ["/administration/contacts", "/administration/jetons"],
  },
  { label: "Démarches", href: "/administration/demarches" },
  { label: "Conditions", href: "/administration/conditions" },
  { label: "Manquements", href: "/administration/manquements" },
  { label: "Annonces", href: "/administration/annonces" },
  { label: "Courriels", href: "/administration/courriels" },
  { label: "Traitements", href: "/administration/traitements" },
  { label: "Disponibilité", href: "/administration/disponibilite" },
  { label: "Journal", href: "/administration/journal" },
  { label: "Registre", href: "/administration/registre" },
];

/** The menu of whoever looks. */
export function menuOf(person: Person | undefined): readonly MenuItem[] {
  if (person === undefined) return publicMenu;
  return person.kind === "operator" ? operatorMenu : contactMenu;
}

/** Where somebody who has signed in starts. */
export function startOf(person: Person): string {
  return person.kind === "operator" ? "/administration" : "/tableau-de-bord";
}

/** Pages that everybody finds at the foot of every page. */
export const footMenu: readonly MenuItem[] = publicMenu;

/** The item that a path belongs to: the longest address that it starts with. */
export function currentItem(items: readonly MenuItem[], path: string): MenuItem | undefined {
  const all = items.flatMap((item) =>
    [item.href, ...(item.covers ?? [])].map((address) => [address, item] as const),
  );
  const found = all
    .filter(([address]) => path === address || path.startsWith(`${address === "/" ? "//" : address}/`))
    .toSorted(([a], [b]) => b.length - a.length);
  return found[0]?.[1];
}

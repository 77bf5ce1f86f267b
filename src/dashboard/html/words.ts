// The contracts' words, as French readers know them.
import {
  type ContactRoleName,
  contactRoles,
  contactRoleWords,
  nameOf,
  type OperatorRoleName,
  type Person,
} from "../../access/person.ts";
import {
  BreachEntryKind,
  BreachSeverity,
  BreachState,
  Commitment,
} from "../../gen/statutetudiant/breach/v1/breach_pb.ts";
import {
  ActivationRequirement,
  LegalCategory,
  PartnerState,
} from "../../gen/statutetudiant/partner/v1/partner_pb.ts";
import { ProcedureState } from "../../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { OperatorBody } from "../../gen/statutetudiant/rules/v1/roles_pb.ts";
import { TokenStatus } from "../../gen/statutetudiant/token/v1/token_pb.ts";
import { badge, type Severity } from "./blocks.ts";
import { type Html, nothing } from "./html.ts";

const operatorRoleWords: Readonly<Record<OperatorRoleName, string>> = {
  reader: "Lecture",
  instructor: "Instruction",
  administrator: "Administration",
};

const contactRoleHints: Readonly<Record<ContactRoleName, string>> = {
  administrative: "Engage l’organisme : accepte les conditions, demande des démarches, désigne les contacts.",
  technical: "Exploite les appels : jetons, réseaux, incidents.",
  data_protection: "Veille à la protection des données.",
  business: "Conduit la démarche qui utilise les données.",
};

/** What somebody is, in words. */
export function roleWords(person: Person): string {
  if (person.kind === "operator") {
    const body = person.body === "dinum" ? "DINUM" : "ministère";
    return `${operatorRoleWords[person.role]} (${body})`;
  }
  return [...person.roles].map((role) => contactRoleWords[role]).join(", ");
}

export const legalCategoryWords: Readonly<Record<number, string>> = {
  [LegalCategory.STATE]: "Administration de l’État",
  [LegalCategory.TERRITORIAL_AUTHORITY]: "Collectivité territoriale",
  [LegalCategory.PUBLIC_ESTABLISHMENT]: "Établissement public administratif",
  [LegalCategory.SOCIAL_SECURITY]: "Organisme de sécurité sociale",
  [LegalCategory.ENTRUSTED_BODY]: "Personne chargée d’une mission de service public",
};

export const partnerStateWords: Readonly<Record<number, readonly [string, Severity]>> = {
  [PartnerState.REQUESTED]: ["Demande en cours", "info"],
  [PartnerState.ACTIVE]: ["Actif", "success"],
  [PartnerState.SUSPENDED]: ["Suspendu", "error"],
  [PartnerState.TERMINATED]: ["Résilié", "error"],
};

/** What an activation still lacks. */
export const requirementWords: Readonly<Record<number, string>> = {
  [ActivationRequirement.ELIGIBILITY]: "La vérification de l’éligibilité par le ministère",
  [ActivationRequirement.FRANCE_CONNECT]: "La déclaration de l’accès à FranceConnect",
  [ActivationRequirement.TERMS]: "L’acceptation des conditions d’utilisation en vigueur",
  [ActivationRequirement.TECHNICAL_CONTACT]: "Un contact technique",
  [ActivationRequirement.ADMINISTRATIVE_CONTACT]: "Un contact administratif",
};

export const bodyWords: Readonly<Record<number, string>> = {
  [OperatorBody.MINISTRY]: "Ministère",
  [OperatorBody.DINUM]: "DINUM",
};

/** Roles of contacts by their number in the contracts. */
export const contactRoleChoices = (Object.keys(contactRoles) as ContactRoleName[]).map((name) => ({
  value: String(contactRoles[name]),
  label: contactRoleWords[name],
  hint: contactRoleHints[name],
}));

/** Roles of the contracts, in words. */
export function contactRolesWords(roles: readonly number[]): string {
  const names = roles.map((role) => nameOf(contactRoles, role)).filter((name) => name !== undefined);
  return names.map((name) => contactRoleWords[name]).join(", ");
}

export const commitmentWords: Readonly<Record<number, string>> = {
  [Commitment.ELIGIBILITY]: "Habilitation à traiter les données",
  [Commitment.FRANCE_CONNECT]: "Accès à FranceConnect",
  [Commitment.INFORMING_USERS]: "Information des usagers",
  [Commitment.AUTHORISED_AGENTS]: "Agents habilités et traçabilité de leurs accès",
  [Commitment.IDENTIFIED_USERS]: "Affichage aux seuls usagers identifiés",
  [Commitment.NO_DISCLOSURE]: "Ni commercialisation ni communication à des tiers",
  [Commitment.SECURITY]: "Sécurité des données à caractère personnel",
  [Commitment.NECESSARY_DATA]: "Données strictement nécessaires, un jeton par démarche",
  [Commitment.TOKEN_USE]: "Responsabilité de l’usage des jetons",
  [Commitment.OWN_SERVERS]: "Appels depuis des serveurs maîtrisés",
};

export const severityWords: Readonly<Record<number, readonly [string, Severity]>> = {
  [BreachSeverity.ORDINARY]: ["Ordinaire", "info"],
  [BreachSeverity.SERIOUS]: ["Grave", "error"],
  [BreachSeverity.PERSISTENT]: ["Persistant", "error"],
};

export const breachStateWords: Readonly<Record<number, readonly [string, Severity]>> = {
  [BreachState.RECORDED]: ["Constaté", "info"],
  [BreachState.NOTIFIED]: ["Mise en demeure", "warning"],
  [BreachState.SUSPENDED]: ["Accès suspendu", "error"],
  [BreachState.REMEDIED]: ["Corrigé", "success"],
  [BreachState.CLOSED]: ["Clos", "info"],
};

export const breachEntryWords: Readonly<Record<number, string>> = {
  [BreachEntryKind.NOTE]: "Note",
  [BreachEntryKind.NOTICE]: "Mise en demeure",
  [BreachEntryKind.ANSWER]: "Réponse du partenaire",
  [BreachEntryKind.SUSPENSION]: "Suspension",
  [BreachEntryKind.REMEDY]: "Correction constatée",
  [BreachEntryKind.CLOSURE]: "Clôture",
};

export const tokenStatusWords: Readonly<Record<number, readonly [string, Severity]>> = {
  [TokenStatus.REVOKED]: ["Révoqué", "error"],
  [TokenStatus.EXPIRED]: ["Expiré", "error"],
  [TokenStatus.SUSPENDED]: ["Suspendu", "error"],
  [TokenStatus.NOT_YET_VALID]: ["Pas encore valide", "info"],
  [TokenStatus.REVOKED_LATER]: ["Révocation prévue", "warning"],
  [TokenStatus.EXPIRING]: ["Expire bientôt", "warning"],
  [TokenStatus.NEVER_USED]: ["Jamais utilisé", "new"],
  [TokenStatus.ACTIVE]: ["Actif", "success"],
};

export const procedureStateWords: Readonly<Record<number, readonly [string, Severity]>> = {
  [ProcedureState.DRAFT]: ["Brouillon", "new"],
  [ProcedureState.REQUESTED]: ["À l’instruction", "info"],
  [ProcedureState.CHANGES_REQUESTED]: ["À modifier", "warning"],
  [ProcedureState.REFUSED]: ["Refusée", "error"],
  [ProcedureState.APPROVED]: ["Approuvée", "success"],
  [ProcedureState.WITHDRAWN]: ["Retirée", "info"],
  [ProcedureState.CLOSED]: ["Close", "info"],
};

/** A state as a badge; a number without words is left out. */
export function stateBadge(
  words: Readonly<Record<number, readonly [string, Severity]>>,
  state: number,
): Html {
  const known = words[state];
  return known === undefined ? nothing : badge(...known);
}

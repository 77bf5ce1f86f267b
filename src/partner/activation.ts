// What the activation of a partner demands (terms, article 2): all that is missing is told at once.
import { serviceError } from "../errors.ts";

export type ActivationRequirementName =
  | "eligibility"
  | "france_connect"
  | "terms"
  | "technical_contact"
  | "administrative_contact";

export interface ActivationFacts {
  readonly isEligibilityVerified: boolean;
  readonly isFranceConnectDeclared: boolean;
  /** The version in force, or that none is. */
  readonly currentTerms: string | undefined;
  readonly isCurrentTermsAccepted: boolean;
  /** All roles that the partner's contacts have. */
  readonly contactRoles: ReadonlySet<string>;
}

/** What is missing, in the order of the contract's enumeration. */
export function missingForActivation(facts: ActivationFacts): ActivationRequirementName[] {
  const demands: [ActivationRequirementName, boolean][] = [
    ["eligibility", facts.isEligibilityVerified],
    ["france_connect", facts.isFranceConnectDeclared],
    ["terms", facts.currentTerms !== undefined && facts.isCurrentTermsAccepted],
    ["technical_contact", facts.contactRoles.has("technical")],
    ["administrative_contact", facts.contactRoles.has("administrative")],
  ];
  return demands.filter(([, isMet]) => !isMet).map(([name]) => name);
}

const wanted: Readonly<Record<ActivationRequirementName, string>> = {
  eligibility: "l'éligibilité vérifiée par le ministère (article 3)",
  france_connect: "la déclaration d'un accès à FranceConnect (article 2)",
  terms: "l'acceptation de la version en vigueur des conditions générales (article 1)",
  technical_contact: "un contact technique",
  administrative_contact: "un contact administratif",
};

/** Errors: `activation_incomplete`, with one entry of metadata for each missing thing. */
export function refuseIncomplete(facts: ActivationFacts): void {
  const missing = missingForActivation(facts);
  if (missing.length === 0) return;
  throw serviceError("activation_incomplete", {
    hint: `Il manque : ${missing.map((name) => wanted[name]).join(" ; ")}.`,
    metadata: Object.fromEntries(missing.map((name) => [name, describe(name, facts)])),
  });
}

function describe(name: ActivationRequirementName, { currentTerms }: ActivationFacts): string {
  return name === "terms" ? (currentTerms ?? "aucune version en vigueur") : wanted[name];
}

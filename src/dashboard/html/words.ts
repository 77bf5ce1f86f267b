// The contracts' words, as French readers know them.
import type { ContactRoleName, OperatorRoleName, Person } from "../../access/person.ts";

const operatorRoleWords: Readonly<Record<OperatorRoleName, string>> = {
  reader: "Lecture",
  instructor: "Instruction",
  administrator: "Administration",
};

export const contactRoleWords: Readonly<Record<ContactRoleName, string>> = {
  administrative: "Contact administratif",
  technical: "Contact technique",
  data_protection: "Délégué à la protection des données",
  business: "Contact métier",
};

/** What somebody is, in words. */
export function roleWords(person: Person): string {
  if (person.kind === "operator") {
    const body = person.body === "dinum" ? "DINUM" : "ministère";
    return `${operatorRoleWords[person.role]} (${body})`;
  }
  return [...person.roles].map((role) => contactRoleWords[role]).join(", ");
}

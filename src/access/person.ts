// Who acts with a session: a person, as opposed to the Caller, which is a partner's server with its token.
import { ContactRole, OperatorBody, OperatorRole } from "../gen/statutetudiant/rules/v1/roles_pb.ts";

export type Person = Operator | Contact;

/** Someone who acts for the ministry or for the DINUM (terms, article 5). */
export interface Operator {
  readonly kind: "operator";
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: OperatorRoleName;
  readonly body: OperatorBodyName;
}

/** Someone who acts for a partner, and reaches what is that partner's only. */
export interface Contact {
  readonly kind: "contact";
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly partnerId: string;
  readonly roles: ReadonlySet<ContactRoleName>;
}

/** A person with the session that says so. */
export interface SignedIn {
  readonly person: Person;
  readonly session: {
    readonly id: string;
    /** Refused from this instant on in any case, in milliseconds since 1970. */
    readonly expiresAt: number;
  };
}

/** The roles as they are stored, and as the contracts number them. */
export const operatorRoles = {
  reader: OperatorRole.READER,
  instructor: OperatorRole.INSTRUCTOR,
  administrator: OperatorRole.ADMINISTRATOR,
} as const;
export type OperatorRoleName = keyof typeof operatorRoles;

export const operatorBodies = { ministry: OperatorBody.MINISTRY, dinum: OperatorBody.DINUM } as const;
export type OperatorBodyName = keyof typeof operatorBodies;

export const contactRoles = {
  administrative: ContactRole.ADMINISTRATIVE,
  technical: ContactRole.TECHNICAL,
  data_protection: ContactRole.DATA_PROTECTION,
  business: ContactRole.BUSINESS,
} as const;
export type ContactRoleName = keyof typeof contactRoles;

/** As people read them, on pages and in letters. */
export const contactRoleWords: Readonly<Record<ContactRoleName, string>> = {
  administrative: "Contact administratif",
  technical: "Contact technique",
  data_protection: "Délégué à la protection des données",
  business: "Contact métier",
};

/** The stored name of a contract's number; undefined for one that has none. */
export function nameOf<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
  number: number,
): Name | undefined {
  return (Object.keys(numbers) as Name[]).find((name) => numbers[name] === number);
}

// Who asks a use case for something: a person with a session, or whoever sits at the service's machine.
import { type Contact, type OperatorBodyName, operatorBodies, type Person } from "../access/person.ts";
import { serviceError } from "../errors.ts";
import type { OperatorBody } from "../gen/statutetudiant/rules/v1/roles_pb.ts";
import { type Actor, actorOf, terminalActor } from "./actor.ts";

export interface Principal {
  readonly actor: Actor;
  /** The contact, who reaches what is its own partner's only; undefined for everybody else. */
  readonly contact: Contact | undefined;
}

export function principalOf(person: Person): Principal {
  return { actor: actorOf(person), contact: person.kind === "contact" ? person : undefined };
}

/** Whoever runs a command, for one of the two bodies. */
export function terminalPrincipal(body?: OperatorBodyName): Principal {
  return { actor: terminalActor(body), contact: undefined };
}

/**
 * The record, when there is one that the principal may reach. Another partner's looks to a contact as if it were not
 * there. Errors: `record_not_found`.
 */
export function reachable<Record>(
  principal: Principal,
  record: Record | undefined,
  partnerOf: (record: Record) => string,
): Record {
  if (record === undefined || !reaches(principal, partnerOf(record))) throw serviceError("record_not_found");
  return record;
}

export function reaches({ contact }: Principal, partnerId: string): boolean {
  return contact === undefined || contact.partnerId === partnerId;
}

/**
 * The partner to which a list is limited: of a contact always the own one. Empty: all. Errors: `record_not_found`
 * when a contact asks for another one.
 */
export function partnerFilter(principal: Principal, wanted: string): string {
  if (principal.contact === undefined) return wanted;
  if (wanted !== "" && !reaches(principal, wanted)) throw serviceError("record_not_found");
  return principal.contact.partnerId;
}

/** The body that decides, which must be the one for which the principal acts. Errors: `body_not_yours`. */
export function decidingBody({ actor }: Principal, stated: OperatorBody): OperatorBodyName {
  if (actor.body !== "ministry" && actor.body !== "dinum") throw serviceError("body_not_yours");
  if (operatorBodies[actor.body] !== stated) throw serviceError("body_not_yours");
  return actor.body;
}

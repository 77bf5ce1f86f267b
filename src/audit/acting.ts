import type { Person } from "../access/person.ts";
import { serviceError } from "../errors.ts";
import { type Actor, actorOf } from "./actor.ts";

/** Who calls a use case, and what it reaches. */
export interface Acting {
  readonly actor: Actor;
  /** The one partner that it reaches; undefined: all of them, as operators and the terminal do. */
  readonly partnerId: string | undefined;
}

export function actingAs(person: Person): Acting {
  return { actor: actorOf(person), partnerId: person.kind === "contact" ? person.partnerId : undefined };
}

/** Lets through what belongs to the partner that is reached. Errors: `record_not_found`, as if it were not there. */
export function ownOnly<T extends { readonly partnerId: string }>(acting: Acting, record: T | undefined): T {
  const { partnerId } = acting;
  if (record === undefined || (partnerId !== undefined && record.partnerId !== partnerId)) {
    throw serviceError("record_not_found");
  }
  return record;
}

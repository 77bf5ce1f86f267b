import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import { createKeyLimiter, type KeyLimit } from "./key-limiter.ts";
import type { Person } from "./person.ts";
import type { PersonAccess } from "./person-access.ts";

/** Calls of one person: a page of the dashboard makes several at once. */
const personLimit: KeyLimit = { burst: 60, perSecond: 20, maxKeys: 10_000 };

/** Checks that a person may make this call now. Errors: `person_limited`, `role_insufficient`. */
export type AdmitPerson = (person: Person, access: PersonAccess) => void;

export function createPersonAdmission(clock: Clock): AdmitPerson {
  const limiter = createKeyLimiter(clock, personLimit, "person_limited");
  return (person, access) => {
    limiter.count(person.id);
    if (!access.admits(person)) throw serviceError("role_insufficient");
  };
}

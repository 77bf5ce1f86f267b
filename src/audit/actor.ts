import { userInfo } from "node:os";
import type { OperatorBodyName, Person } from "../access/person.ts";

/** Who changes something, as the audit log names it. */
export interface Actor {
  readonly kind: "operator" | "contact" | "terminal" | "system";
  /** Identifier of the person; the account's name of whoever sits at the terminal; the job's name. */
  readonly id: string;
  readonly name: string;
  /** For whom it acts (terms, article 5, tells the ministry from the DINUM). */
  readonly body: OperatorBodyName | "partner" | "service";
}

export function actorOf(person: Person): Actor {
  const { kind, id, name } = person;
  return { kind, id, name, body: person.kind === "operator" ? person.body : "partner" };
}

/** Whoever runs a command on the service's machine, acting for one of the two public bodies. */
export function terminalActor(body: OperatorBodyName = "ministry"): Actor {
  const { username } = userInfo();
  return { kind: "terminal", id: username, name: username, body };
}

/** The service itself: a job, or the demonstration. */
export function systemActor(name: string): Actor {
  return { kind: "system", id: name, name, body: "service" };
}

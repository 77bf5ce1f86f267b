// What whoever acts may reach in lists, and for whom it decides.
import { type OperatorBodyName, operatorBodies } from "../access/person.ts";
import { serviceError } from "../errors.ts";
import type { OperatorBody } from "../gen/statutetudiant/rules/v1/roles_pb.ts";
import { type Acting, ownOnly } from "./acting.ts";

/**
 * The partner to which a list is limited: of a contact always the own one. Empty: all. Errors: `record_not_found`
 * when a contact asks for another one.
 */
export function partnerFilter(acting: Acting, wanted: string): string {
  if (acting.partnerId === undefined || wanted === "") return acting.partnerId ?? wanted;
  return ownOnly(acting, { partnerId: wanted }).partnerId;
}

/** The body that decides, which must be the one for which whoever acts does. Errors: `body_not_yours`. */
export function decidingBody({ actor }: Acting, stated: OperatorBody): OperatorBodyName {
  if (actor.body !== "ministry" && actor.body !== "dinum") throw serviceError("body_not_yours");
  if (operatorBodies[actor.body] !== stated) throw serviceError("body_not_yours");
  return actor.body;
}

// Where a partner can stand, and what leads from there to elsewhere (terms, article 5). Each way that is closed has an
// error of its own.
import { type ErrorId, serviceError } from "../errors.ts";

export type PartnerStateName = "requested" | "active" | "suspended" | "terminated";
export type PartnerVerb = "activate" | "suspend" | "reinstate" | "terminate";

type Way = { readonly to: PartnerStateName } | { readonly refused: ErrorId };

export const partnerWays: Readonly<Record<PartnerVerb, Readonly<Record<PartnerStateName, Way>>>> = {
  activate: {
    requested: { to: "active" },
    active: { refused: "partner_activate_active" },
    suspended: { refused: "partner_activate_suspended" },
    terminated: { refused: "partner_activate_terminated" },
  },
  suspend: {
    requested: { refused: "partner_suspend_requested" },
    active: { to: "suspended" },
    suspended: { refused: "partner_suspend_suspended" },
    terminated: { refused: "partner_suspend_terminated" },
  },
  reinstate: {
    requested: { refused: "partner_reinstate_requested" },
    active: { refused: "partner_reinstate_active" },
    suspended: { to: "active" },
    terminated: { refused: "partner_reinstate_terminated" },
  },
  terminate: {
    requested: { to: "terminated" },
    active: { to: "terminated" },
    suspended: { to: "terminated" },
    terminated: { refused: "partner_terminate_terminated" },
  },
};

/** The state that a decision leads to. Errors: the row that the table above names. */
export function nextPartnerState(verb: PartnerVerb, state: PartnerStateName): PartnerStateName {
  const way = partnerWays[verb][state];
  if ("refused" in way) throw serviceError(way.refused);
  return way.to;
}

/** Nothing of a terminated partner changes any more. Errors: `partner_closed`. */
export function refuseClosed(state: PartnerStateName): void {
  if (state === "terminated") throw serviceError("partner_closed");
}

import type { ProcedureContent } from "../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import type { ProcedureState } from "./procedure-states.ts";

/** A procedure as it is stored, with its partner. Instants are in milliseconds since 1970. */
export interface ProcedureRecord {
  readonly id: string;
  readonly partnerId: string;
  readonly partnerSiret: string;
  readonly partnerName: string;
  /** requested, active, suspended or terminated. */
  readonly partnerState: string;
  /** As approved; before, as drafted. */
  readonly name: string;
  readonly state: ProcedureState;
  /** What is pending; undefined: nothing. */
  readonly proposal: ProcedureContent | undefined;
  /** What counts; undefined: nothing yet. */
  readonly approved: ProcedureContent | undefined;
  /** Whether the purpose of what counts is approved as close to that of another procedure. */
  readonly closenessApproved: boolean;
  readonly decision:
    | { readonly reason: string; readonly body: "ministry" | "dinum"; readonly at: number }
    | undefined;
  readonly submittedAt: number | undefined;
  readonly origin: "contact" | "terminal";
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly revision: number;
}

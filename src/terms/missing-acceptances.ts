// What is known of a partner that has not accepted a version: what it accepted instead, and since when it owes more.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { PartnerState } from "../gen/statutetudiant/partner/v1/partner_pb.ts";
import type { MissingAcceptanceSchema } from "../gen/statutetudiant/terms/v1/terms_pb.ts";
import type { AcceptanceRecord, TermsHead, TermsPartner } from "./terms-storage.ts";

/** Where a partner stands. */
export interface PartnerStanding {
  readonly state: PartnerState;
  /** The day in Europe/Paris on which it asked for access, `YYYY-MM-DD`. */
  readonly requestDay: string;
}

type Version = Pick<TermsHead, "version" | "effectiveDate" | "major">;

/** `versions` are all there are, by their first day; `acceptances` those of the partner. */
export function describeMissing(
  { id, siret, name }: TermsPartner,
  standing: PartnerStanding,
  asked: Version,
  versions: readonly Version[],
  acceptances: readonly AcceptanceRecord[],
): MessageInitShape<typeof MissingAcceptanceSchema> {
  const acceptedAt = new Map(acceptances.map((acceptance) => [acceptance.version, acceptance.acceptedAt]));
  const accepted = versions.findLast(({ version }) => acceptedAt.has(version));
  const at = acceptedAt.get(accepted?.version ?? "");
  return {
    ...{ partnerId: id, siret, name, state: standing.state },
    acceptedVersion: accepted?.version ?? "",
    ...(at !== undefined && { acceptTime: timestampFromMs(at) }),
    dueDate: dueDate(standing, asked, versions, accepted),
  };
}

/**
 * The first day on which an acceptance is missing, `YYYY-MM-DD`; empty when none is. Who accepted a version goes on
 * under minor ones (article 6.1), but is admitted with the version in force only (article 1).
 */
function dueDate(
  { state, requestDay }: PartnerStanding,
  asked: Version,
  versions: readonly Version[],
  accepted: Version | undefined,
): string {
  if (accepted === undefined) {
    const first = versions[0]?.effectiveDate ?? "";
    return requestDay > first ? requestDay : first;
  }
  const isRequested = state === PartnerState.REQUESTED;
  const owed = versions.find(
    ({ effectiveDate, major }) =>
      effectiveDate > accepted.effectiveDate &&
      effectiveDate <= asked.effectiveDate &&
      (major || isRequested),
  );
  return owed?.effectiveDate ?? "";
}

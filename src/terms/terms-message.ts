// Versions and acceptances as the contract writes them.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { AcceptanceSchema, TermsSchema } from "../gen/statutetudiant/terms/v1/terms_pb.ts";
import type { AcceptanceRecord, TermsHead } from "./terms-storage.ts";

/** Without `markdown`, as lists show a version. */
export function toTermsMessage(
  terms: TermsHead & { readonly markdown?: string },
): MessageInitShape<typeof TermsSchema> {
  const { version, effectiveDate, major, markdown = "", textSha256, summary, publishedAt } = terms;
  const publishTime = timestampFromMs(publishedAt);
  return { version, effectiveDate, major, markdown, textSha256, summary, publishTime };
}

export function toAcceptanceMessage(acceptance: AcceptanceRecord): MessageInitShape<typeof AcceptanceSchema> {
  const { partnerId, version, textSha256, contactId, contactName, acceptedAt } = acceptance;
  return {
    partnerId,
    version,
    textSha256,
    contactId,
    contactName,
    acceptTime: timestampFromMs(acceptedAt),
  };
}

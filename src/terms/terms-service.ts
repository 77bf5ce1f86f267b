import type { ServiceImpl } from "@connectrpc/connect";
import { asPerson } from "../audit/as-person.ts";
import type { TermsService } from "../gen/statutetudiant/terms/v1/terms_pb.ts";
import type { createTerms } from "./terms.ts";

/** Implements `TermsService`. Reading the texts needs nobody to sign in. */
export function createTermsService(terms: ReturnType<typeof createTerms>): ServiceImpl<typeof TermsService> {
  return {
    publishTerms: asPerson(terms.publish),
    getTerms: ({ version }) => terms.get(version),
    getCurrentTerms: ({ date }) => terms.current(date),
    listTerms: (request) => terms.list(request),
    acceptTerms: asPerson(terms.accept),
    listAcceptances: asPerson(terms.listAcceptances),
    listMissingAcceptances: (request) => terms.listMissing(request),
  };
}

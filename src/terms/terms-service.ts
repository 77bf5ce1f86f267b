import type { ServiceImpl } from "@connectrpc/connect";
import { principalOf } from "../audit/principal.ts";
import type { TermsService } from "../gen/statutetudiant/terms/v1/terms_pb.ts";
import { personOf } from "../request/call.ts";
import type { createTerms } from "./terms.ts";

/** Implements `TermsService`. Reading the texts needs nobody to sign in. */
export function createTermsService(terms: ReturnType<typeof createTerms>): ServiceImpl<typeof TermsService> {
  const principal = (context: Parameters<typeof personOf>[0]) => principalOf(personOf(context));
  return {
    publishTerms: (request, context) => terms.publish(principal(context), request),
    getTerms: ({ version }) => terms.get(version),
    getCurrentTerms: ({ date }) => terms.current(date),
    listTerms: (request) => terms.list(request),
    acceptTerms: (request, context) => terms.accept(principal(context), request),
    listAcceptances: (request, context) => terms.listAcceptances(principal(context), request),
    listMissingAcceptances: (request) => terms.listMissing(request),
  };
}

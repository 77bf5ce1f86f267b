import type { ServiceImpl } from "@connectrpc/connect";
import { principalOf } from "../audit/principal.ts";
import type { BreachService } from "../gen/statutetudiant/breach/v1/breach_pb.ts";
import { personOf } from "../request/call.ts";
import type { createBreaches } from "./breaches.ts";

/** Implements `BreachService`. */
export function createBreachService(
  breaches: ReturnType<typeof createBreaches>,
): ServiceImpl<typeof BreachService> {
  const principal = (context: Parameters<typeof personOf>[0]) => principalOf(personOf(context));
  return {
    recordBreach: (request, context) => breaches.record(principal(context), request),
    getBreach: (request, context) => breaches.get(principal(context), request),
    listBreaches: (request, context) => breaches.list(principal(context), request),
    assessBreach: (request, context) => breaches.assess(principal(context), request),
    giveNotice: (request, context) => breaches.giveNotice(principal(context), request),
    addBreachNote: (request, context) => breaches.addNote(principal(context), request),
    answerBreach: (request, context) => breaches.answer(principal(context), request),
    remedyBreach: (request, context) => breaches.remedy(principal(context), request),
    closeBreach: (request, context) => breaches.close(principal(context), request),
    suspendForBreach: (request, context) => breaches.suspend(principal(context), request),
  };
}

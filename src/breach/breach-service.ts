import type { ServiceImpl } from "@connectrpc/connect";
import { asPerson } from "../audit/as-person.ts";
import type { BreachService } from "../gen/statutetudiant/breach/v1/breach_pb.ts";
import type { createBreaches } from "./breaches.ts";

/** Implements `BreachService`. */
export function createBreachService(
  breaches: ReturnType<typeof createBreaches>,
): ServiceImpl<typeof BreachService> {
  return {
    recordBreach: asPerson(breaches.record),
    getBreach: asPerson(breaches.get),
    listBreaches: asPerson(breaches.list),
    assessBreach: asPerson(breaches.assess),
    giveNotice: asPerson(breaches.giveNotice),
    addBreachNote: asPerson(breaches.addNote),
    answerBreach: asPerson(breaches.answer),
    remedyBreach: asPerson(breaches.remedy),
    closeBreach: asPerson(breaches.close),
    suspendForBreach: asPerson(breaches.suspend),
  };
}

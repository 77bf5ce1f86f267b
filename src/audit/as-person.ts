import type { HandlerContext } from "@connectrpc/connect";
import { personOf } from "../request/call.ts";
import { type Acting, actingAs } from "./acting.ts";

/** A use case as a method: whoever is signed in acts. Who may call it stands in the contract. */
export function asPerson<Request, Answer>(useCase: (acting: Acting, request: Request) => Answer) {
  return (request: Request, context: Pick<HandlerContext, "values">): Answer =>
    useCase(actingAs(personOf(context)), request);
}

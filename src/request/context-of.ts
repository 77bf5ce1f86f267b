import { type ContextValues, createContextValues } from "@connectrpc/connect";
import { type Call, callKey } from "./call.ts";

/** Context values that carry the call to methods. */
export function contextOf(call: Call): ContextValues {
  return createContextValues().set(callKey, call);
}

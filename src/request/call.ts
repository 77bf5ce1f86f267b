import { type ConnectError, createContextKey, type HandlerContext } from "@connectrpc/connect";
import type { Caller } from "../access/caller.ts";
import type { Person, SignedIn } from "../access/person.ts";
import { serviceError } from "../errors.ts";

/** One call on its way: opened first, filled by each step, written to the journal last. */
export interface Call {
  readonly requestId: string;
  /** Wall-clock instant of reception, in milliseconds. */
  readonly receivedAt: number;
  readonly clientAddress: string;
  /** Whose token it is. Absent on public methods (health, reflection) and on those that people call. */
  caller: Caller | undefined;
  /** Who calls a method that people call. */
  signedIn: SignedIn | undefined;
  readonly trace: CallTrace;
  /** Whether the request could be read, so that its method was called. */
  reached: boolean;
  /** What the method threw, as the caller may read it. */
  error: ConnectError | undefined;
}

/** What a method tells the journal of its call. */
export interface CallTrace {
  recipient: string | undefined;
  agent: string | undefined;
  /** The request message as JSON. */
  parameters: string | undefined;
  /** INE asked for, or of the student who was found. */
  ine: string | undefined;
  finding: "one" | "none" | "several" | undefined;
}

export const callKey = createContextKey<Call | undefined>(undefined, { description: "call" });

/** Opens a call. */
export function openCall(requestId: string, receivedAt: number, clientAddress: string): Call {
  return {
    requestId,
    receivedAt,
    clientAddress,
    caller: undefined,
    signedIn: undefined,
    trace: {
      recipient: undefined,
      agent: undefined,
      parameters: undefined,
      ine: undefined,
      finding: undefined,
    },
    reached: false,
    error: undefined,
  };
}

/** The call that a method serves. */
export function callOf(context: Pick<HandlerContext, "values">): Call {
  const call = context.values.get(callKey);
  if (call === undefined) throw serviceError("internal", { cause: new Error("no call in the context") });
  return call;
}

/** The caller of a method that demands a token. */
export function callerOf(context: Pick<HandlerContext, "values">): Caller {
  const { caller } = callOf(context);
  if (caller === undefined) throw serviceError("token_missing");
  return caller;
}

/** The person who calls a method that people call, with the session. */
export function signedInOf(context: Pick<HandlerContext, "values">): SignedIn {
  const { signedIn } = callOf(context);
  if (signedIn === undefined) throw serviceError("session_missing");
  return signedIn;
}

/** The person who calls a method that people call. */
export function personOf(context: Pick<HandlerContext, "values">): Person {
  return signedInOf(context).person;
}

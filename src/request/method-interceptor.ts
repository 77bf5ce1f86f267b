// The outermost interceptor, the same on every lane: it notes what the journal must know of a call and lets no
// unknown error out.
import { toJsonString } from "@bufbuild/protobuf";
import type { ConnectError, Interceptor } from "@connectrpc/connect";
import { serviceError } from "../errors.ts";
import { type Call, callKey } from "./call.ts";
import { publicError } from "./render-error.ts";

/** Longest JSON of a request that the journal keeps, in characters. */
const maxParameters = 4096;

/** `report` gets what must not reach the caller: the cause of an internal error. */
export function createMethodInterceptor(
  report: (call: Call | undefined, cause: unknown) => void,
): Interceptor {
  return (next) => async (request) => {
    const call = request.contextValues.get(callKey);
    if (call !== undefined) {
      call.reached = true;
      if (!request.stream) {
        call.trace.parameters ??= toJsonString(request.method.input, request.message).slice(0, maxParameters);
      }
    }
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return { ...response, message: watch(response.message, (error) => note(call, error)) };
    } catch (error) {
      throw note(call, error);
    }
  };

  function note(call: Call | undefined, error: unknown): ConnectError {
    const known = publicError(error, (cause) => {
      report(call, cause);
      return serviceError("internal", { cause });
    });
    if (call !== undefined) call.error = known;
    return known;
  }
}

async function* watch<T>(
  messages: AsyncIterable<T>,
  note: (error: unknown) => ConnectError,
): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    throw note(error);
  }
}

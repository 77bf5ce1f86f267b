import type { CallContext } from "./call-context.ts";

/** Waits no longer than the deadline, whether or not the method looks at its signal. */
export function inTime<T>(work: Promise<T>, { deadline }: CallContext): Promise<T> {
  return deadline === undefined ? work : Promise.race([work, deadline]);
}

import { ServiceError } from "../../src/errors.ts";

/** Tells whether an error is this row of the table. */
export function hasId(id: string): (error: unknown) => boolean {
  return (error) => error instanceof ServiceError && error.id === id;
}

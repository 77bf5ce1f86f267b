import { ServiceError } from "../../errors.ts";

/** The answer, or undefined when there is no such record. Everything else still fails. */
export async function noneWhenUnknown<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ServiceError && error.row.http === 404) return undefined;
    throw error;
  }
}

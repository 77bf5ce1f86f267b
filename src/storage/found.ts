import { serviceError } from "../errors.ts";

/** What was looked for. Errors: `record_not_found`; what is somebody else's reads as what does not exist. */
export function found<T>(record: T | undefined): T {
  if (record === undefined) throw serviceError("record_not_found");
  return record;
}

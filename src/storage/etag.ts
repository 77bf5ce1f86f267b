// Concurrent edits: whoever edits says which revision was read (RFC 9110, 8.8.3, and AIP-154).
import { serviceError } from "../errors.ts";

/** The etag of a row's revision, which grows with each edit. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** Refuses an edit of another revision than the stored one. Errors: `edit_conflict`. */
export function checkEtag(etag: string, revision: number): void {
  if (etag !== etagOf(revision)) throw serviceError("edit_conflict");
}

/** For what is told of errors of ours: there must be none, whatever a client sends. */
export function rethrow(error: unknown): never {
  throw error;
}

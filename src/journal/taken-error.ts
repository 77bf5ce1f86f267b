/** The chain does not end where the lines continue it. */
export class TakenError extends Error {
  override readonly name = "TakenError";
  constructor() {
    super("another writer continued the chain");
  }
}

/** Something that is made on first use, once; a failure stays. */
export class Lazy<T> {
  readonly #make: () => Promise<T>;
  #made: Promise<T> | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  get(): Promise<T> {
    this.#made ??= this.#make();
    return this.#made;
  }

  /** Ends it when it was made. */
  async end(close: (made: T) => void | Promise<void>): Promise<void> {
    if (this.#made !== undefined) await this.#made.then(close, () => {});
  }
}

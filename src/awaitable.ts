/** A value, or a promise of it: SQLite answers at once, PostgreSQL later. */
export type Awaitable<T> = T | Promise<T>;

/** Goes on with a value that may be there already: what SQLite answers never waits for the next microtask. */
export function then<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

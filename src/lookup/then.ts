import type { Awaitable } from "../storage/database.ts";

/** Goes on with a value that may be there already: a lookup on SQLite never waits for the next microtask. */
export function then<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

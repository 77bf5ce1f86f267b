/** A value, or a promise of it. What is there at once goes on at once: each promise on the way costs a call more. */
export type Awaitable<T> = T | Promise<T>;

export function then<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

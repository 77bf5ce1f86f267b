import { type ContextKey, type ContextValues, createContextValues } from "@connectrpc/connect";
import { type Call, callKey } from "./call.ts";

/** Context values that carry the call to methods. */
export function contextOf(call: Call): ContextValues {
  return new CallValues(call);
}

/** Connect's own values are keyed by symbols, which costs a call more than looking at a field. */
class CallValues implements ContextValues {
  #call: Call | undefined;
  #others: ContextValues | undefined;

  constructor(call: Call) {
    this.#call = call;
  }

  get<T>(key: ContextKey<T>): T {
    if (key.id === callKey.id) return this.#call as T;
    return this.#others === undefined ? key.defaultValue : this.#others.get(key);
  }

  set<T>(key: ContextKey<T>, value: T): this {
    if (key.id === callKey.id) this.#call = value as Call | undefined;
    else this.#keepOthers().set(key, value);
    return this;
  }

  delete(key: ContextKey<unknown>): this {
    if (key.id === callKey.id) this.#call = undefined;
    else this.#others?.delete(key);
    return this;
  }

  #keepOthers(): ContextValues {
    this.#others ??= createContextValues();
    return this.#others;
  }
}

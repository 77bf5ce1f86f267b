import type { AnswerRoom } from "../http2/held-answers.ts";
import { AddressPlaces } from "./address-places.ts";
import { connectionLimits } from "./connection-limits.ts";

/**
 * Bytes of answers that wait since their clients do not take them: of each connection, each address, and in all. Whoever
 * would hold more loses the answer that came last. What leaves at once is not counted.
 */
export class UntakenAnswers {
  readonly #isProxy: (address: string) => boolean;
  readonly #ofAddresses = new AddressPlaces(connectionLimits.maxUntakenBytesOfAddress);
  #bytes = 0;

  constructor(isProxy: (address: string) => boolean) {
    this.#isProxy = isProxy;
  }

  /** The room of a connection. */
  roomOf(address: string): AnswerRoom {
    return new ConnectionRoom(this, address);
  }

  enter(address: string, bytes: number): boolean {
    if (this.#bytes + bytes > connectionLimits.maxUntakenBytes) return false;
    // A proxy speaks for many.
    if (!this.#isProxy(address) && !this.#ofAddresses.enter(address, bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  leave(address: string, bytes: number): void {
    this.#bytes -= bytes;
    if (!this.#isProxy(address)) this.#ofAddresses.leave(address, bytes);
  }
}

class ConnectionRoom implements AnswerRoom {
  readonly #all: UntakenAnswers;
  readonly #address: string;
  #bytes = 0;

  constructor(all: UntakenAnswers, address: string) {
    this.#all = all;
    this.#address = address;
  }

  enter(bytes: number): boolean {
    // One alone may be as large as answers are.
    const isTooMuch = this.#bytes > 0 && this.#bytes + bytes > connectionLimits.maxUntakenBytesOfConnection;
    if (isTooMuch || !this.#all.enter(this.#address, bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  leave(bytes: number): void {
    this.#bytes -= bytes;
    this.#all.leave(this.#address, bytes);
  }
}

import type { Http2Stream } from "node:http2";

/** Knows whether streams of a session stay open for longer than a period, without a timer or a place for each. */
export class StreamAges {
  /** How many are open of those that began in the period before, and in this one. */
  #earlier = { open: 0 };
  #latest = { open: 0 };

  enter(stream: Http2Stream): void {
    const period = this.#latest;
    period.open += 1;
    stream.once("close", () => {
      period.open -= 1;
    });
  }

  /** Begins the next period, and tells whether a stream that saw the whole of the last one is still open. */
  turn(): boolean {
    const isHeld = this.#earlier.open > 0;
    this.#earlier = this.#latest;
    this.#latest = { open: 0 };
    return isHeld;
  }
}

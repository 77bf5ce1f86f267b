/**
 * Longest waits, in milliseconds, after which a call is refused rather than answered late. Tests of anything else give a
 * slow machine more.
 */
export const waitLimits = {
  /** For a pooled connection, or a new one to PostgreSQL. */
  connectionMs: 1000,
  /** For an answer of PostgreSQL, so that a refusal and its trace take less than a second together. */
  queryMs: 700,
  /** For the line of a call to be durable: 250 ms less what a timer may be late. */
  traceMs: 235,
  /** Age of the last look at who may call: "within one second" must stay true. */
  accessAgeMs: 1000,
  /** For a whole answer of FranceConnect. */
  franceConnectMs: 1500,
};

/** What one client may hold open. */
export const connectionLimits = {
  maxConnections: 10_000,
  /** Of one address, or one IPv6 network of 64 bits, that is no trusted proxy: nobody takes the places of everybody. */
  maxConnectionsOfAddress: 1_000,
  /** For the first bytes of a connection and the TLS handshake. */
  helloTimeoutMs: 5_000,
  headersTimeoutMs: 10_000,
  idleTimeoutMs: 65_000,
  /**
   * A streaming exchange (health watch, reflection) is cut after this time; clients come back by themselves. So is
   * whoever takes longer to take an answer.
   */
  streamTimeoutMs: 600_000,
  /**
   * Bytes of whole answers that wait since their client does not take them: of a connection (unless it is one alone), of an
   * address or an IPv6 network of 64 bits that is no trusted proxy, and in all. The largest answers are files of the
   * dashboard, of a megabyte; clients take them at once, or 64 KiB at a time.
   */
  maxUntakenBytesOfConnection: 16_777_216,
  maxUntakenBytesOfAddress: 67_108_864,
  maxUntakenBytes: 268_435_456,
  /** For how long a client may take nothing at all of a whole answer: as long as proxies wait (nginx: `send_timeout`). */
  maxStalledMs: 60_000,
  /** Requests of HTTP/1.1 of an address that wait for the answers before them on their connections: 2.6 KB each. */
  maxWaitingOfAddress: 5000,
  maxStreamsPerConnection: 100,
  /** Streams that a client may take back at once, and each second: every one of them costs a line of the journal. */
  resetBurst: 200,
  resetsPerSecond: 33,
  /** Far above what keep-alive and bandwidth probes need; a flood keeps the process from everybody else. */
  maxPings: 1000,
  pingPeriodMs: 10_000,
  maxHeaderBytes: 16_384,
  maxHeaderPairs: 100,
  /** Up to here, HTTP/2 headers that are too many are refused with an answer; beyond, their stream is reset. */
  maxReadHeaderPairs: 1000,
  maxReadHeaderBytes: 65_536,
  /** Longest rest of a body, in bytes and in milliseconds, that is read after the answer only to be thrown away. */
  maxDiscardedBytes: 1_048_576,
  maxDiscardedMs: 2000,
};

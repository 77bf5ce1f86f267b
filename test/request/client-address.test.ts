import assert from "node:assert/strict";
import { describe, it } from "node:test";
import ipaddr from "ipaddr.js";
import { clientAddress } from "../../src/request/client-address.ts";

const proxies = ["10.0.0.0/8", "fd00::/8"].map((network) => ipaddr.parseCIDR(network));

describe("clientAddress", () => {
  const table: [name: string, peer: string, forwarded: string | undefined, expected: string][] = [
    ["the peer, without a header", "192.0.2.1", undefined, "192.0.2.1"],
    ["the peer, whatever a stranger claims", "192.0.2.1", "198.51.100.7", "192.0.2.1"],
    ["what a trusted proxy saw", "10.0.0.1", "198.51.100.7", "198.51.100.7"],
    [
      "the last hop that is no proxy of ours",
      "10.0.0.1",
      "203.0.113.9, 198.51.100.7, 10.0.0.2",
      "198.51.100.7",
    ],
    ["the proxy itself, when it forwards nonsense", "10.0.0.1", "nonsense", "10.0.0.1"],
    ["the first good address from the right", "10.0.0.1", "nonsense, 10.0.0.3", "10.0.0.3"],
    ["IPv4 that arrives as IPv6", "::ffff:192.0.2.1", undefined, "192.0.2.1"],
    ["a proxy that arrives as IPv6", "::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"],
    ["IPv6", "fd00::1", "2001:db8::7", "2001:db8::7"],
  ];
  for (const [name, peer, forwarded, expected] of table) {
    it(`is ${name}`, () => assert.equal(clientAddress(peer, forwarded, proxies), expected));
  }

  it("believes nobody when no proxy is trusted", () => {
    assert.equal(clientAddress("10.0.0.1", "198.51.100.7", []), "10.0.0.1");
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatNetwork, isInNetworks, parseNetwork } from "../../src/access/network.ts";

test("networks are read into one form", () => {
  const forms: [string, string | undefined][] = [
    ["192.0.2.0/24", "192.0.2.0/24"],
    ["192.0.2.77/24", "192.0.2.0/24"],
    ["192.0.2.77", "192.0.2.77/32"],
    [" 10.0.0.0/8 ", "10.0.0.0/8"],
    ["2001:db8::/32", "2001:db8::/32"],
    ["2001:DB8::1", "2001:db8::1/128"],
    ["::ffff:192.0.2.0/120", "192.0.2.0/24"],
    ["::ffff:192.0.2.9", "192.0.2.9/32"],
    ["::ffff:0:0/95", undefined],
    ["10.1/16", undefined],
    ["0x0a000001", undefined],
    ["010.0.0.1", undefined],
    ["10.0.0.0/33", undefined],
    ["2001:db8::/129", undefined],
    ["10.0.0.0/", undefined],
    ["10.0.0.0/8/8", undefined],
    ["10.0.0.0/-1", undefined],
    ["fe80::1%eth0", undefined],
    ["example.org", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of forms) {
    const network = parseNetwork(text);
    assert.equal(network === undefined ? undefined : formatNetwork(network), expected, text);
  }
});

test("addresses are matched across families and notations", () => {
  const networks = ["192.0.2.0/24", "2001:db8::/32"].map((text) => {
    const network = parseNetwork(text);
    assert.ok(network);
    return network;
  });
  const addresses: [string, boolean][] = [
    ["192.0.2.0", true],
    ["192.0.2.255", true],
    ["192.0.3.0", false],
    ["::ffff:192.0.2.8", true],
    ["::ffff:c000:208", true],
    ["::ffff:192.0.3.8", false],
    ["2001:db8:ffff::1", true],
    ["2001:db9::1", false],
    ["", false],
    ["unknown", false],
  ];
  for (const [address, expected] of addresses)
    assert.equal(isInNetworks(address, networks), expected, address);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressPlaces } from "../../src/request/address-places.ts";

test("an address has its places, another one its own, and what is left can be taken again", () => {
  const places = new AddressPlaces(2);
  assert.deepEqual(
    [1, 2, 3].map(() => places.enter("192.0.2.1")),
    [true, true, false],
  );
  assert.equal(places.enter("192.0.2.2"), true);
  places.leave("192.0.2.1");
  assert.deepEqual(
    [1, 2].map(() => places.enter("192.0.2.1")),
    [true, false],
  );
});

test("the addresses of an IPv6 network of 64 bits share their places, and IPv4 in IPv6 is IPv4", () => {
  const places = new AddressPlaces(1);
  assert.equal(places.enter("2001:db8:0:1::1"), true);
  assert.equal(places.enter("2001:db8:0:1:ffff::2"), false);
  assert.equal(places.enter("2001:db8:0:2::1"), true);
  assert.equal(places.enter("::ffff:192.0.2.1"), true);
  assert.equal(places.enter("192.0.2.1"), false);
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRequestId } from "../../src/request/request-id.ts";

describe("createRequestId", () => {
  it("is a UUID of version 7 that begins with the time", () => {
    const id = createRequestId(Date.parse("2026-11-23T12:00:00Z"));
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(Number.parseInt(id.replace("-", "").slice(0, 12), 16), Date.parse("2026-11-23T12:00:00Z"));
  });

  it("never comes twice and sorts by time", () => {
    const ids = Array.from({ length: 100_000 }, (_, index) => createRequestId(1_700_000_000_000 + index));
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(ids.toSorted(), ids);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readTimeout, withinDeadline } from "../../src/request/deadline.ts";

describe("readTimeout", () => {
  const table: [header: string, value: string, expectedMs: number][] = [
    ["grpc-timeout", "2S", 2000],
    ["grpc-timeout", "250m", 250],
    ["grpc-timeout", "1500u", 1.5],
    ["grpc-timeout", "99999999H", 10_000],
    ["connect-timeout-ms", "1200", 1200],
    ["connect-timeout-ms", "0", 0],
    ["x-server-timeout", "0.25", 250],
    ["x-server-timeout", "100000", 10_000],
  ];
  for (const [header, value, expectedMs] of table) {
    it(`reads ${header}: ${value} as ${expectedMs} ms`, () => {
      assert.equal(readTimeout({ [header]: value }, 10_000), expectedMs);
    });
  }

  for (const [header, value] of [
    ["grpc-timeout", "123456789S"],
    ["grpc-timeout", "1s"],
    ["connect-timeout-ms", "-1"],
    ["x-server-timeout", "1e3"],
  ] as const) {
    it(`refuses ${header}: ${value} and names the header`, () => {
      assert.throws(
        () => readTimeout({ [header]: value }, 10_000),
        (error: { id?: string; options?: { violations?: { field: string }[] } }) =>
          error.id === "invalid_request" && error.options?.violations?.[0]?.field === header,
      );
    });
  }

  it("is undefined when the caller gives none", () => assert.equal(readTimeout({}, 10_000), undefined));
});

describe("withinDeadline", () => {
  it("gives what comes in time", async () => {
    assert.equal(await withinDeadline(1000, async () => 7), 7);
  });

  it("does not wait for a method that ignores it", async () => {
    await assert.rejects(
      withinDeadline(10, () => new Promise(() => {})),
      { id: "deadline_exceeded" },
    );
  });

  it("does not start what is late already", async () => {
    let started = false;
    const late = withinDeadline(0, async () => {
      started = true;
    });
    await assert.rejects(late, { id: "deadline_exceeded" });
    assert.equal(started, false);
  });
});

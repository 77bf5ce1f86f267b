import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { availableWords } from "../../src/dashboard/html/notice-words.ts";
import { MonthlyAvailabilitySchema } from "../../src/gen/statutetudiant/availability/v1/availability_pb.ts";

test("a month of which no minute was measured yet is not said to be available", () => {
  const month = { availableShare: 1, measuredMinutes: 0 };
  assert.equal(availableWords(create(MonthlyAvailabilitySchema, month)), "–");
  assert.match(
    availableWords(create(MonthlyAvailabilitySchema, { ...month, measuredMinutes: 1 })),
    /^100\s%$/,
  );
});

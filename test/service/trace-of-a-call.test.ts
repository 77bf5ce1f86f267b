// What the terms name (article 4) stands in the line of each call: address called, parameters, IP address, date and time,
// code of the answer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RunningService, startService } from "../support/service.ts";
import { bearer, ine, recipient, unlimited } from "../support/whole-service.ts";

let service: RunningService;
before(async () => {
  service = await startService({ environment: { ...unlimited, TRUSTED_PROXIES: "127.0.0.0/8" } });
});
after(() => service[Symbol.asyncDispose]());

interface TracedLine {
  readonly receivedAt: number;
  readonly clientAddress: string;
  readonly httpStatus: number;
  readonly target: string;
  readonly parameters?: string;
}

/** Makes a call from an address, and reads its line as an operator does. */
async function trace(target: string, clientAddress: string, init: RequestInit = {}) {
  const headers = { ...bearer(service.token), "x-forwarded-for": clientAddress, ...init.headers };
  const sentAt = Date.now();
  const response = await fetch(service.origin + target, { ...init, headers });
  await response.text();
  const answeredAt = Date.now();
  const callId = response.headers.get("x-request-id") ?? "";
  const search = ["journal", "search", "--request-id", callId, "--reason", "Essai de trace", "--json"];
  const { code, stdout, stderr } = await service.statut(...search);
  assert.equal(code, 0, stderr);
  const line = JSON.parse(stdout) as TracedLine;
  assert.ok(line.receivedAt >= sentAt && line.receivedAt <= answeredAt, "date and time");
  assert.equal(line.clientAddress, clientAddress);
  assert.equal(line.httpStatus, response.status);
  assert.equal(line.target, target);
  return line;
}

test("a GET: its address holds its parameters", async () => {
  const found = await trace(`/v1/students/${ine}?recipient=${recipient}`, "192.0.2.7");
  assert.equal(found.httpStatus, 200);
  const nobody = await trace(`/api/v2/etudiants?ine=00000000000&recipient=${recipient}`, "2001:db8::7");
  assert.equal(nobody.httpStatus, 404);
});

test("a POST: its parameters are those of its body", async () => {
  const asked = { ine, recipient, agent: "agent-7" };
  const init = {
    method: "POST",
    body: JSON.stringify(asked),
    headers: { "content-type": "application/json" },
  };
  const { parameters = "", httpStatus } = await trace("/v1/students:lookupByIne", "198.51.100.9", init);
  assert.deepEqual(JSON.parse(parameters), asked);
  assert.equal(httpStatus, 200);
});

test("a refused call has its line, too", async () => {
  const { httpStatus } = await trace(`/v1/students/95?recipient=${recipient}`, "192.0.2.8");
  assert.equal(httpStatus, 400);
});

// Jobs as operators see and run them, over gRPC and over REST, on SQLite and on PostgreSQL.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { AuditService } from "../../src/gen/statutetudiant/audit/v1/audit_pb.ts";
import { type Job, JobOutcome, JobService } from "../../src/gen/statutetudiant/job/v1/job_pb.ts";
import { eventually } from "../support/eventually.ts";
import {
  newRequest,
  type PeopleClient,
  peopleClients,
  refusalOf,
  signInOperator,
} from "../support/people-clients.ts";
import type { RunningService } from "../support/service.ts";
import { servicePlaces } from "../support/service-places.ts";

const { listJobs, runJob } = JobService.method;
const { places, stop } = await servicePlaces();
after(stop);

for (const [name, start] of places) {
  suite(`jobs on ${name}`, async () => {
    const service = await start();
    after(() => service[Symbol.asyncDispose]());
    for (const connect of peopleClients) testJobs(service, connect(service.origin));
  });
}

function testJobs(service: RunningService, client: PeopleClient): void {
  test(`are listed and run over ${client.name}`, async () => {
    const email = (role: string) => `${role}.${client.name.toLowerCase()}@example.gouv.fr`;
    const instructor = await signInOperator(service, client, email("instructor"), "instructor");
    const administrator = await signInOperator(service, client, email("admin"), "administrator");
    const { jobs } = await client.call(listJobs, {}, instructor);
    assert.equal(jobs.find(({ name }) => name === "mail-retention")?.recurrence, "daily at 04:10");
    // A job whose next hour is far: whatever runs it, it is not its time.
    const dueAt = ({ dueTime }: Job) => (dueTime === undefined ? 0 : timestampMs(dueTime));
    const before = jobs
      .filter(({ name }) => /-retention$/.test(name))
      .toSorted((a, b) => dueAt(b) - dueAt(a))[0];
    const asked = { ...newRequest(), name: before?.name ?? assert.fail("no such job"), reason: "Essai" };
    const read = async (): Promise<Job | undefined> =>
      (await client.call(listJobs, {}, instructor)).jobs.find((job) => job.name === asked.name);
    assert.equal((await refusalOf(client.call(runJob, asked, instructor))).reason, "ROLE_INSUFFICIENT");
    for (const [wrong, expected] of [
      [{ name: "autre" }, "RECORD_NOT_FOUND"],
      [{ reason: "" }, "INVALID_REQUEST"],
    ] as const) {
      const request = { ...asked, requestId: randomUUID(), ...wrong };
      assert.equal((await refusalOf(client.call(runJob, request, administrator))).reason, expected);
    }

    const tried = { ...asked, requestId: randomUUID(), validateOnly: true };
    await client.call(runJob, tried, administrator);
    assert.deepEqual((await read())?.dueTime, before?.dueTime, "nothing is kept");

    const { job } = await client.call(runJob, asked, administrator);
    assert.ok(job?.dueTime && timestampMs(job.dueTime) <= Date.now() + 1000);
    await eventually(async () => {
      // A person may not ask as fast as this could.
      await pause(300);
      const now = await read();
      const [last, first] = [now?.lastFinishTime, before?.lastFinishTime];
      return last !== undefined && (first === undefined || timestampMs(last) !== timestampMs(first));
    });
    const done = await read();
    assert.deepEqual([done?.lastOutcome, done?.failures, done?.lastError], [JobOutcome.DONE, 0, ""]);
    assert.deepEqual(done?.dueTime, before?.dueTime, "the run that is due stays due");

    const request = { action: "job.run", subject: asked.name, orderBy: "sequence desc" };
    const { events } = await client.call(AuditService.method.listAuditEvents, request, instructor);
    assert.deepEqual([events[0]?.reason, events[0]?.requestId], ["Essai", asked.requestId]);
  });
}

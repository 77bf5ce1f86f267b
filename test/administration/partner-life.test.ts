// A partner from request to termination, over gRPC and again over REST, on SQLite and on PostgreSQL, against the
// service as a process of its own.
import { after, suite, test } from "node:test";
import { peopleClients } from "../support/people-clients.ts";
import { startPostgres } from "../support/postgres.ts";
import { type RunningService, startService } from "../support/service.ts";
import { assertWhole, journalKeys, unlimited } from "../support/whole-service.ts";
import { changeAddress } from "./address-life.ts";
import { admitPartner, breachAndRemedy, readAudit, signInCast, terminatePartner } from "./partner-life.ts";

const sirets = { gRPC: "13002526500013", REST: "21750001600019" };

const postgres = await startPostgres();
after(() => postgres.stop());

const places: readonly [string, () => Promise<RunningService>][] = [
  ["SQLite", () => startService({ environment: unlimited })],
  [
    "PostgreSQL",
    async () =>
      startService({
        environment: {
          ...unlimited,
          DATABASE_URL: await postgres.createDatabase(),
          JOURNAL_KEYS: journalKeys,
        },
      }),
  ],
];

for (const [name, start] of places) {
  suite(`the life of a partner on ${name}`, async () => {
    const service = await start();
    after(() => service[Symbol.asyncDispose]());

    for (const connect of peopleClients) {
      const client = connect(service.origin);
      test(`over ${client.name}`, async () => {
        const world = { service, client, siret: sirets[client.name] };
        const cast = await signInCast(world);
        const admitted = await admitPartner(world, cast);
        const moved = await changeAddress(world, cast, admitted);
        await breachAndRemedy(world, cast, moved);
        await terminatePartner(world, cast, admitted);
        await readAudit(world, cast, admitted);
        await assertWhole(service);
      });
    }
  });
}

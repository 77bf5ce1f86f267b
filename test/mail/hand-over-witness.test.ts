import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openHandOverWitness } from "../../src/mail/hand-over-witness.ts";
import { start } from "./mail-fixture.ts";

const dayMs = 86_400_000;
const mail = { id: "mail_1", claim: 1 };

async function openFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "statut-witness-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("of sender and recoverer one makes the file, and both know which", async (context) => {
  const folder = await openFolder(context);
  const [one, other] = [openHandOverWitness(folder, start), openHandOverWitness(folder, start)];
  assert.equal(one.place, other.place);
  const handOver = one.take(mail);
  assert.deepEqual(other.recover(mail), { kind: "taken", reply: undefined });
  handOver?.noteReply("250 taken");
  assert.deepEqual(other.recover(mail), { kind: "taken", reply: "250 taken" });
  handOver?.forget();
  const next = { ...mail, claim: 2 };
  assert.deepEqual(other.recover(next), { kind: "prevented" });
  assert.deepEqual(one.recover(next), { kind: "prevented" }, "also when it was killed in between");
  assert.equal(one.take(next), undefined);
});

test("what was handed over is still known when the service was stopped for a month", async (context) => {
  const folder = await openFolder(context);
  openHandOverWitness(folder, start).take(mail);
  const bootFolder = join(
    folder,
    "mail",
    "handing-over",
    ...(await readdir(join(folder, "mail", "handing-over"))),
  );
  const killedAt = new Date(start - 30 * dayMs);
  for (const name of await readdir(bootFolder)) await utimes(join(bootFolder, name), killedAt, killedAt);
  const later = openHandOverWitness(folder, start);
  assert.deepEqual(later.recover(mail), { kind: "taken", reply: undefined });
});

test("after more than a year files are removed, but for the folder's name", async (context) => {
  const folder = await openFolder(context);
  const first = openHandOverWitness(folder, start);
  first.take(mail);
  const muchLater = openHandOverWitness(folder, start + 3650 * dayMs);
  assert.deepEqual(muchLater.recover(mail), { kind: "prevented" });
  assert.equal(muchLater.place, first.place);
});

test("a folder that is deleted and made again is another place, though it has the same path", async (context) => {
  const folder = await openFolder(context);
  const places = new Set<string>();
  for (let count = 0; count < 5; count += 1) {
    places.add(openHandOverWitness(folder, start).place);
    await rm(join(folder, "mail"), { recursive: true });
  }
  assert.equal(places.size, 5);
});

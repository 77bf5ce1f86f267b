// A courier in a process of its own, for tests that kill it: `node courier-process.ts LOCATION DATA_DIR SMTP_URL`.
// It gives claims back quickly, so that a test need not wait for a minute after each kill. With a fourth word,
// `dies-before-end`, it is killed with the right to send the end of its first message, and before the end is on its way.
import { systemClock } from "../../src/clock.ts";
import { startCourier } from "../../src/mail/courier.ts";
import { type HandOverWitness, openHandOverWitness } from "../../src/mail/hand-over-witness.ts";
import { createMailStorage } from "../../src/mail/mail-storage.ts";
import { createSmtpTransport } from "../../src/mail/smtp-transport.ts";
import { type DatabaseLocation, openDatabase } from "../../src/storage/database.ts";

const [location = "", dataDir = "", url = "", death = ""] = process.argv.slice(2);
const database = openDatabase(JSON.parse(location) as DatabaseLocation);
const witness = openHandOverWitness(dataDir, systemClock.now());
const mortal: HandOverWitness = {
  ...witness,
  take(mail) {
    const handOver = witness.take(mail);
    process.kill(process.pid, "SIGKILL");
    return handOver;
  },
};

const courier = startCourier({
  storage: createMailStorage(database),
  transport: createSmtpTransport({ url }),
  witness: death === "dies-before-end" ? mortal : witness,
  clock: systemClock,
  holder: `process ${process.pid}`,
  from: "statutetudiant@enseignementsup.gouv.fr",
  report: (event, facts) => process.stderr.write(`${event} ${String(facts["err"] ?? "")}\n`),
  lookEveryMs: 20,
  claimMs: 1000,
});

// The courier's own timers keep no process alive.
const alive = setInterval(() => {}, 60_000);
process.once("SIGTERM", async () => {
  clearInterval(alive);
  await courier.close();
  await database.close();
});
process.stdout.write("ready\n");

// A month of fictitious calls of the demonstration's token, so that the dashboard has something to show. They go into
// the journal by its own door, once, into a journal without lines.
import { createAccessStorage } from "../access/access-storage.ts";
import { hashTokenSecret } from "../access/token-secret.ts";
import type { Clock } from "../clock.ts";
import type { Journal, JournalLine } from "../journal/journal.ts";
import { SeededRandom } from "../referential/seeded-random.ts";
import { createRequestId } from "../request/request-id.ts";
import type { Database } from "../storage/database.ts";

/** Whose calls they are. */
export interface TrafficOwner {
  readonly tokenId: string;
  readonly procedureId: string;
}

/** The token of a secret. */
export async function findTrafficOwner(main: Database, secret: string): Promise<TrafficOwner | undefined> {
  const secretHash = hashTokenSecret(secret);
  return (await createAccessStorage(main).readChanges(0)).find((record) =>
    record.secretHash.equals(secretHash),
  );
}

const days = 30;
const dayMs = 86_400_000;
const hourMs = 3_600_000;
const agents = ["guichet-03", "guichet-11", "instruction-02", undefined];

/** How calls end: up to which share of them, outcome, status, code, error, finding. */
const ends = [
  [0.86, "answered", 200, "ok", "", "one"],
  [0.93, "not_found", 404, "not_found", "student_not_found", "none"],
  [0.97, "invalid", 400, "invalid_argument", "invalid_request", undefined],
  [0.99, "limited", 429, "resource_exhausted", "rate_limited", undefined],
  [1, "failed", 503, "unavailable", "storage_unavailable", undefined],
] as const;

/** Adds the calls; a second or so. */
export async function addTraffic(journal: Journal, owner: TrafficOwner, clock: Clock): Promise<void> {
  const random = new SeededRandom(20_261_125);
  const now = clock.now();
  for (let day = days; day >= 1; day -= 1) {
    const weekend = [0, 6].includes(new Date(now - day * dayMs).getUTCDay());
    const count = weekend ? 3 + random.below(4) : 16 + random.below(18);
    const lines = Array.from({ length: count }, () =>
      lineOf(owner, now - day * dayMs + officeHour(random, now), random),
    );
    const inOrder = lines.toSorted((a, b) => a.receivedAt - b.receivedAt);
    await Promise.all(inOrder.map((line) => journal.append(line)));
  }
}

/** An instant between 8 and 18 of the day that starts a day before now, as an offset. */
function officeHour(random: SeededRandom, now: number): number {
  const midnight = -(now % dayMs);
  return Math.min(dayMs - 1, Math.max(0, midnight + 7 * hourMs + random.below(10 * hourMs) + dayMs));
}

function lineOf(
  { tokenId, procedureId }: TrafficOwner,
  receivedAt: number,
  random: SeededRandom,
): JournalLine {
  const drawn = random.next();
  const end = ends.find(([upTo]) => drawn < upTo) ?? ends[0];
  const [, outcome, httpStatus, rpcCode, errorId, finding] = end;
  const byIne = random.next() < 0.7;
  const agent = agents[random.below(agents.length)];
  return {
    requestId: createRequestId(receivedAt),
    ...{ receivedAt, tokenId, procedureId, httpStatus, rpcCode, errorId, outcome },
    protocol: byIne ? "rest" : "connect",
    httpMethod: byIne ? "GET" : "POST",
    route: byIne ? "/v1/students/{ine}" : "/statutetudiant.lookup.v1.LookupService/LookupByIdentity",
    rpc: `statutetudiant.lookup.v1.LookupService/${byIne ? "LookupByIne" : "LookupByIdentity"}`,
    recipient: "99999999900017",
    clientAddress: "198.51.100.7",
    userAgent: "demonstration",
    durationUs: 2500 + random.below(9000) + (outcome === "failed" ? 240_000 : 0),
    responseBytes: outcome === "answered" ? 420 + random.below(200) : 180,
    sealed: {
      target: "",
      parameters: undefined,
      agent,
      ine: finding === "one" ? nobodysIne(drawn) : undefined,
      finding,
    },
  };
}

/** One of 150 that nobody has, so that the number of students shows something; of a number from 0 to 1. */
function nobodysIne(drawn: number): string {
  return `${String(Math.floor(drawn * 1_000_000) % 150).padStart(10, "0")}D`;
}

// The last October that is over as a script: who calls when, and how each call ends. The numbers that statistics must show follow from
// the script by the formulas beside it, not from the code under test.
import { createJournal } from "../../src/journal/create-journal.ts";
import type { JournalLine } from "../../src/journal/journal.ts";
import { parseJournalKeys } from "../../src/journal/journal-keys.ts";
import { createRequestId } from "../../src/request/request-id.ts";
import type { DatabaseLocation } from "../../src/storage/database.ts";
import { journalKeys } from "../support/whole-service.ts";

/** The tokens of the script: two of one partner, one of another. */
export interface Tokens {
  readonly town: string;
  readonly region: string;
  readonly other: string;
}

export const lookup = "statutetudiant.lookup.v1.LookupService/LookupByIne";
export const version3 = "particulier.v3.StudentStatusService/GetByIne";
/** Not a fixed one: what is kept of a month gets less with the time. */
export const year = octoberOver(new Date());
const days = 31;
/** Noon in Greenwich is the same day in Paris, in summer and in winter. */
const noonOf = (month: number, day: number) => Date.UTC(year, month - 1, day, 12);

/** The town's answered calls of a day: 10 more than its number. 31 days make 31 × 10 + 496 = 806. */
export const townAnswered = (day: number) => 10 + day;
export const townMonth = { answered: 806, notFound: 31, limited: 7, failed: 0 };
/** Of September: 4 calls a day. */
export const townSeptember = 120;
export const regionMonth = 5 * days;
export const otherMonth = 2 * days;
/** Refused without a token, each day. */
export const strangersMonth = 3 * days;
/** On the 15th, 45 answered and 7 refused for the service's limit come within one second. */
export const burstDay = 15;
export const burst = { answered: 45, saturated: 7 };

function line(receivedAt: number, changes: Partial<JournalLine>, student?: number): JournalLine {
  const ine = student === undefined ? undefined : `${String(student).padStart(10, "0")}A`;
  return {
    requestId: createRequestId(receivedAt),
    receivedAt,
    ...{ tokenId: undefined, procedureId: undefined, protocol: "rest", httpMethod: "GET" },
    ...{ route: "/v1/students/{ine}", rpc: lookup, recipient: "13002526500013" },
    ...{ clientAddress: "192.0.2.7", userAgent: "partner/1.0", httpStatus: 200, rpcCode: "ok" },
    ...{ errorId: "", outcome: "answered", durationUs: 2000, responseBytes: 400 },
    ...changes,
    sealed: {
      target: "/v1/students/…",
      ...{ parameters: undefined, agent: undefined, ine, finding: undefined },
      ...changes.sealed,
    },
  };
}

const failures = {
  notFound: { outcome: "not_found", httpStatus: 404, rpcCode: "not_found", errorId: "student_not_found" },
  saturated: {
    ...{ outcome: "limited", httpStatus: 429, rpcCode: "resource_exhausted" },
    errorId: "service_saturated",
  },
  stranger: {
    ...{ outcome: "unauthenticated", httpStatus: 401, rpcCode: "unauthenticated" },
    errorId: "token_unknown",
  },
} as const;

function* dayOf(tokens: Tokens, day: number): Generator<JournalLine> {
  const noon = noonOf(10, day);
  const town = { tokenId: tokens.town, procedureId: "dem_town" };
  // Students 1 to 10 + day: 41 over the month. Each call a minute apart, each twentieth slow.
  for (let call = 1; call <= townAnswered(day); call += 1) {
    yield line(noon + call * 60_000, { ...town, durationUs: call === 1 ? 90_000 : 2000 }, call);
  }
  // An INE that nobody has: no student was consulted.
  yield line(noon + 30_000, { ...town, ...failures.notFound }, 9000 + day);
  for (let call = 0; call < 5; call += 1) {
    const region = { tokenId: tokens.region, procedureId: "dem_region", protocol: "grpc" };
    yield line(noon - call * 3_600_000, { ...region, httpMethod: "POST" }, 1000 + day);
  }
  for (let call = 0; call < 2; call += 1) {
    const other = { tokenId: tokens.other, procedureId: "dem_other", rpc: version3 };
    yield line(noon + call, { ...other, route: "/v3/mesri/statut_etudiant/ine" }, 2000 + call);
  }
  for (let call = 0; call < 3; call += 1) yield line(noon + call, failures.stranger);
  if (day !== burstDay) return;
  for (let call = 0; call < burst.saturated; call += 1)
    yield line(noon + 100, { ...town, ...failures.saturated });
}

/** The 45 answered calls of the burst are the region's, which come on top of its month. */
function* burstOf(tokens: Tokens): Generator<JournalLine> {
  const region = { tokenId: tokens.region, procedureId: "dem_region", protocol: "grpc" };
  for (let call = 0; call < burst.answered; call += 1) {
    yield line(
      noonOf(10, burstDay) + call,
      { ...region, sealed: { agent: "agent-7" } as JournalLine["sealed"] },
      1000 + burstDay,
    );
  }
}

function* september(tokens: Tokens): Generator<JournalLine> {
  const town = { tokenId: tokens.town, procedureId: "dem_town" };
  for (let day = 1; day <= 30; day += 1) {
    for (let call = 0; call < 4; call += 1) yield line(noonOf(9, day) + call * 1000, town, 5000);
  }
}

/** Calls that are nobody's: the self-probe's and an operator's search. */
function* ownTraffic(): Generator<JournalLine> {
  yield line(noonOf(10, 2), { tokenId: "probe", procedureId: "probe" });
  yield line(noonOf(10, 2), { protocol: "cli", rpc: "journal/search" });
}

/** Calls at the ends of the month in Paris: two in it, two beside it. */
function* edges(tokens: Tokens): Generator<JournalLine> {
  const other = { tokenId: tokens.other, procedureId: "dem_other", rpc: version3 };
  for (const instant of [`${year}-09-30T21:59:59.999Z`, `${year}-10-31T23:00:00.000Z`]) {
    yield line(Date.parse(instant), other, 3000);
  }
  for (const instant of [`${year}-09-30T22:00:00.000Z`, `${year}-10-31T22:59:59.999Z`]) {
    yield line(Date.parse(instant), other, 3001);
  }
}

/** All lines, in an order that has nothing to do with their time. */
function scriptedLines(tokens: Tokens): JournalLine[] {
  const lines = [
    ...september(tokens),
    ...Array.from({ length: days }, (_, index) => [...dayOf(tokens, index + 1)]).flat(),
    ...burstOf(tokens),
    ...ownTraffic(),
    ...edges(tokens),
  ];
  // 7919 is prime and no divisor of the number of lines.
  return lines.map((_, index) => lines[(index * 7919) % lines.length] as JournalLine);
}

/** Writes the script through two writers at once, as two instances would. */
export async function journalScript(location: DatabaseLocation, tokens: Tokens): Promise<void> {
  const options = {
    database: location,
    keys: parseJournalKeys(journalKeys),
    // How fast the machine is does not matter: no line is late.
    clock: { now: () => noonOf(11, 1), monotonic: () => 0 },
    onError: (error: Error) => {
      throw error;
    },
  };
  const journals = [await createJournal(options), await createJournal(options)];
  const lines = scriptedLines(tokens);
  for (let start = 0; start < lines.length; start += 100) {
    const group = lines.slice(start, start + 100);
    await Promise.all(group.map((each, index) => journals[index % 2]?.append(each)));
  }
  for (const journal of journals) await journal.close();
}

/** The year of the last October that is over; calls stand up to some days behind it. */
function octoberOver(now: Date): number {
  const year = now.getUTCFullYear();
  return now.getTime() >= Date.UTC(year, 10, 5) ? year : year - 1;
}

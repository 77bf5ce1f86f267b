// The service as a partner of the public contract reaches it, and tokens of every kind for it.
import { raiseVersion } from "../../src/access/access-storage.ts";
import { allScopes } from "../../src/access/scopes.ts";
import { terminalActor } from "../../src/audit/actor.ts";
import { createLedger } from "../../src/audit/ledger.ts";
import { issueAtTerminal } from "../../src/cli/issue-at-terminal.ts";
import { systemClock } from "../../src/clock.ts";
import { locateDatabase, openDatabase } from "../../src/storage/database.ts";
import type { IssuedToken, TerminalTokenRequest } from "../../src/token/terminal-token.ts";
import { sampleStorage } from "../access/sample-access.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningService, startService } from "../support/service.ts";

export const recipient = "13002526500013";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly body: unknown;
}

export interface PublicPort extends AsyncDisposable {
  readonly service: RunningService;
  readonly access: ReturnType<typeof sampleStorage>;
  /** A GET unless `init` says otherwise. The demonstration's token is the bearer unless `init` has headers. */
  call(target: string, init?: RequestInit): Promise<Answer>;
  /** Issues a token of a partner whose SIRET is made from `partner`. */
  issue(
    different?: Partial<TerminalTokenRequest> & { partner?: number; issuedDaysAgo?: number },
  ): Promise<IssuedToken>;
  /** Waits until the service knows all tokens and changes so far. */
  settle(): Promise<void>;
}

const dayMs = 86_400_000;

/** Starts the demonstration, fast and behind a trusted proxy, so that tests choose their address. */
export async function openPublicPort(environment: Record<string, string> = {}): Promise<PublicPort> {
  const service = await startService({
    environment: {
      CALLS_PER_SECOND: "100000",
      TOKEN_CALLS_PER_SECOND: "100000",
      QUEUE_MAX_WAIT_MS: "5000",
      TRUSTED_PROXIES: "127.0.0.0/8",
      ...environment,
    },
  });
  const place = { dataDir: service.dataDir, databaseUrl: undefined };
  const database = openDatabase(locateDatabase(place, "main"));
  const access = sampleStorage(database);
  const port: PublicPort = {
    service,
    access,
    call: (target, init = { headers: bearer(service.token) }) => call(service.origin, target, init),
    issue({ partner = 1, issuedDaysAgo = 0, ...different } = {}) {
      const clock = { ...systemClock, now: () => systemClock.now() - issuedDaysAgo * dayMs };
      const ledger = createLedger({ database, clock, raiseVersion });
      return issueAtTerminal(ledger, terminalActor(), {
        partnerSiret: siretOf(partner),
        partnerName: `Partenaire ${partner}`,
        procedureName: "Essais du contrat",
        scopes: [...allScopes],
        networks: [],
        expiresInDays: undefined,
        callsPerSecond: undefined,
        validFrom: undefined,
        ...different,
      });
    },
    async settle() {
      const { secret } = await port.issue({ partner: 999 });
      let attempt = 0;
      await eventually(async () => {
        attempt += 1;
        const headers = {
          ...bearer(secret),
          "x-forwarded-for": `198.51.${100 + (attempt >> 8)}.${attempt & 255}`,
        };
        return (await port.call("/v1/token", { headers })).status === 200;
      });
    },
    async [Symbol.asyncDispose]() {
      await database.close();
      await service[Symbol.asyncDispose]();
    },
  };
  await port.settle();
  return port;
}

export async function call(origin: string, target: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(`${origin}${target}`, init);
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== "" ? JSON.parse(text) : undefined,
  };
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Every non-empty subset. */
export function subsetsOf<T>(items: readonly T[]): T[][] {
  return Array.from({ length: 2 ** items.length - 1 }, (_, index) =>
    items.filter((_item, bit) => ((index + 1) >> bit) & 1),
  );
}

/** The SIRET of nobody, with a valid check digit. */
function siretOf(number: number): string {
  const body = `9${String(number).padStart(12, "0")}`;
  for (let key = 0; key < 10; key += 1) if (luhn(`${body}${key}`) % 10 === 0) return `${body}${key}`;
  throw new Error("one of ten digits makes the sum");
}

function luhn(digits: string): number {
  const weighted = [...digits].map((digit, index) => Number(digit) * (index % 2 === 0 ? 2 : 1));
  return weighted.reduce((sum, value) => sum + (value > 9 ? value - 9 : value), 0);
}

/** What no answer of the public contract may hold, as paths: null, and dates with a time. */
export function impurities(value: unknown, path = "$"): string[] {
  if (value === null) return [`${path} is null`];
  if (typeof value === "string") return /^\d{4}-\d\d-\d\dT/.test(value) ? [`${path} is a date-time`] : [];
  if (typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, item]) => impurities(item, `${path}.${key}`));
}

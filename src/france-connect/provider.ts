// Asks FranceConnect about a token: which question each version wants, and when not to ask at all.
import Breaker from "opossum";
import type { Clock } from "../clock.ts";
import { ServiceError, serviceError } from "../errors.ts";
import type { FranceConnectSettings, Version2Settings } from "./france-connect-settings.ts";
import { type HttpAnswer, type HttpExchange, type HttpQuestion, retryAfterMs } from "./http-exchange.ts";
import type { Introspection } from "./introspection.ts";
import { judgeVersion1 } from "./judge-version-1.ts";
import { judgeVersion2, mayHelpToRenewKeys } from "./judge-version-2.ts";
import { createSigningKeys } from "./signing-keys.ts";

export interface FranceConnectProvider {
  /**
   * Asks what the token stands for, each time anew: it lives for a minute and can be withdrawn. Errors: those of the
   * exchange and of the judgement, and `service_saturated` when too many questions are under way.
   */
  introspect(token: string): Promise<Introspection>;
  close(): void;
}

export interface ProviderParts {
  readonly settings: FranceConnectSettings;
  readonly exchange: HttpExchange;
  readonly clock: Clock;
  /** Gets what the calls do not tell: keys that could not be renewed, a circuit that opens. */
  readonly report: (cause: unknown) => void;
  /** Time without questions once FranceConnect is held to be down, in milliseconds. */
  readonly breakMs?: number;
}

/** Questions under way at a time. At 50 calls per second and the longest answer of 1.5 s there are 75. */
const maxQuestions = 100;
/** Answers and refusals that count, in milliseconds, and how many there must be before half of them mean something. */
const windowMs = 10_000;
const fewestAnswers = 5;

export function createProvider(parts: ProviderParts): FranceConnectProvider {
  const { settings, clock, report } = parts;
  const breaker = createBreaker(parts);
  const ask = (question: HttpQuestion) => askWithin(breaker, question);
  const introspect =
    settings.version === 1
      ? version1(settings.url, ask)
      : version2(settings, ask, clock, parts.exchange, report);
  let questions = 0;
  return {
    async introspect(token) {
      if (questions >= maxQuestions) throw serviceError("service_saturated", { retryAfterMs: 1000 });
      questions += 1;
      try {
        return await introspect(token);
      } finally {
        questions -= 1;
      }
    },
    close: () => breaker.shutdown(),
  };
}

type Ask = (question: HttpQuestion) => Promise<HttpAnswer>;

function version1(url: string, ask: Ask): FranceConnectProvider["introspect"] {
  return async (token) => {
    const headers = { accept: "application/json", "content-type": "application/json" };
    const answer = await ask({ url, method: "POST", headers, body: JSON.stringify({ token }) });
    // Version 1 says so of tokens that it does not know.
    if (answer.status === 401) return { isActive: false };
    return judgeVersion1(onlySuccess(answer));
  };
}

function version2(
  settings: Version2Settings,
  ask: Ask,
  clock: Clock,
  exchange: HttpExchange,
  report: (cause: unknown) => void,
): FranceConnectProvider["introspect"] {
  const { url, clientId, clientSecret, issuer, decryptionKeys } = settings;
  const expected = { issuer, audience: clientId, decryptionKeys: decryptionKeys?.keys ?? [] };
  const signingKeys = createSigningKeys(settings.jwksUrl, exchange, clock, report);
  // The first call need not wait for them.
  signingKeys.current().catch(report);
  const headers = {
    accept: "application/token-introspection+jwt",
    "content-type": "application/x-www-form-urlencoded",
  };
  return async (token) => {
    const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, token }).toString();
    const answer = onlySuccess(await ask({ url, method: "POST", headers, body }));
    const nowMs = clock.now();
    const keys = await signingKeys.current();
    return await judgeVersion2(answer, expected, keys, nowMs).catch(async (error: unknown) => {
      const renewed = mayHelpToRenewKeys(error) ? await signingKeys.renewed() : undefined;
      if (renewed === undefined) throw error;
      return await judgeVersion2(answer, expected, renewed, nowMs);
    });
  };
}

/** What a status other than 200 means: FranceConnect is down, or did not understand us. */
function onlySuccess(answer: HttpAnswer): HttpAnswer {
  if (answer.status === 200) return answer;
  const cause = new Error(`FranceConnect: HTTP ${answer.status}`);
  throw serviceError("france_connect_answer_unreadable", { cause });
}

/**
 * A circuit breaker of opossum: when half of the answers of ten seconds failed, nothing is asked for a while, then one
 * question tries. Its pauses are timers; that of cockatiel reads the wall clock, which set back an hour would hold
 * the circuit open for an hour. What FranceConnect answers by a refusal is no outage.
 */
function createBreaker({ exchange, report, breakMs = retryAfterMs }: ProviderParts) {
  const breaker = new Breaker<[HttpQuestion], HttpAnswer>(
    async (question) => onlyAvailable(await exchange(question)),
    {
      timeout: false,
      resetTimeout: breakMs,
      rollingCountTimeout: windowMs,
      volumeThreshold: fewestAnswers,
      errorThresholdPercentage: 50,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      errorFilter: (error: unknown) => !isOutage(error),
    },
  );
  breaker.on("open", () => report(new Error("FranceConnect: the circuit is open")));
  return breaker;
}

function onlyAvailable(answer: HttpAnswer): HttpAnswer {
  if (answer.status < 500 && answer.status !== 429) return answer;
  const cause = new Error(`FranceConnect: HTTP ${answer.status}`);
  throw serviceError("france_connect_down", { retryAfterMs, cause });
}

function isOutage(error: unknown): boolean {
  return (
    error instanceof ServiceError &&
    (error.id === "france_connect_down" || error.id === "france_connect_slow")
  );
}

async function askWithin(
  breaker: Breaker<[HttpQuestion], HttpAnswer>,
  question: HttpQuestion,
): Promise<HttpAnswer> {
  try {
    return await breaker.fire(question);
  } catch (error) {
    if (!Breaker.isOurError(error as Error)) throw error;
    const cause = new Error("FranceConnect: not asked, the circuit is open");
    throw serviceError("france_connect_down", { retryAfterMs, cause });
  }
}

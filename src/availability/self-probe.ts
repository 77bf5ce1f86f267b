// The service calls itself as a partner would, every minute, through its public port: connection, token, guard, lookup
// and journal. The call is nobody's: its token exists in this process only, and no statistics count it.
import { timingSafeEqual } from "node:crypto";
import { request as httpsRequest } from "node:https";
import type { Caller } from "../access/caller.ts";
import { createTokenSecret, hashTokenSecret } from "../access/token-secret.ts";
import { request as httpRequest } from "../node-http.ts";

/** The token of the probe in the journal; the roll-ups leave it out. */
const probeTokenId = "probe";
const timeoutMs = 5000;
/** An INE that nobody has. */
const target = "/v1/students/0000000000A?recipient=13002526500013";

export interface ProbeCredential {
  readonly secret: string;
  /** The probe as a caller, when the credential is its own; compared in constant time. */
  recognize(credential: string): Caller | undefined;
}

export function createProbeCredential(): ProbeCredential {
  const secret = createTokenSecret();
  const expected = hashTokenSecret(secret);
  const caller: Caller = {
    ...{ tokenId: probeTokenId, procedureId: probeTokenId, procedureName: "Sonde" },
    ...{ partnerId: probeTokenId, partnerSiret: "", partnerName: "Sonde" },
    ...{ scopes: new Set(["mesri_identite"]), callsPerSecond: undefined, allowedNetworks: [] },
    ...{ validFrom: 0, expiresAt: Number.MAX_SAFE_INTEGER },
  };
  return {
    secret,
    recognize: (credential) => (timingSafeEqual(hashTokenSecret(credential), expected) ? caller : undefined),
  };
}

export interface ProbeTarget {
  /** The address that the service listens on. */
  readonly host: string;
  readonly port: number;
  /** The service's own certificate, when it speaks TLS. */
  readonly certificate: string | undefined;
  readonly secret: string;
}

/** What a probe found: empty when the service answered as it must, else why not. */
export type ProbeCause = "" | "unreachable" | "timeout" | "server_error" | "wrong_answer";

/** Looks a student up that does not exist: who is told so has been served. A full service is one that keeps its promise. */
export function probe({ host, port, certificate, secret }: ProbeTarget): Promise<ProbeCause> {
  const options = {
    ...{ host: reachable(host), port, path: target, timeout: timeoutMs, agent: false as const },
    headers: { authorization: `Bearer ${secret}`, "user-agent": "statut-self-probe" },
  };
  const { promise, resolve } = Promise.withResolvers<ProbeCause>();
  const request =
    certificate === undefined
      ? httpRequest(options)
      : // Reached by its address, whatever name it is for.
        httpsRequest({
          ...options,
          ca: certificate,
          allowPartialTrustChain: true,
          checkServerIdentity: () => undefined,
        });
  const deadline = setTimeout(() => {
    resolve("timeout");
    request.destroy();
  }, timeoutMs);
  request
    .on("response", (response) => {
      response.resume();
      resolve(judge(response.statusCode ?? 0));
    })
    .on("error", () => resolve("unreachable"))
    .on("close", () => clearTimeout(deadline))
    .end();
  return promise;
}

function judge(status: number): ProbeCause {
  if (status === 404 || status === 200 || status === 429) return "";
  return status >= 500 ? "server_error" : "wrong_answer";
}

/** A service that listens everywhere is reached here. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

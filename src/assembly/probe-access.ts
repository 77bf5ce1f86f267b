// How the self-probe gets in: by a credential that is no token and lives as long as this process.
import type { IncomingHttpHeaders } from "node:http";
import type { Caller } from "../access/caller.ts";
import { createProbeCredential } from "../availability/self-probe.ts";
import { ServiceError } from "../errors.ts";

type Authenticate = (headers: IncomingHttpHeaders, clientAddress: string) => Caller;

export interface ProbeAccess {
  readonly secret: string;
  /** An authentication that knows the self-probe too. */
  recognizeProbe(authenticate: Authenticate): Authenticate;
}

export function createProbeAccess(): ProbeAccess {
  const credential = createProbeCredential();
  return {
    secret: credential.secret,
    recognizeProbe(authenticate) {
      return (headers, clientAddress) => {
        try {
          return authenticate(headers, clientAddress);
        } catch (error) {
          const isUnknown = error instanceof ServiceError && error.id === "token_unknown";
          const secret = isUnknown ? headers.authorization?.slice("Bearer ".length) : undefined;
          const caller = secret === undefined ? undefined : credential.recognize(secret);
          if (caller === undefined) throw error;
          return caller;
        }
      };
    },
  };
}

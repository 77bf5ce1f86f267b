// A lookup by FranceConnect on every surface, with one face: what was answered, or by which row it was refused.
import { ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { StudentStatusService } from "../../src/gen/particulier/v3/student_status_pb.ts";
import { LookupService } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { connectTransports, withToken } from "../support/clients.ts";

export interface Outcome {
  /** HTTP status, or the RPC code on gRPC. */
  readonly status: number;
  /** `google.rpc.ErrorInfo.reason` in lower case, the code of version 3, or empty for an answer. */
  readonly reason: string;
  /** Seconds after which the caller is told to come back. */
  readonly retryAfter: number | undefined;
  readonly requestId: string;
  /** All that came back, as text. */
  readonly text: string;
}

export interface Ask {
  readonly token: string;
  readonly recipient: string;
  readonly headers?: Record<string, string>;
}

export type SurfaceName = "gRPC" | "Connect" | "REST" | "version 3" | "gRPC of version 3";

/** Asks on every surface of a service. */
export function surfacesOf(origin: string): Record<SurfaceName, (ask: Ask) => Promise<Outcome>> {
  const transports = connectTransports(origin);
  const overRpc = (name: string) => {
    const transport = transports[name];
    if (transport === undefined) throw new Error(name);
    const client = createClient(LookupService, transport);
    return ({ token, recipient, headers }: Ask) =>
      outcomeOfCall((onHeader) =>
        client.lookupByFranceConnect({ recipient }, { ...withToken(token, headers), onHeader }),
      );
  };
  return {
    gRPC: overRpc("gRPC"),
    Connect: overRpc("Connect JSON over HTTP/1.1"),
    REST: ({ token, recipient, headers }) =>
      outcomeOfFetch(`${origin}/v1/students:lookupByFranceConnect`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
        body: JSON.stringify({ recipient }),
      }),
    "version 3": ({ token, recipient, headers }) =>
      outcomeOfFetch(`${origin}/v3/mesri/statut_etudiant/france_connect?recipient=${recipient}`, {
        headers: { authorization: `Bearer ${token}`, ...headers },
      }),
    "gRPC of version 3": ({ token, recipient, headers }) => {
      const client = createClient(StudentStatusService, transports["gRPC"] as Transport);
      return outcomeOfCall((onHeader) =>
        client.getByFranceConnect({ recipient }, { ...withToken(token, headers), onHeader }),
      );
    },
  };
}

async function outcomeOfCall(
  call: (onHeader: (headers: Headers) => void) => Promise<unknown>,
): Promise<Outcome> {
  let requestId = "";
  try {
    const message = await call((headers) => {
      requestId = headers.get("x-request-id") ?? "";
    });
    const text = JSON.stringify(message, (_, value) => (typeof value === "bigint" ? String(value) : value));
    return { status: 0, reason: "", retryAfter: undefined, requestId, text };
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const [info] = error.findDetails(ErrorInfoSchema);
    const [retry] = error.findDetails(RetryInfoSchema);
    return {
      status: error.code,
      reason: info?.reason.toLowerCase() ?? "",
      retryAfter: retry?.retryDelay === undefined ? undefined : Number(retry.retryDelay.seconds),
      requestId: requestId || (error.metadata.get("x-request-id") ?? ""),
      text: error.message,
    };
  }
}

async function outcomeOfFetch(url: string, init: RequestInit): Promise<Outcome> {
  const response = await fetch(url, init);
  const text = await response.text();
  const body = JSON.parse(text);
  const reason = response.ok ? "" : (body.errors?.[0].code ?? body.details[0].reason.toLowerCase());
  const retryAfter = response.headers.get("retry-after");
  return {
    status: response.status,
    reason,
    retryAfter: retryAfter === null ? undefined : Number(retryAfter),
    requestId: response.headers.get("x-request-id") ?? "",
    text,
  };
}

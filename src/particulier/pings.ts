// The pings of the public contract: for monitoring, without a token. They read memory alone, and each one counts
// against its address.
import type { Reply } from "../request/reply.ts";
import type { Route } from "../request/routes.ts";
import type { ReadinessWatch } from "./readiness.ts";

/** Routes by path. */
export function createPings(readiness: ReadinessWatch): ReadonlyMap<string, Route> {
  return new Map([
    ping("/api/ping", () => reply(200, "text/plain; charset=utf-8", "pong")),
    ping("/api/mesri_statut_etudiant_ine/ping", () => {
      const { status, lastUpdate, lastOk } = readiness.read();
      const body = {
        status,
        last_update: writeInstant(lastUpdate),
        last_ok_status: lastOk === undefined ? null : writeInstant(lastOk),
      };
      return reply(status === "bad_gateway" ? 502 : 200, "application/json", JSON.stringify(body));
    }),
  ]);
}

function ping(path: string, answer: () => Reply): [path: string, route: Route] {
  return [
    path,
    {
      protocol: "rest",
      pattern: path,
      rpc: "",
      isPublic: true,
      countsAddress: true,
      isStreaming: false,
      call: async () => answer(),
    },
  ];
}

function reply(status: number, contentType: string, text: string): Reply {
  return {
    status,
    headers: { "content-type": contentType },
    body: Buffer.from(text),
    trailers: undefined,
    error: undefined,
  };
}

function writeInstant(instant: number): string {
  return new Date(instant).toISOString();
}

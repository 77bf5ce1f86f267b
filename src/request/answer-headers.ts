import type { Call } from "./call.ts";
import type { Reply } from "./reply.ts";

/** What every answer of ours says, whatever it answers. */
export function writeCommonHeaders({ headers }: Reply, { requestId }: Call): void {
  headers["x-request-id"] = requestId;
  headers["cache-control"] ??= "no-store";
  headers["x-content-type-options"] = "nosniff";
}

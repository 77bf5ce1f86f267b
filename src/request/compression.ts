// The compressions that messages of RPC may have. REST has its own (src/transcoder/compression.ts).
import type { IncomingHttpHeaders } from "node:http";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { serviceError } from "../errors.ts";
import type { Protocol } from "./protocol.ts";

export const compressions = [compressionGzip, compressionBrotli] as const;

const names: ReadonlySet<string> = new Set(["identity", ...compressions.map(({ name }) => name)]);

/** How each protocol says what a message is compressed with, and what the other side accepts. */
const headersOf: Readonly<Record<Protocol, readonly [encoding: string, accepted: string]>> = {
  grpc: ["grpc-encoding", "grpc-accept-encoding"],
  "grpc-web": ["grpc-encoding", "grpc-accept-encoding"],
  "connect-stream": ["connect-content-encoding", "connect-accept-encoding"],
  connect: ["content-encoding", "accept-encoding"],
  rest: ["content-encoding", "accept-encoding"],
};

/**
 * Refuses a compression that we do not read, and names those that we do, as gRPC and Connect ask for. Connect would
 * refuse it too, in words of its own. Errors: `compression_unsupported`.
 */
export function refuseUnknownCompression(protocol: Protocol, headers: IncomingHttpHeaders): void {
  const [encoding, accepted] = headersOf[protocol];
  const name = headers[encoding];
  if (name === undefined || names.has(String(name))) return;
  const error = serviceError("compression_unsupported");
  error.metadata.set(accepted, compressions.map((compression) => compression.name).join(","));
  throw error;
}

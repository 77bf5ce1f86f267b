// The compressions that messages of RPC may have. REST has its own (src/transcoder/compression.ts).
import type { IncomingHttpHeaders } from "node:http";
import type { Compression } from "@connectrpc/connect/protocol";
import { serviceError } from "../errors.ts";
import type { Protocol } from "./protocol.ts";

export const compressions: readonly Compression[] = [
  compression("gzip", async () => (await import("@connectrpc/connect-node")).compressionGzip),
  compression("br", async () => (await import("@connectrpc/connect-node")).compressionBrotli),
];

/** One that is loaded when a message has it: its package brings clients, which take their time. */
function compression(name: string, load: () => Promise<Compression>): Compression {
  return {
    name,
    compress: async (bytes) => (await load()).compress(bytes),
    decompress: async (bytes, readMaxBytes) => (await load()).decompress(bytes, readMaxBytes),
  };
}

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

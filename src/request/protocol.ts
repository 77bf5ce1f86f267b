/** How a caller speaks, which decides how it reads errors. */
export type Protocol = "grpc" | "grpc-web" | "connect" | "connect-stream" | "rest";

/** The protocol of a request for an RPC path, by its media type (https://connectrpc.com/docs/protocol). */
export function detectProtocol(contentType: string | undefined): Protocol {
  if (contentType === undefined) return "connect";
  if (contentType.startsWith("application/grpc-web")) return "grpc-web";
  if (contentType.startsWith("application/grpc")) return "grpc";
  if (contentType.startsWith("application/connect+")) return "connect-stream";
  return "connect";
}

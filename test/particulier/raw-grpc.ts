// A gRPC call by hand: any path, any bytes, and the status that comes back.
import { connect } from "node:http2";

/** Calls a unary method and gives the status of its end, in trailers or, when nothing was answered, in headers. */
export async function callGrpc(
  origin: string,
  path: string,
  message: Uint8Array,
  headers: Record<string, string>,
): Promise<{ code: number; message: string }> {
  const session = connect(origin);
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; message: string }>();
  session.on("error", reject);
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc+proto",
    te: "trailers",
    ...headers,
  });
  const note = (received: Record<string, unknown>) => {
    if (received["grpc-status"] === undefined) return;
    const text = decodeURIComponent(String(received["grpc-message"] ?? ""));
    resolve({ code: Number(received["grpc-status"]), message: text });
  };
  stream.on("response", note);
  stream.on("trailers", note);
  stream.on("error", reject);
  stream.on("close", () => reject(new Error(`${path} ended without a status`)));
  stream.resume();
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.byteLength, 1);
  stream.end(Buffer.concat([prefix, message]));
  try {
    return await promise;
  } finally {
    session.destroy();
  }
}

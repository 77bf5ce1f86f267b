// Requests that no client library would send: bytes as they are, over a socket of their own.
import { once } from "node:events";
import { connect } from "node:net";

/** Sends bytes and returns all that comes back until the server closes or `quietMs` pass without a byte. */
export async function sendRaw(port: number, bytes: string | Uint8Array, quietMs = 300): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  // A reset after the answer is the server's right.
  socket.on("error", () => {});
  socket.setTimeout(quietMs, () => socket.destroy());
  socket.write(bytes);
  await once(socket, "close");
  return received;
}

/** The status of a raw HTTP/1.1 answer, or undefined when nothing came. */
export function statusOf(answer: string): number | undefined {
  const [, status] = /^HTTP\/1\.[01] ([0-9]{3})/.exec(answer) ?? [];
  return status === undefined ? undefined : Number(status);
}

// Requests that no client library would send: bytes as they are, over a socket of their own.
import { once } from "node:events";
import { connect } from "node:net";

/** Silence after which nothing comes any more, however slow the machine is, in milliseconds. */
const silenceMs = 30_000;

const hasHeaders = (received: string) => received.includes("\r\n\r\n");

/** For answers behind which the server closes. */
export const untilClosed = () => false;

/** Sends bytes and returns all that comes back until it is enough, or until the server closes. */
export async function sendRaw(
  port: number,
  bytes: string | Uint8Array,
  isEnough: (received: string) => boolean = hasHeaders,
): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
    if (isEnough(received)) socket.destroy();
  });
  // A reset after the answer is the server's right.
  socket.on("error", () => {});
  socket.setTimeout(silenceMs, () => socket.destroy(new Error("neither an answer nor an end")));
  socket.write(bytes);
  await once(socket, "close");
  return received;
}

/** The status of a raw HTTP/1.1 answer, or undefined when nothing came. */
export function statusOf(answer: string): number | undefined {
  const [, status] = /^HTTP\/1\.[01] ([0-9]{3})/.exec(answer) ?? [];
  return status === undefined ? undefined : Number(status);
}

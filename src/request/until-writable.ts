import type { Writable } from "node:stream";

/** Waits until a full stream takes more, or is gone. It leaves no listener behind. */
export function untilWritable(stream: Writable): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const proceed = () => {
    stream.off("drain", proceed).off("close", proceed);
    resolve();
  };
  stream.on("drain", proceed).on("close", proceed);
  if (stream.destroyed) proceed();
  return promise;
}

import type { Socket } from "node:net";
import { addressKey } from "../access/address-key.ts";

export interface ConnectionPlaces {
  /** Takes a place until the socket closes, or cuts it at once when its address has none left. */
  enter(socket: Socket): void;
}

/** A place for each connection: `maxOfAddress` at a time for an address, as many as there are where it is not counted. */
export function createConnectionPlaces(
  maxOfAddress: number,
  isCounted: (address: string) => boolean,
): ConnectionPlaces {
  const byAddress = new Map<string, number>();
  return {
    enter(socket) {
      const { remoteAddress } = socket;
      // Whoever has left already holds nothing.
      if (remoteAddress === undefined || !isCounted(remoteAddress)) return;
      const key = addressKey(remoteAddress);
      const held = byAddress.get(key) ?? 0;
      if (held >= maxOfAddress) {
        socket.destroy();
        return;
      }
      byAddress.set(key, held + 1);
      socket.once("close", () => {
        const left = (byAddress.get(key) ?? 1) - 1;
        if (left === 0) byAddress.delete(key);
        else byAddress.set(key, left);
      });
    },
  };
}

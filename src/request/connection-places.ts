import type { Socket } from "node:net";
import { AddressPlaces } from "./address-places.ts";
import { connectionLimits } from "./connection-limits.ts";

/** Takes a place for each connection until it closes, and cuts those whose address has none left; proxies are not counted. */
export function createConnectionPlaces(isProxy: (address: string) => boolean): (socket: Socket) => void {
  const places = new AddressPlaces(connectionLimits.maxConnectionsOfAddress);
  return (socket) => {
    const { remoteAddress } = socket;
    // Whoever has left already holds nothing.
    if (remoteAddress === undefined || isProxy(remoteAddress)) return;
    if (places.enter(remoteAddress)) socket.once("close", () => places.leave(remoteAddress));
    else socket.destroy();
  };
}

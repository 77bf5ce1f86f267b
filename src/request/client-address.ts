import ipaddr from "ipaddr.js";
import type { Network } from "../config.ts";

/**
 * The address of the caller: that of the connection's peer, or, when the peer is a trusted proxy, the last address
 * of `X-Forwarded-For` that is not a trusted proxy itself. What a stranger writes in that header is never believed.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | string[] | undefined,
  trustedProxies: readonly Network[],
): string {
  const own = normalize(peer);
  if (forwardedFor === undefined || trustedProxies.length === 0 || !isTrustedProxy(own, trustedProxies))
    return own;
  const hops = String(forwardedFor).split(",");
  let address = own;
  for (let index = hops.length - 1; index >= 0; index -= 1) {
    const hop = hops[index]?.trim() ?? "";
    if (!ipaddr.isValid(hop)) return address;
    address = normalize(hop);
    if (!isTrustedProxy(address, trustedProxies)) return address;
  }
  return address;
}

/** IPv4 addresses that arrive as IPv6 (`::ffff:192.0.2.1`) are written as IPv4. */
function normalize(address: string): string {
  if (!address.includes(":")) return address;
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}

/** Whether the address is that of a proxy whose `X-Forwarded-For` is believed. */
export function isTrustedProxy(address: string, networks: readonly Network[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return networks.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
}

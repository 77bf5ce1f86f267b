import ipaddr from "ipaddr.js";
import type { Network } from "../config.ts";

/** IPv4 networks that are written in IPv6 form (`::ffff:192.0.2.0/120`) start after these bits. */
const mappedBits = 96;

/**
 * Reads one network of a token's list: CIDR notation, or a single address. Bits beyond the prefix are cleared and
 * IPv4-mapped networks become IPv4, so that the list compares and prints in one form. Undefined: not a network.
 */
export function parseNetwork(text: string): Network | undefined {
  const [address = "", bits, ...rest] = text.trim().split("/");
  if (rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/u.test(bits))) return undefined;
  // ipaddr.js also reads "10.1" and "0x0a000001"; nobody who writes an allow-list means these.
  const strict = address.includes(":")
    ? ipaddr.IPv6.isValid(address) && !address.includes("%")
    : ipaddr.IPv4.isValidFourPartDecimal(address);
  if (!strict) return undefined;
  const parsed = ipaddr.parse(address);
  const full = parsed.kind() === "ipv4" ? 32 : 128;
  const length = bits === undefined ? full : Number(bits);
  if (length > full) return undefined;
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) {
    return length < mappedBits ? undefined : clearHostBits(parsed.toIPv4Address(), length - mappedBits);
  }
  return clearHostBits(parsed, length);
}

/** Reads a network that was checked before it was stored. */
export function parseStoredNetwork(text: string): Network {
  const network = parseNetwork(text);
  // Skipping it would widen the list, down to "any address" when it was the only one.
  if (network === undefined) throw new Error(`stored network ${JSON.stringify(text)} is not a network`);
  return network;
}

function clearHostBits(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): Network {
  const cidr = `${address.toString()}/${bits}`;
  return address.kind() === "ipv4"
    ? [ipaddr.IPv4.networkAddressFromCIDR(cidr), bits]
    : [ipaddr.IPv6.networkAddressFromCIDR(cidr), bits];
}

/** CIDR notation of a network. */
export function formatNetwork([address, bits]: Network): string {
  return `${address.toString()}/${bits}`;
}

/** Whether an address lies in one of the networks. What is no address lies in none. */
export function isInNetworks(address: string, networks: readonly Network[]): boolean {
  const parsed = parseAddress(address);
  if (parsed === undefined) return false;
  return networks.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
}

/** Reads once: asking first whether the text is valid would double the time. */
function parseAddress(address: string): Network[0] | undefined {
  try {
    // IPv4-mapped IPv6 becomes IPv4.
    return ipaddr.process(address);
  } catch {
    return undefined;
  }
}

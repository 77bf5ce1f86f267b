import ipaddr from "ipaddr.js";

/** Who is counted under an address. An IPv6 subscriber owns a /64 at least and can change address at will: the network. */
export function addressKey(address: string): string {
  if (!address.includes(":") || !ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(":") : parsed.toString();
}

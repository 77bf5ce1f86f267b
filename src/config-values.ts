// How the values of settings are read from their texts. What is wrong with one is a sentence that follows its name.
import ipaddr from "ipaddr.js";

/** A value that cannot be used: it names the variable and never repeats a secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export function text(value: string): string {
  return value;
}

export function integer(minimum: number, maximum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^[0-9]+$/.test(value) || number < minimum || number > maximum) {
      throw new Error(`must be a whole number from ${minimum} to ${maximum}`);
    }
    return number;
  };
}

export function choice<const T extends string>(...values: T[]): (value: string) => T {
  return (value) => {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw new Error(`must be one of ${values.join(", ")}`);
    return found;
  };
}

/** A sentence that pages show. */
export function sentence(value: string): string {
  if (!/^[^\p{C}]{1,500}$/u.test(value)) throw new Error("must be one line of at most 500 characters");
  return value;
}

export function url(...protocols: string[]): (value: string) => string {
  return (value) => {
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
      throw new Error(`must be a URL that starts with ${protocols.map((name) => `${name}//`).join(" or ")}`);
    }
    return value;
  };
}

/** Browsers keep the dashboard's cookies over TLS and on loopback only. */
export function origin(value: string): string {
  if (!URL.canParse(value) || new URL(value).origin !== value || !isTrusted(new URL(value))) {
    throw new Error("must be https:// and a host, without path, as https://statut-etudiant.example");
  }
  return value;
}

export function sender(value: string): string {
  if (!/^(?:[^<>@\p{C}]{1,100} <[^\s<>@]+@[A-Za-z0-9.-]+>|[^\s<>@]+@[A-Za-z0-9.-]+)$/u.test(value)) {
    throw new Error("must be an e-mail address, or a name and an address as in Name <address>");
  }
  return value;
}

/** What travels to it is encrypted, or never leaves this machine. */
function isTrusted({ protocol, hostname }: URL): boolean {
  const isLoopback = /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);
  return protocol === "https:" || (protocol === "http:" && isLoopback);
}

export function issuer(value: string): string {
  const given = URL.canParse(value) ? new URL(value) : undefined;
  if (given === undefined || !isTrusted(given) || given.search !== "" || value.endsWith("/")) {
    throw new Error("must be the https:// address of an issuer, without a slash at its end");
  }
  return value;
}

export function words(value: string): readonly string[] {
  const items = list(value);
  if (items.length === 0) throw new Error("must name one value at least");
  return items;
}

export function sirets(value: string): readonly string[] {
  const items = list(value);
  if (!items.every((item) => /^\d{14}$/.test(item))) throw new Error("must list SIRET of 14 digits");
  return items;
}

function list(value: string): string[] {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

export function headers(value: string): string {
  if (!/^(?:[A-Za-z0-9-]+=[\x21-\x2b\x2d-\x7e ]*(?:,|$))+$/.test(value))
    throw new Error("must list headers as name=value");
  return value;
}

/** A network: an address and the number of its leading bits. */
export type Network = ReturnType<typeof ipaddr.parseCIDR>;

export function networks(value: string): readonly Network[] {
  return list(value).map((item) => {
    if (!ipaddr.isValidCIDR(item)) throw new Error("must list networks in CIDR notation, such as 10.0.0.0/8");
    const [address, bits] = ipaddr.parseCIDR(item);
    if (bits === 0)
      throw new Error("must not list a network of all addresses (/0): anybody could forge theirs");
    if (!(address instanceof ipaddr.IPv6) || !address.isIPv4MappedAddress())
      return [address, bits] as Network;
    // Callers' addresses are compared as IPv4.
    if (bits <= 96) throw new Error("must give IPv4-mapped networks a prefix longer than 96 bits");
    return [address.toIPv4Address(), bits - 96];
  });
}

// The only reader of process.env. Every setting is declared once, with its meaning; the table of the README is
// generated from here (`npm run docs`), and a wrong value stops the start with the setting's name.
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import ipaddr from "ipaddr.js";

interface Setting<T> {
  readonly description: string;
  /** What applies when the variable is absent or empty, as an operator would write it. Absent: nothing. */
  readonly fallback?: string;
  /** What applies instead in the demonstration. */
  readonly demonstration?: string;
  /** Whether NAME_FILE may name a file that holds the value instead. */
  readonly secret?: true;
  readonly parse: (text: string) => T;
}

/** A value that cannot be used: it names the variable and never repeats a secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

function setting<T>(value: Setting<T>): Setting<T> {
  return value;
}

/** Every setting: environment variable, meaning, default. */
export const settings = {
  HOST: setting({ description: "Address to listen on.", fallback: "127.0.0.1", parse: text }),
  PORT: setting({
    description: "Port for all protocols, 0 to 65535; 0 takes a free one.",
    fallback: "8080",
    parse: integer(0, 65535),
  }),
  DATA_DIR: setting({
    description:
      "Folder of the SQLite databases, of generated keys and of what a restart must know of e-mail; instances on one machine share it.",
    fallback: "data",
    parse: text,
  }),
  DATABASE_URL: setting({
    description: "PostgreSQL connection string. Absent: SQLite in `DATA_DIR`.",
    secret: true,
    parse: url("postgres:", "postgresql:"),
  }),
  REDIS_URL: setting({
    description: "Redis that shares the guard between instances. Absent: this instance is alone.",
    secret: true,
    parse: url("redis:", "rediss:"),
  }),
  CALLS_PER_SECOND: setting({
    description: "Calls per second of the whole service (terms, article 3), 1 to 1000000.",
    fallback: "50",
    parse: integer(1, 1_000_000),
  }),
  TOKEN_CALLS_PER_SECOND: setting({
    description: "Calls per second of a token that has no rate of its own, 1 to 1000000.",
    fallback: "20",
    parse: integer(1, 1_000_000),
  }),
  QUEUE_MAX_WAIT_MS: setting({
    description: "Longest wait for a turn before a call is refused with 429, in milliseconds, 0 to 5000.",
    fallback: "250",
    parse: integer(0, 5000),
  }),
  INSTANCES: setting({
    description:
      "Number of instances, 1 to 1000, by which the limits are divided while Redis is unreachable.",
    fallback: "1",
    parse: integer(1, 1000),
  }),
  ADMISSION_WINDOW: setting({
    description:
      "`current`: the admissions of this academic year and the next; `all`: all, as in a sandbox (the default of the demonstration).",
    fallback: "current",
    demonstration: "all",
    parse: choice("current", "all"),
  }),
  JOURNAL_KEYS: setting({
    description:
      "Keys of the journal: lines `ID BASE64` of 32 bytes, the first one seals, the others still open; the line `index` keys the search by INE. Absent on SQLite: made once in `DATA_DIR/journal.keys`.",
    secret: true,
    parse: text,
  }),
  SMTP_URL: setting({
    description:
      "Mail server that takes our e-mail: `smtp://user:password@host:587` (STARTTLS when it offers it; `?requireTLS=true` demands it) or `smtps://…:465`. Absent: each message is a file in `DATA_DIR/mail`.",
    secret: true,
    parse: url("smtp:", "smtps:"),
  }),
  MAIL_FROM: setting({
    description: "Sender of our e-mail: an address, or `Name <address>`.",
    fallback: "API Statut étudiant <statutetudiant@enseignementsup.gouv.fr>",
    parse: sender,
  }),
  TLS_CERT: setting({
    description: "Certificate chain (PEM). Absent: cleartext.",
    secret: true,
    parse: text,
  }),
  TLS_KEY: setting({ description: "Private key of the certificate (PEM).", secret: true, parse: text }),
  PUBLIC_ORIGIN: setting({
    description:
      "Where browsers and mails find the dashboard: `https://` and a host, without path; `http://` on loopback only. Absent: `HOST` and `PORT`.",
    parse: origin,
  }),
  PROCONNECT_ISSUER: setting({
    description:
      "Issuer of ProConnect, `https://` and without a slash at its end. Absent: people sign in with a link by mail only.",
    parse: issuer,
  }),
  PROCONNECT_CLIENT_ID: setting({ description: "Identifier of this service at ProConnect.", parse: text }),
  PROCONNECT_CLIENT_SECRET: setting({
    description: "Secret of this service at ProConnect.",
    secret: true,
    parse: text,
  }),
  PROCONNECT_PKCE: setting({
    description: "`on`: the flow uses PKCE; `off`: not, since ProConnect refuses what it does not document.",
    fallback: "off",
    parse: choice("on", "off"),
  }),
  PROCONNECT_MFA: setting({
    description: "Values of `amr`, comma-separated, of which one must say that a second factor was used.",
    fallback: "mfa",
    parse: words,
  }),
  PROCONNECT_OPERATOR_SIRETS: setting({
    description:
      "SIRET, comma-separated, that ProConnect has to name for somebody to sign in as an operator. Empty: no operator does.",
    fallback: "",
    parse: sirets,
  }),
  TRUSTED_PROXIES: setting({
    description: "Networks (CIDR, comma-separated) whose `X-Forwarded-For` is believed.",
    fallback: "",
    parse: networks,
  }),
  MAX_BODY_BYTES: setting({
    description: "Largest request body, before and after decompression, in bytes, 1024 to 16777216.",
    fallback: "65536",
    parse: integer(1024, 16_777_216),
  }),
  MAX_DEADLINE_MS: setting({
    description: "Longest time for one call, in milliseconds, 100 to 60000. Larger deadlines are shortened.",
    fallback: "10000",
    parse: integer(100, 60_000),
  }),
  FRANCE_CONNECT: setting({
    description:
      "FranceConnect, by whose tokens lookups can be made: `off`, `v2`, `v1`, or in the demonstration `stand-in`, an imitation that it starts (its default there).",
    fallback: "off",
    demonstration: "stand-in",
    parse: choice("off", "v1", "v2", "stand-in"),
  }),
  FRANCE_CONNECT_URL: setting({
    description: "Where FranceConnect introspects tokens (`…/api/v2/checktoken`).",
    parse: url("https:", "http:"),
  }),
  FRANCE_CONNECT_ISSUER: setting({
    description: "`iss` of FranceConnect's answers, to the letter (version 2).",
    parse: text,
  }),
  FRANCE_CONNECT_JWKS_URL: setting({
    description: "FranceConnect's public keys (version 2).",
    parse: url("https:", "http:"),
  }),
  FRANCE_CONNECT_CLIENT_ID: setting({
    description: "This service as FranceConnect knows it, and `aud` of its answers (version 2).",
    parse: text,
  }),
  FRANCE_CONNECT_CLIENT_SECRET: setting({
    description: "Secret of `FRANCE_CONNECT_CLIENT_ID`.",
    secret: true,
    parse: text,
  }),
  FRANCE_CONNECT_KEYS: setting({
    description:
      "Our private keys, a JSON Web Key Set (`statut france-connect generate-key`). Absent: answers are signed only.",
    secret: true,
    parse: text,
  }),
  FRANCE_CONNECT_MIN_ACR: setting({
    description: "Lowest level of assurance that is accepted: `eidas1`, `eidas2` or `eidas3`.",
    fallback: "eidas1",
    parse: choice("eidas1", "eidas2", "eidas3"),
  }),
  LOG_LEVEL: setting({
    description: "`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.",
    fallback: "info",
    parse: choice("fatal", "error", "warn", "info", "debug", "trace", "silent"),
  }),
  METRICS_PORT: setting({
    description:
      "Port of `GET /metrics` for Prometheus, 0 to 65535, apart from the calls' own; 0 takes a free one. Absent: no metrics.",
    parse: integer(0, 65535),
  }),
  METRICS_HOST: setting({
    description:
      "Address that `/metrics` listens on. It asks nobody for a credential: keep it where only Prometheus comes.",
    fallback: "127.0.0.1",
    parse: text,
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting({
    description:
      "Address of an OpenTelemetry collector (OTLP over HTTP, JSON), to which spans go, such as `http://127.0.0.1:4318`. Absent: no traces.",
    parse: url("http:", "https:"),
  }),
  OTEL_EXPORTER_OTLP_HEADERS: setting({
    description: "Headers for the collector, `name=value`, comma-separated.",
    secret: true,
    parse: headers,
  }),
  SELF_PROBE: setting({
    description:
      "`on`: every minute the service looks up a student who does not exist, through its port, to measure its availability (terms, article 3); `off`: it does not.",
    fallback: "on",
    parse: choice("on", "off"),
  }),
  LEAN_LANE: setting({
    description:
      "`on`: plain unary calls take the short path; `off`: Connect's own handlers serve everything.",
    fallback: "on",
    parse: choice("on", "off"),
  }),
} as const;

export type SettingName = keyof typeof settings;

type OptionalName =
  | "DATABASE_URL"
  | "REDIS_URL"
  | "JOURNAL_KEYS"
  | "SMTP_URL"
  | "TLS_CERT"
  | "TLS_KEY"
  | "PUBLIC_ORIGIN"
  | "PROCONNECT_ISSUER"
  | "PROCONNECT_CLIENT_ID"
  | "PROCONNECT_CLIENT_SECRET"
  | "METRICS_PORT"
  | "OTEL_EXPORTER_OTLP_ENDPOINT"
  | "OTEL_EXPORTER_OTLP_HEADERS"
  | `FRANCE_CONNECT_${"URL" | "ISSUER" | "JWKS_URL" | "CLIENT_ID" | "CLIENT_SECRET" | "KEYS"}`;

/** The validated configuration, by name of the environment variable. It is frozen. */
export type Config = Readonly<{
  [K in SettingName]:
    | ReturnType<(typeof settings)[K]["parse"]>
    | (K extends OptionalName ? undefined : never);
}>;

/** Reads and checks all settings; throws a ConfigError that names the first bad one. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  forDemonstration = false,
): Config {
  const values: Record<string, unknown> = {};
  for (const [name, declared] of Object.entries(settings) as [SettingName, Setting<unknown>][]) {
    const fallback = forDemonstration ? (declared.demonstration ?? declared.fallback) : declared.fallback;
    const given = readValue(environment, name, declared) ?? fallback;
    values[name] = given === undefined ? undefined : parseValue(name, declared, given);
  }
  const config = Object.freeze(values) as Config;
  if ((config.TLS_CERT === undefined) !== (config.TLS_KEY === undefined)) {
    throw new ConfigError("TLS_CERT and TLS_KEY go together");
  }
  checkCertificate(config);
  checkProConnect(config);
  if (config.DATABASE_URL !== undefined && config.JOURNAL_KEYS === undefined) {
    throw new ConfigError(
      "JOURNAL_KEYS (or JOURNAL_KEYS_FILE) is required with DATABASE_URL: instances share it",
    );
  }
  return config;
}

function checkProConnect(config: Config): void {
  const { PROCONNECT_ISSUER, PROCONNECT_CLIENT_ID, PROCONNECT_CLIENT_SECRET, PUBLIC_ORIGIN } = config;
  const given = [PROCONNECT_ISSUER, PROCONNECT_CLIENT_ID, PROCONNECT_CLIENT_SECRET];
  if (given.every((value) => value === undefined)) return;
  if (given.includes(undefined)) {
    throw new ConfigError("PROCONNECT_ISSUER, PROCONNECT_CLIENT_ID and PROCONNECT_CLIENT_SECRET go together");
  }
  if (PUBLIC_ORIGIN === undefined) {
    throw new ConfigError("PUBLIC_ORIGIN is required with PROCONNECT_ISSUER, which sends people back to it");
  }
}

/** OpenSSL's own messages are left out: they do not name the setting. */
function checkCertificate({ TLS_CERT: cert, TLS_KEY: key }: Config): void {
  if (cert === undefined || key === undefined) return;
  if (!isUsable({ cert })) throw new ConfigError("TLS_CERT must be a certificate chain in PEM");
  if (!isUsable({ key })) throw new ConfigError("TLS_KEY must be a private key in PEM");
  if (!isUsable({ cert, key }))
    throw new ConfigError("TLS_KEY must be the key of the certificate in TLS_CERT");
}

function isUsable(options: { readonly cert?: string; readonly key?: string }): boolean {
  try {
    createSecureContext(options);
    return true;
  } catch {
    return false;
  }
}

function readValue(
  environment: Readonly<Record<string, string | undefined>>,
  name: SettingName,
  declared: Setting<unknown>,
): string | undefined {
  const direct = environment[name];
  const file = declared.secret === true ? environment[`${name}_FILE`] : undefined;
  if (direct && file) throw new ConfigError(`${name} and ${name}_FILE exclude each other`);
  if (!file) return direct || undefined;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new ConfigError(`${name}_FILE cannot be read`, { cause });
  }
}

function parseValue(name: SettingName, declared: Setting<unknown>, given: string): unknown {
  try {
    return declared.parse(given);
  } catch (cause) {
    throw new ConfigError(`${name} ${cause instanceof Error ? cause.message : "is not valid"}`);
  }
}

function text(value: string): string {
  return value;
}

function integer(minimum: number, maximum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^[0-9]+$/.test(value) || number < minimum || number > maximum) {
      throw new Error(`must be a whole number from ${minimum} to ${maximum}`);
    }
    return number;
  };
}

function choice<const T extends string>(...values: T[]): (value: string) => T {
  return (value) => {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw new Error(`must be one of ${values.join(", ")}`);
    return found;
  };
}

function url(...protocols: string[]): (value: string) => string {
  return (value) => {
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
      throw new Error(`must be a URL that starts with ${protocols.map((name) => `${name}//`).join(" or ")}`);
    }
    return value;
  };
}

/** Browsers keep the dashboard's cookies over TLS and on loopback only. */
function origin(value: string): string {
  if (!URL.canParse(value) || new URL(value).origin !== value || !isTrusted(new URL(value))) {
    throw new Error("must be https:// and a host, without path, as https://statut-etudiant.example");
  }
  return value;
}

function sender(value: string): string {
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

function issuer(value: string): string {
  const given = URL.canParse(value) ? new URL(value) : undefined;
  if (given === undefined || !isTrusted(given) || given.search !== "" || value.endsWith("/")) {
    throw new Error("must be the https:// address of an issuer, without a slash at its end");
  }
  return value;
}

function words(value: string): readonly string[] {
  const items = list(value);
  if (items.length === 0) throw new Error("must name one value at least");
  return items;
}

function sirets(value: string): readonly string[] {
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

function headers(value: string): string {
  if (!/^(?:[A-Za-z0-9-]+=[\x21-\x2b\x2d-\x7e ]*(?:,|$))+$/.test(value))
    throw new Error("must list headers as name=value");
  return value;
}

/** A network: an address and the number of its leading bits. */
export type Network = ReturnType<typeof ipaddr.parseCIDR>;

function networks(value: string): readonly Network[] {
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

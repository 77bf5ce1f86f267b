// The table of all settings. docs/configuration.md is written from it.
import {
  choice,
  headers,
  integer,
  issuer,
  networks,
  origin,
  sender,
  sentence,
  sirets,
  text,
  url,
  words,
} from "./config-values.ts";

export interface Setting<T> {
  readonly description: string;
  /** What applies when the variable is absent or empty, as an operator would write it. Absent: nothing. */
  readonly fallback?: string;
  /** What applies instead in the demonstration. */
  readonly demonstration?: string;
  /** Whether NAME_FILE may name a file that holds the value instead. */
  readonly secret?: true;
  readonly parse: (text: string) => T;
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
  LEGAL_PUBLISHER: setting({
    description:
      "Name, address and telephone of the publisher, for the page `/mentions-legales` (law n° 2004-575). Absent: the page says that it is missing, as it does for the three below.",
    parse: sentence,
  }),
  LEGAL_PUBLICATION_DIRECTOR: setting({
    description: "Name or function of the director of publication, for the same page.",
    parse: sentence,
  }),
  LEGAL_HOST: setting({
    description: "Name, address and telephone of whoever hosts the service, for the same page.",
    parse: sentence,
  }),
  LEGAL_DATA_PROTECTION_OFFICER: setting({
    description:
      "How to reach the ministry's data-protection officer, for the page `/donnees-personnelles` (GDPR, article 13).",
    parse: sentence,
  }),
  ACCESSIBILITY_STATE: setting({
    description:
      "Conformity with the RGAA that an audit found, for the footer and the page `/accessibilite`: `none` (also without an audit), `partial` or `full`.",
    fallback: "none",
    parse: choice("none", "partial", "full"),
  }),
  ACCESSIBILITY_AUDIT: setting({
    description:
      "Who audited the accessibility, when, and the share of criteria that are kept, in a French sentence. Absent: the page says that there was no audit; `ACCESSIBILITY_STATE` other than `none` needs it.",
    parse: sentence,
  }),
  TRUSTED_PROXIES: setting({
    description: "Networks (CIDR, comma-separated) whose `X-Forwarded-For` is believed.",
    fallback: "",
    parse: networks,
  }),
  STRANGER_LINES_OF_ADDRESS: setting({
    description:
      "Lines of the journal that requests without a good token or session, from one address (or IPv6 network of 64 bits), may fill at once, 100 to 10000000. What happens beyond them, and how much disk they take: [operations.md](operations.md#what-strangers-can-fill).",
    fallback: "20000",
    parse: integer(100, 10_000_000),
  }),
  STRANGER_LINES_OF_ADDRESS_PER_SECOND: setting({
    description: "Lines that such an address gets back each second, up to those at once, 1 to 10000.",
    fallback: "1",
    parse: integer(1, 10_000),
  }),
  STRANGER_LINES: setting({
    description: "The same lines of all addresses together, at once, for each instance, 1000 to 1000000000.",
    fallback: "1000000",
    parse: integer(1000, 1_000_000_000),
  }),
  STRANGER_LINES_PER_SECOND: setting({
    description: "Lines that all addresses together get back each second, for each instance, 1 to 100000.",
    fallback: "10",
    parse: integer(1, 100_000),
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
      "`on`: every minute the service looks up a student who does not exist, through its port, to measure its availability (terms, article 3); `off`: it does not, and minutes without calls count as not measured.",
    fallback: "on",
    parse: choice("on", "off"),
  }),
  LEAN_LANE: setting({
    description:
      "`on`: plain unary calls, plain HTTP/1.1 requests and HTTP/2 take the short paths; `off`: Connect's own handlers and Node's HTTP servers serve everything, more slowly: the way out if a fault were found in the short paths. Its limits are the same, but that a flood of WINDOW_UPDATE is read and not cut ([decision 12](decisions/0012-own-http2.md)).",
    fallback: "on",
    parse: choice("on", "off"),
  }),
} as const;

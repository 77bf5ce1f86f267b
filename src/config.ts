// The only reader of process.env. Every setting is declared once, with its meaning (config-settings.ts); the table of
// the documentation is generated from there (`npm run docs`), and a wrong value stops the start with its name.
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { type Setting, settings } from "./config-settings.ts";
import { ConfigError } from "./config-values.ts";

export { ConfigError, type Network } from "./config-values.ts";

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
  | `LEGAL_${"PUBLISHER" | "PUBLICATION_DIRECTOR" | "HOST" | "DATA_PROTECTION_OFFICER"}`
  | "ACCESSIBILITY_AUDIT"
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
  if (config.ACCESSIBILITY_STATE !== "none" && config.ACCESSIBILITY_AUDIT === undefined) {
    throw new ConfigError(
      "ACCESSIBILITY_AUDIT is required with ACCESSIBILITY_STATE: a state is what an audit found",
    );
  }
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
  const content = readSecretFile(`${name}_FILE`, file);
  // Somebody wants a secret there: to go on without, or with none, would be weaker than what was asked for.
  if (content === "") throw new ConfigError(`${name}_FILE is empty`);
  return content;
}

function readSecretFile(variable: string, file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new ConfigError(`${variable} cannot be read`, { cause });
  }
}

function parseValue(name: SettingName, declared: Setting<unknown>, given: string): unknown {
  try {
    return declared.parse(given);
  } catch (cause) {
    throw new ConfigError(`${name} ${cause instanceof Error ? cause.message : "is not valid"}`);
  }
}

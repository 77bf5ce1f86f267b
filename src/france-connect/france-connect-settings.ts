import { type Config, ConfigError } from "../config.ts";
import { type DecryptionKeys, parseDecryptionKeys } from "./decryption-keys.ts";

interface CommonSettings {
  /** Where tokens are introspected. */
  readonly url: string;
  /** Lowest level of assurance that is accepted. */
  readonly minAcr: "eidas1" | "eidas2" | "eidas3";
}

export interface Version1Settings extends CommonSettings {
  readonly version: 1;
}

export interface Version2Settings extends CommonSettings {
  readonly version: 2;
  readonly issuer: string;
  readonly jwksUrl: string;
  /** We, as FranceConnect knows us. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** Absent: answers are signed and not encrypted. */
  readonly decryptionKeys: DecryptionKeys | undefined;
}

export type FranceConnectSettings = Version1Settings | Version2Settings;

/** Checks what the settings of FranceConnect say together; undefined when it is off. Errors: ConfigError. */
export function readFranceConnectSettings(config: Config): FranceConnectSettings | undefined {
  const mode = config.FRANCE_CONNECT;
  if (mode === "off") return undefined;
  if (mode === "stand-in") throw new ConfigError("FRANCE_CONNECT=stand-in is for --demonstration only");
  const common = {
    url: secureUrl("FRANCE_CONNECT_URL", config.FRANCE_CONNECT_URL),
    minAcr: config.FRANCE_CONNECT_MIN_ACR,
  };
  if (mode === "v1") return { version: 1, ...common };
  return {
    version: 2,
    ...common,
    issuer: required("FRANCE_CONNECT_ISSUER", config.FRANCE_CONNECT_ISSUER),
    jwksUrl: secureUrl("FRANCE_CONNECT_JWKS_URL", config.FRANCE_CONNECT_JWKS_URL),
    clientId: required("FRANCE_CONNECT_CLIENT_ID", config.FRANCE_CONNECT_CLIENT_ID),
    clientSecret: required("FRANCE_CONNECT_CLIENT_SECRET", config.FRANCE_CONNECT_CLIENT_SECRET),
    decryptionKeys:
      config.FRANCE_CONNECT_KEYS === undefined ? undefined : parseDecryptionKeys(config.FRANCE_CONNECT_KEYS),
  };
}

function required(name: string, value: string | undefined): string {
  if (value === undefined) throw new ConfigError(`${name} is required: FRANCE_CONNECT is on`);
  return value;
}

const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Tokens and secrets travel there: in cleartext only within the machine. */
function secureUrl(name: string, value: string | undefined): string {
  const url = new URL(required(name, value));
  if (url.protocol === "http:" && !loopback.has(url.hostname)) {
    throw new ConfigError(`${name} must start with https:// unless it is on this machine`);
  }
  return url.href;
}

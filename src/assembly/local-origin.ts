import type { Config } from "../config.ts";

/** Where the service is reached: as configured, or on the machine itself. */
export function originOf(config: Config, port: number): string {
  if (config.PUBLIC_ORIGIN !== undefined) return config.PUBLIC_ORIGIN;
  const host = config.HOST.includes(":") ? `[${config.HOST}]` : config.HOST;
  return `${config.TLS_CERT === undefined ? "http" : "https"}://${host}:${port}`;
}

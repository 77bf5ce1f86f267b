import type { JsonWriteOptions } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import type { EncodedError } from "../transcoder/exchange.ts";

/**
 * A REST contract with manners of its own beside those of the native one: which paths and services it is, and how it
 * speaks when something is wrong. Everything else (caller, guard, method, journal) is the same for all.
 */
export interface Surface {
  /** First part of its paths, `/v3`: what is unknown below it is refused in its words too. */
  readonly path: string;
  /** Package of its services, `particulier.v3`. */
  readonly package: string;
  /** Whether query parameters that its contract does not have are errors. */
  readonly unknownQueryParameters: "reject" | "ignore";
  /** Whether a query parameter without value counts as absent. */
  readonly dropsEmptyParameters: boolean;
  readonly jsonOptions: Partial<JsonWriteOptions>;
  /** What `RateLimit-Reset` is: the seconds until the allowance is whole again, or that instant, in seconds since 1970. */
  readonly rateLimitReset: "delay" | "instant";
  /** Renders an error. `target` is that of the request, as received. */
  renderError(error: ConnectError, target: string): EncodedError;
}

/** Whether a raw target is the surface's. */
export function isOn({ path }: Surface, target: string): boolean {
  const raw = target.startsWith("/") ? target : target.replace(/^https?:\/\/[^/?]*/i, "");
  if (!raw.startsWith(path)) return false;
  const next = raw.charAt(path.length);
  return next === "" || next === "/" || next === "?";
}

/** Takes the parameters without value out of a raw target. */
export function dropEmptyParameters(target: string): string {
  if (!/=(?:&|$)/.test(target)) return target;
  const mark = target.indexOf("?");
  if (mark < 0) return target;
  const kept = target
    .slice(mark + 1)
    .split("&")
    .filter((parameter) => !parameter.endsWith("="));
  return `${target.slice(0, mark + 1)}${kept.join("&")}`;
}

// Content negotiation by quality (RFC 9110, section 12).
import { TranscodingError } from "./transcoding-error.ts";

export type ContentCoding = "br" | "gzip" | "identity";

type Header = string | string[] | undefined;

interface Preference {
  readonly name: string;
  readonly quality: number;
}

/**
 * The best of some media types, in order of our preference. When none is acceptable it is the first one: `Accept` is a
 * wish that a server may leave aside (RFC 9110, 12.5.1), and whoever asks an API for `text/html`, as a library's default
 * does, can use its JSON and not a refusal. An answer in one type asks for no header at all.
 */
export function chooseMediaType<T extends string>(accept: Header, offered: readonly [T, ...T[]]): T {
  if (accept === undefined || accept === "*/*") return offered[0];
  const preferences = parsePreferences(accept);
  return best(offered, (type) => mediaQuality(preferences, type)) ?? offered[0];
}

/**
 * The coding of an answer: gzip or br when they are liked at least as well as none. Throws `not_acceptable` when the
 * header refuses every one and also none (`*;q=0`): what such a client gets it could not read.
 */
export function chooseCoding(acceptEncoding: Header): ContentCoding {
  if (acceptEncoding === undefined) return "identity";
  const preferences = parsePreferences(acceptEncoding);
  const coding = best<ContentCoding>(["gzip", "br", "identity"], (name) => codingQuality(preferences, name));
  if (coding === undefined)
    throw new TranscodingError(
      "not_acceptable",
      "no content coding is acceptable: gzip, br and identity are offered",
    );
  return coding;
}

/** Throws `not_acceptable` when an answer may be sent neither encoded nor as it is. */
export function refuseNoCoding(acceptEncoding: Header): void {
  // Only who names one of them can refuse an answer as it is.
  if (acceptEncoding !== undefined && /\*|identity/i.test(String(acceptEncoding)))
    chooseCoding(acceptEncoding);
}

/** Whether an answer may be sent as it is. */
export function acceptsIdentity(acceptEncoding: Header): boolean {
  return acceptEncoding === undefined || codingQuality(parsePreferences(acceptEncoding), "identity") > 0;
}

function best<T>(offered: readonly T[], qualityOf: (item: T) => number): T | undefined {
  let chosen: T | undefined;
  let quality = 0;
  for (const item of offered) {
    const own = qualityOf(item);
    if (own > quality) {
      chosen = item;
      quality = own;
    }
  }
  return chosen;
}

function codingQuality(preferences: readonly Preference[], coding: ContentCoding): number {
  const named = preferences.find(({ name }) => name === coding || (name === "x-gzip" && coding === "gzip"));
  if (named !== undefined) return named.quality;
  const any = preferences.find(({ name }) => name === "*")?.quality;
  // Identity needs no mention, but whatever is mentioned comes before it.
  return coding === "identity" ? (any === 0 ? 0 : 0.0001) : (any ?? 0);
}

/** The most specific range that covers the type decides. */
function mediaQuality(preferences: readonly Preference[], type: string): number {
  const group = `${type.slice(0, type.indexOf("/"))}/*`;
  for (const name of [type, group, "*/*"]) {
    const found = preferences.find((preference) => preference.name === name);
    if (found !== undefined) return found.quality;
  }
  return 0;
}

function parsePreferences(header: string | string[]): Preference[] {
  const text = typeof header === "string" ? header : header.join(",");
  const preferences: Preference[] = [];
  for (const item of text.split(",")) {
    const [name = "", ...parameters] = item.split(";");
    const trimmed = name.trim().toLowerCase();
    if (trimmed !== "") preferences.push({ name: trimmed, quality: qualityOf(parameters) });
  }
  return preferences;
}

function qualityOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const equals = parameter.indexOf("=");
    if (parameter.slice(0, equals).trim().toLowerCase() !== "q") continue;
    const value = parameter.slice(equals + 1).trim();
    // A malformed weight counts as none at all: the sender likes the type enough to name it.
    return /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(value) ? Number(value) : 1;
  }
  return 1;
}

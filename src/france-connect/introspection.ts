// What a FranceConnect access token stands for, whichever version of FranceConnect said it, and how claims are read:
// by type, and never through a prototype.
import { serviceError } from "../errors.ts";

/** FranceConnect knows the token, and for whom it stands. */
export interface ActiveToken {
  readonly isActive: true;
  /** The partner's client, to which FranceConnect gave the token. */
  readonly clientId: string;
  readonly scopes: ReadonlySet<string>;
  /** Level of assurance, `eidas1` to `eidas3`; absent when FranceConnect does not say. */
  readonly acr: string | undefined;
  /** Refused from this instant on, in milliseconds; absent on version 1. */
  readonly expiresAt: number | undefined;
  readonly jti: string | undefined;
  readonly identity: PivotClaims;
}

/** FranceConnect does not know the token, or no longer. */
export interface InactiveToken {
  readonly isActive: false;
}

export type Introspection = ActiveToken | InactiveToken;

/** The pivot identity as FranceConnect writes it. */
export interface PivotClaims {
  readonly familyName: string | undefined;
  /** All given names in one text, separated by spaces. */
  readonly givenName: string | undefined;
  readonly givenNames: readonly string[] | undefined;
  /** `YYYY-MM-DD`, `YYYY-MM` or `YYYY`. */
  readonly birthDate: string | undefined;
  readonly gender: string | undefined;
  /** COG code of the commune; empty for a birth abroad. */
  readonly birthplace: string | undefined;
  /** COG code of the country. */
  readonly birthCountry: string | undefined;
}

/** An answer in which something has not the type that it must have. */
export class UnreadableAnswer extends Error {
  override readonly name = "UnreadableAnswer";
}

/** A JSON object of which only own members are read. */
export type Claims = Readonly<Record<string, unknown>>;

export function asClaims(value: unknown, what: string): Claims {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Claims;
  throw new UnreadableAnswer(`${what} is no object`);
}

export function member(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? (claims[name] ?? undefined) : undefined;
}

/** Longest text of a claim: names are far shorter. */
const maxText = 1000;

/** A text; absent counts as absent, and so does an empty one: FranceConnect writes both. */
export function optionalText(claims: Claims, name: string): string | undefined {
  const value = member(claims, name);
  if (value === undefined || value === "") return undefined;
  if (typeof value === "string" && value.length <= maxText) return value;
  throw new UnreadableAnswer(`${name} is no text`);
}

export function requiredText(claims: Claims, name: string): string {
  const text = optionalText(claims, name);
  if (text === undefined) throw new UnreadableAnswer(`${name} is missing`);
  return text;
}

/** Most items of a list: nobody has more given names, and no token more scopes. */
const maxItems = 100;

export function optionalTexts(claims: Claims, name: string): readonly string[] | undefined {
  const value = member(claims, name);
  if (value === undefined) return undefined;
  const isList = Array.isArray(value) && value.length <= maxItems;
  if (isList && value.every((item) => typeof item === "string" && item.length <= maxText)) return value;
  throw new UnreadableAnswer(`${name} is no list of texts`);
}

export function readPivotClaims(claims: Claims): PivotClaims {
  return {
    familyName: optionalText(claims, "family_name"),
    givenName: optionalText(claims, "given_name"),
    givenNames: optionalTexts(claims, "given_name_array"),
    birthDate: optionalText(claims, "birthdate"),
    gender: optionalText(claims, "gender"),
    birthplace: optionalText(claims, "birthplace"),
    birthCountry: optionalText(claims, "birthcountry"),
  };
}

/** Runs a reader of claims. Errors: `france_connect_answer_unreadable`, whose cause names the claim and no value. */
export function readAnswer<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw cause instanceof UnreadableAnswer
      ? serviceError("france_connect_answer_unreadable", { cause })
      : cause;
  }
}

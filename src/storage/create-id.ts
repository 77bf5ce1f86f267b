import { randomUUID } from "node:crypto";

/** What an identifier names: its first three letters. */
export type IdKind =
  | "tok"
  | "prc"
  | "prt"
  | "ctc"
  | "opr"
  | "ses"
  | "evt"
  | "brc"
  | "not"
  | "inc"
  | "chg"
  | "mnt";

/** An identifier that says what it names, and that cannot be mistaken for a secret. */
export function createId<Kind extends IdKind>(kind: Kind): `${Kind}_${string}` {
  return `${kind}_${randomUUID().replaceAll("-", "")}`;
}

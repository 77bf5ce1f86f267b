import { randomUUID } from "node:crypto";
import type { Letter } from "./mail-content.ts";

/** Kinds of messages with a link that is for their recipient alone: operators do not read it either. */
export const personalKinds = { signIn: "sign-in-link", address: "address-confirmation" } as const;

/** As they are stored. */
export const storedPersonalKinds: readonly string[] = Object.values(personalKinds);

export function isPersonal(kind: string): boolean {
  return storedPersonalKinds.includes(kind);
}

/** A message that somebody asked for: one of its own, however soon it follows another. */
export function askedNotice(kind: string, about: string, letter: Letter) {
  return { key: `${kind}:${randomUUID()}`, about, kind, letter };
}

// The field that proves that a form came from a page of ours, shown in the same session: another site can make a
// browser send a form, and cannot read one.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Html, html } from "../html/html.ts";
import type { Visit } from "./page.ts";

/** Name of the hidden field. */
export const formTokenField = "controle";

const digestBytes = 32;

/**
 * Makes a form's token for a session, or for the browser of somebody who is not signed in. It is keyed with that
 * secret, which only the browser holds: nothing is stored, and every instance can check it. Each one differs, since a
 * text that is the same in each answer could be guessed from the length of compressed pages (BREACH).
 */
export function createFormToken(secret: string): string {
  const mask = randomBytes(digestBytes);
  return Buffer.concat([mask, xor(mask, digest(secret))]).toString("base64url");
}

/** Whether a form's token was made for this secret. */
export function isFormToken(secret: string, token: string): boolean {
  const bytes = Buffer.from(token, "base64url");
  if (bytes.byteLength !== 2 * digestBytes) return false;
  const unmasked = xor(bytes.subarray(0, digestBytes), bytes.subarray(digestBytes));
  return timingSafeEqual(unmasked, digest(secret));
}

/** The hidden field that holds it. */
export function hiddenToken({ formToken }: Pick<Visit, "formToken">): Html {
  return html`<input type="hidden" name="${formTokenField}" value="${formToken}">`;
}

function digest(secret: string): Buffer {
  return createHmac("sha256", secret).update("form").digest();
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));
}

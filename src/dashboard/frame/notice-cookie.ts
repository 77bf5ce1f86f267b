// What an action has done is told by the page to which it leads, once: the sentence travels in a cookie.
import { dropCookie, writeCookie } from "./cookies.ts";

const name = "avis";
const maxLength = 300;

/** The header that brings a sentence to the next page. It must hold nothing secret and nothing of a student. */
export function sendNotice(text: string): string {
  return writeCookie(name, Buffer.from(text.slice(0, maxLength)).toString("base64url"), 60);
}

/** The sentence that the last page sent, and the header that forgets it. */
export function takeNotice(
  cookies: ReadonlyMap<string, string>,
): { readonly text: string; readonly forget: string } | undefined {
  const value = cookies.get(name);
  if (value === undefined || value === "") return undefined;
  return { text: Buffer.from(value, "base64url").toString().slice(0, maxLength), forget: dropCookie(name) };
}

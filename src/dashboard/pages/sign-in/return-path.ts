// Where somebody wanted to go before signing in. It travels in a cookie, and leads to pages of ours only.
import { writeCookie } from "../../frame/cookies.ts";
import type { Visit } from "../../frame/page.ts";

const name = "retour";
const seconds = 15 * 60;

/** Keeps the wanted page of a visit to the sign-in page. */
export function keepReturnPath(visit: Visit): void {
  const wanted = visit.query.get(name) ?? "";
  if (isOwnPath(wanted)) visit.setCookie(writeCookie(name, wanted, seconds));
}

/** The page that was wanted, or undefined. */
export function readReturnPath(visit: Visit): string | undefined {
  const wanted = visit.cookies.get(name) ?? "";
  return isOwnPath(wanted) ? wanted : undefined;
}

/** A path of pages for people: nothing that a browser could take for another host, a query or a script. */
function isOwnPath(path: string): boolean {
  return path.length <= 200 && /^\/(?:tableau-de-bord|administration|compte)(?:\/[\w.-]+)*$/.test(path);
}

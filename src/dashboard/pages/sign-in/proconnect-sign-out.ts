// The way out of ProConnect: whoever came from there leaves there too, or the next person at this browser would be
// signed in again without being asked.
import { ServiceError } from "../../../errors.ts";
import { dropCookie, writeCookie } from "../../frame/cookies.ts";
import type { Visit } from "../../frame/page.ts";

export interface ProConnectSignOut {
  /** Where to send the browser; undefined when ProConnect offers no such address. Errors: `proconnect_unavailable`. */
  endSession(idToken: string, returnTo: string): Promise<string | undefined>;
}

/** Where ProConnect sends the browser back to. */
export const signedOutPath = "/connexion/proconnect/deconnexion";

const cookie = "proconnect-jeton";
/** Browsers drop larger cookies; without it only the session here ends. */
const maxCookieLength = 3500;

/** Keeps, in the browser that signed in, the ID token that ends the session at ProConnect. */
export function keepIdToken(visit: Visit, idToken: string): void {
  if (idToken.length <= maxCookieLength) visit.setCookie(writeCookie(cookie, idToken));
}

/** Whoever signs in by another way has no session at ProConnect to end. */
export function forgetIdToken(visit: Visit): void {
  if (visit.cookies.has(cookie)) visit.setCookie(dropCookie(cookie));
}

/** Where the session at ProConnect ends; undefined for whoever did not come from there, or while it is away. */
export async function findWayOut(
  proConnect: ProConnectSignOut | undefined,
  visit: Visit,
): Promise<string | undefined> {
  const idToken = visit.cookies.get(cookie);
  if (proConnect === undefined || idToken === undefined) return undefined;
  forgetIdToken(visit);
  try {
    return await proConnect.endSession(idToken, `${visit.origin}${signedOutPath}`);
  } catch (error) {
    if (error instanceof ServiceError && error.id === "proconnect_unavailable") return undefined;
    throw error;
  }
}

import type { Person, SignedIn } from "../../../access/person.ts";
import { serviceError } from "../../../errors.ts";
import { dropCookie, writeCookie } from "../../frame/cookies.ts";
import { startOf } from "../../frame/menus.ts";
import { type Next, type Page, redirect, type Visit } from "../../frame/page.ts";
import { sessionCookie } from "../../frame/serve-page.ts";
import { keepIdToken, type ProConnectSignOut, signedOutPath } from "./proconnect-sign-out.ts";
import { readReturnPath } from "./return-path.ts";

export interface ProConnectPageParts {
  /** Absent when ProConnect is not configured. */
  readonly proConnect:
    | (ProConnectSignOut & {
        start(redirectUri: string): Promise<{ readonly url: string; readonly pending: PendingSignIn }>;
        finish(
          currentUrl: string,
          pending: PendingSignIn,
        ): Promise<{ readonly person: Person; readonly idToken: string }>;
      })
    | undefined;
  readonly openSession: (person: Person) => Promise<SignedIn & { readonly secret: string }>;
  readonly signOut: (signedIn: SignedIn, everywhere: boolean) => Promise<void>;
}

interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

const startPath = "/connexion/proconnect";
const returnPath = "/connexion/proconnect/retour";
const cookie = "proconnect";
const cookieSeconds = 600;

/** The way to ProConnect and back. Both are plain links: what the browser keeps ties one to the other. */
export function proConnectPages({ proConnect, openSession, signOut }: ProConnectPageParts): readonly Page[] {
  if (proConnect === undefined) return [];
  return [
    {
      path: startPath,
      audience: "public",
      async show(visit) {
        const { url, pending } = await proConnect.start(`${visit.origin}${returnPath}`);
        const { state, nonce, verifier } = pending;
        visit.setCookie(writeCookie(cookie, `${state}.${nonce}.${verifier}`, cookieSeconds));
        return redirect(url);
      },
    },
    {
      path: returnPath,
      audience: "public",
      async show(visit) {
        visit.setCookie(dropCookie(cookie));
        const pending = readPending(visit);
        const here = `${visit.origin}${returnPath}?${visit.query}`;
        const { person, idToken } = await proConnect.finish(here, pending);
        keepIdToken(visit, idToken);
        return enter(visit, await openSession(person));
      },
    },
    {
      path: signedOutPath,
      audience: "public",
      show: () => redirect("/", "Vous êtes déconnecté, de ProConnect aussi."),
    },
  ];

  async function enter(
    visit: Visit,
    { person, secret }: SignedIn & { readonly secret: string },
  ): Promise<Next> {
    if (visit.signedIn !== undefined) await signOut(visit.signedIn, false);
    visit.setCookie(writeCookie(sessionCookie, secret));
    visit.setCookie(dropCookie("retour"));
    return redirect(readReturnPath(visit) ?? startOf(person));
  }
}

function readPending({ cookies }: Visit): PendingSignIn {
  const [state = "", nonce = "", verifier = ""] = (cookies.get(cookie) ?? "").split(".");
  if (state.length < 32 || nonce.length < 32) throw serviceError("sign_in_code_invalid");
  return { state, nonce, verifier };
}

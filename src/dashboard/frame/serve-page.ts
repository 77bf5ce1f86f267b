// The path of a page: who looks → may this form be sent → what it does or what is shown → document → answer. The
// pipeline around it opens the record, sets the deadline and writes the journal's line before the answer leaves.
import { randomBytes } from "node:crypto";
import type { ConnectError } from "@connectrpc/connect";
import type { SignedIn } from "../../access/person.ts";
import type { Clock } from "../../clock.ts";
import { ServiceError, serviceError } from "../../errors.ts";
import type { Call } from "../../request/call.ts";
import type { Exchange } from "../../request/exchange.ts";
import { replyHeaders } from "../../request/render-error.ts";
import type { Reply, ReplyHeaders } from "../../request/reply.ts";
import type { AccessibilityState } from "../html/accessibility-words.ts";
import { nothing } from "../html/html.ts";
import { chooseCoding, compress } from "./compressed.ts";
import { dropCookie, readCookies, writeCookie } from "./cookies.ts";
import { errorPage } from "./error-page.ts";
import { type Form, readForm } from "./form.ts";
import { createFormToken, formTokenField, hiddenToken, isFormToken } from "./form-token.ts";
import { layOut } from "./layout.ts";
import { sendNotice, takeNotice } from "./notice-cookie.ts";
import { refuseForeignForm } from "./own-origin.ts";
import type { Next, Page, View, Visit } from "./page.ts";
import { securityHeaders } from "./security-headers.ts";
import type { ServiceCaller } from "./service-caller.ts";
import type { PageFiles } from "./static-files.ts";

export interface PageServerParts {
  readonly clock: Clock;
  readonly files: PageFiles;
  readonly services: ServiceCaller;
  /** The person of a session's secret. Errors: `session_missing`, `session_unknown`. */
  readonly authenticate: (secret: string | undefined) => Promise<SignedIn>;
  /** Counts a page of an address; throws `address_limited`. */
  readonly countPage: (clientAddress: string) => void;
  /** `PUBLIC_ORIGIN`, or undefined. */
  readonly publicOrigin: string | undefined;
  /** Where browsers see this service. */
  readonly origin: () => string;
  /** Whether they see it over TLS. */
  readonly isSecure: boolean;
  /** The one other origin to which a form may lead: that of the identity provider, to sign out there. */
  readonly formTarget: string | undefined;
  /** What the footer of every page says of it. */
  readonly accessibility: AccessibilityState;
}

export const sessionCookie = "session";
const browserCookie = "navigateur";
const browserCookieSeconds = 86_400;
/** As long as the code is kept that a session was opened with: thirty days. */
const knownBrowserSeconds = 30 * 86_400;

/** Lets the browser be known again when the person who signs in there asks for the next link. */
export function keepKnownBrowser(visit: Pick<Visit, "browserSecret" | "setCookie">): void {
  visit.setCookie(writeCookie(browserCookie, visit.browserSecret, knownBrowserSeconds));
}

export interface PageServer {
  serve(page: Page, params: Readonly<Record<string, string>>, exchange: Exchange, call: Call): Promise<Reply>;
  /** The answer to somebody whose request met an error. */
  refuse(error: ConnectError, exchange: Exchange, call: Call): Reply;
}

type MutableVisit = { -readonly [K in keyof Visit]: Visit[K] } & { readonly setCookies: string[] };

export function createPageServer(parts: PageServerParts): PageServer {
  const { isSecure, formTarget } = parts;
  return { serve, refuse };

  async function serve(
    page: Page,
    params: Readonly<Record<string, string>>,
    exchange: Exchange,
    call: Call,
  ): Promise<Reply> {
    parts.countPage(call.clientAddress);
    const cookies = readCookies(exchange.headers.cookie);
    call.signedIn = await identify(page, cookies.get(sessionCookie));
    if (call.signedIn !== undefined && !isMeant(page, call.signedIn)) throw serviceError("role_insufficient");
    const visit = openVisit(exchange, call, params, cookies);
    if (exchange.method === "POST") return await act(page, visit, exchange);
    return await answer(await page.show(visit), visit, exchange);
  }

  async function identify(page: Page, secret: string | undefined): Promise<SignedIn | undefined> {
    if (page.audience === "public" && secret === undefined) return undefined;
    try {
      return await parts.authenticate(secret);
    } catch (error) {
      if (page.audience === "public" && isSessionError(error)) return undefined;
      throw error;
    }
  }

  function openVisit(
    exchange: Exchange,
    call: Call,
    params: Readonly<Record<string, string>>,
    cookies: ReadonlyMap<string, string>,
  ): MutableVisit {
    const [path = "", query = ""] = exchange.target.split("?", 2);
    const setCookies: string[] = [];
    const keepBrowser = () => {
      const secret = randomBytes(32).toString("base64url");
      setCookies.push(writeCookie(browserCookie, secret, browserCookieSeconds));
      return secret;
    };
    let browserSecret = cookies.get(browserCookie);
    return {
      path,
      params,
      query: new URLSearchParams(query),
      signedIn: call.signedIn,
      now: call.receivedAt,
      requestId: call.requestId,
      clientAddress: call.clientAddress,
      origin: parts.origin(),
      attempt: undefined,
      cookies,
      setCookies,
      setCookie: (header) => void setCookies.push(header),
      get browserSecret() {
        if (!isBrowserSecret(browserSecret)) browserSecret = keepBrowser();
        return browserSecret;
      },
      get formToken() {
        // Signed in or not: the form's token ends with the session.
        return createFormToken(this.signedIn === undefined ? this.browserSecret : formSecret(cookies));
      },
      ...parts.services(exchange, call),
    };
  }

  async function act(page: Page, visit: MutableVisit, exchange: Exchange): Promise<Reply> {
    if (page.actions === undefined) throw serviceError("method_not_allowed");
    refuseForeignForm(exchange.headers, parts.publicOrigin);
    const form = await readForm(exchange);
    const secret =
      visit.signedIn === undefined ? visit.cookies.get(browserCookie) : formSecret(visit.cookies);
    if (secret === undefined || !isFormToken(secret, form.text(formTokenField))) {
      throw serviceError("form_refused");
    }
    const name = form.text("action");
    const action = Object.hasOwn(page.actions, name) ? page.actions[name] : undefined;
    if (action === undefined) throw serviceError("unreadable_request");
    try {
      return await answer(await action(visit, form), visit, exchange);
    } catch (error) {
      return await showAgain(page, visit, exchange, { name, form, error });
    }
  }

  /** What somebody typed is not lost because one field is wrong. */
  async function showAgain(
    page: Page,
    visit: MutableVisit,
    exchange: Exchange,
    { name, form, error }: { readonly name: string; readonly form: Form; readonly error: unknown },
  ): Promise<Reply> {
    if (!(error instanceof ServiceError) || !canBeCorrected(error)) throw error;
    visit.attempt = { action: name, form, error };
    const shown = await page.show(visit);
    const reply = await answer(
      shown.kind === "redirect" || shown.kind === "download" ? shown : { ...shown, status: error.row.http },
      visit,
      exchange,
    );
    return { ...reply, error };
  }

  async function answer(result: View | Next, visit: MutableVisit, exchange: Exchange): Promise<Reply> {
    if (result.kind === "redirect") return leadTo(result, visit);
    const headers = securityHeaders(isSecure, formTarget);
    if (result.kind === "download") {
      headers["content-type"] = result.contentType;
      headers["content-disposition"] = `attachment; filename="${result.fileName}"`;
      return { status: 200, headers, body: result.body, trailers: undefined, error: undefined };
    }
    const text = document(result, visit, headers);
    const body = await encode(Buffer.from(text), exchange, headers);
    return { status: result.status ?? 200, headers, body, trailers: undefined, error: undefined };
  }

  function leadTo(result: Extract<Next, { kind: "redirect" }>, visit: MutableVisit): Reply {
    const headers: ReplyHeaders = { ...securityHeaders(isSecure, formTarget), location: result.to };
    if (result.notice !== undefined) visit.setCookie(sendNotice(result.notice));
    addCookies(headers, visit);
    // Not the cookies: the notice of the next page is one.
    if (result.clearsSite === true) headers["clear-site-data"] = '"cache", "storage"';
    return { status: 303, headers, body: undefined, trailers: undefined, error: undefined };
  }

  /** Writes the document, and its headers into the given ones. */
  function document(view: View, visit: MutableVisit, headers: ReplyHeaders): string {
    const notice = takeNotice(visit.cookies);
    if (notice !== undefined) visit.setCookie(notice.forget);
    const { signedIn } = visit;
    const text = layOut(view, {
      files: parts.files,
      accessibility: parts.accessibility,
      path: visit.path,
      person: signedIn?.person,
      notice: notice?.text,
      attempt: visit.attempt,
      formToken: signedIn === undefined ? nothing : hiddenToken(visit),
    });
    addCookies(headers, visit);
    headers["content-type"] = "text/html; charset=utf-8";
    headers["content-language"] = "fr";
    return text;
  }

  function refuse(error: ConnectError, exchange: Exchange, call: Call): Reply {
    const visit = openVisit(exchange, call, {}, readCookies(exchange.headers.cookie));
    if (isSessionError(error)) return { ...leadTo(toSignIn(visit, error), visit), error };
    const view = errorPage(error, call.requestId);
    const headers = securityHeaders(isSecure, formTarget);
    const body = Buffer.from(document(view, visit, headers));
    Object.assign(headers, replyHeaders(error));
    return { status: view.status ?? 500, headers, body, trailers: undefined, error };
  }
}

function isMeant(page: Page, { person }: SignedIn): boolean {
  return page.audience === "public" || page.audience === "anyone" || page.audience === person.kind;
}

/** The page comes back after signing in, unless a form was sent to it. */
function toSignIn(visit: MutableVisit, error: ServiceError): Extract<Next, { kind: "redirect" }> {
  const wasSignedIn = error.id === "session_unknown";
  if (wasSignedIn) visit.setCookie(dropCookie(sessionCookie));
  const to = `/connexion?retour=${encodeURIComponent(visit.path)}`;
  return wasSignedIn
    ? { kind: "redirect", to, notice: "Votre session a pris fin : connectez-vous de nouveau." }
    : { kind: "redirect", to };
}

function isSessionError(error: unknown): error is ServiceError {
  return error instanceof ServiceError && (error.id === "session_missing" || error.id === "session_unknown");
}

/** What another try can change: what was typed, or the state of things. */
function canBeCorrected({ id, row }: ServiceError): boolean {
  if (id === "sign_in_code_invalid" || id === "address_code_invalid") return true;
  if (id === "role_insufficient" || id === "person_limited" || id === "form_refused") return false;
  return row.outcome !== "unauthenticated" && row.outcome !== "failed" && row.outcome !== "cancelled";
}

function formSecret(cookies: ReadonlyMap<string, string>): string {
  return cookies.get(sessionCookie) ?? "";
}

function isBrowserSecret(text: string | undefined): text is string {
  return text !== undefined && /^[\w-]{43}$/.test(text);
}

function addCookies(headers: ReplyHeaders, { setCookies }: MutableVisit): void {
  if (setCookies.length > 0) headers["set-cookie"] = [...setCookies];
}

/** Low: a page is made for one reader. */
const pageQuality = 4;
const minCompressedBytes = 1024;

async function encode(bytes: Buffer, exchange: Exchange, headers: ReplyHeaders): Promise<Buffer> {
  const coding = chooseCoding(exchange.headers["accept-encoding"]);
  if (coding === undefined || bytes.byteLength < minCompressedBytes) return bytes;
  headers["content-encoding"] = coding;
  headers["vary"] = "accept-encoding";
  return await compress(bytes, coding, pageQuality);
}

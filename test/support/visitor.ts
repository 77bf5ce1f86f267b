// Somebody with a browser that knows no JavaScript: keeps cookies, follows links, fills in forms.
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

export interface Visited {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where a redirect leads. */
  readonly location: string;
}

export interface Visitor {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Record<string, string>): Promise<Visited>;
  /** Sends fields as they are. */
  send(path: string, fields: Fields, headers?: Record<string, string>): Promise<Visited>;
  /** Fills in the form of a page that asks for an action, and sends it with all its hidden fields. */
  submit(path: string, action: string, fields?: Fields): Promise<Visited>;
  /** Opens a link of the command line and confirms it. */
  signIn(code: string): Promise<Visited>;
}

export type Fields = Readonly<Record<string, string | readonly string[]>>;

/** Held back, or the trace was late on a busy machine. */
const isRefusedForNow = ({ status }: Response) => status === 429 || status === 503;

/** Fetches; when it is refused for now, waits as told and asks again. */
export async function fetchPatiently(url: string, init?: RequestInit): Promise<Response> {
  for (let left = 100; ; left -= 1) {
    const answer = await fetch(url, init);
    if (!isRefusedForNow(answer) || left === 0) return answer;
    await answer.body?.cancel();
    await setTimeout(1000 * Number(answer.headers.get("retry-after")));
  }
}

/** Somebody new. A patient one who is refused for now waits as told, and asks again. */
export function visit(origin: string, { isPatient = false } = {}): Visitor {
  const cookies = new Map<string, string>();
  return { cookies, get, send, submit, signIn };

  async function get(path: string, headers: Record<string, string> = {}): Promise<Visited> {
    return await ask(path, { headers: { ...own(), ...headers } });
  }

  async function send(path: string, fields: Fields, headers: Record<string, string> = {}): Promise<Visited> {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(fields)) {
      for (const one of typeof value === "string" ? [value] : value) body.append(name, one);
    }
    const sent = { ...own(), origin, "sec-fetch-site": "same-origin", ...headers };
    return await ask(path, { method: "POST", body, headers: sent });
  }

  async function submit(path: string, action: string, fields: Fields = {}): Promise<Visited> {
    const { text, status } = await get(path);
    const form = formsOf(text).find(({ hidden }) => hidden["action"] === action);
    assert.ok(form, `${path} (${status}) has no form for ${action}`);
    return await send(form.to ?? path.split("?")[0] ?? path, { ...form.hidden, ...fields });
  }

  async function signIn(code: string): Promise<Visited> {
    return await submit(`/connexion/lien?code=${code}`, "sign-in");
  }

  async function ask(path: string, init: RequestInit): Promise<Visited> {
    const send = isPatient ? fetchPatiently : fetch;
    return await read(await send(origin + path, { ...init, redirect: "manual" }));
  }

  function own(): Record<string, string> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return { accept: "text/html", ...(cookie !== "" && { cookie }) };
  }

  async function read(response: Response): Promise<Visited> {
    for (const header of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      if (/; Max-Age=0\b/.test(header)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      location: response.headers.get("location") ?? "",
    };
  }
}

interface FoundForm {
  readonly to: string | undefined;
  readonly hidden: Readonly<Record<string, string>>;
}

/** The forms of a page that are sent by POST, with their hidden fields. */
export function formsOf(page: string): FoundForm[] {
  return [...page.matchAll(/<form method="post"([^>]*)>([\s\S]*?)<\/form>/g)].map(
    ([, attributes = "", body = ""]) => ({
      to: /action="([^"]*)"/.exec(attributes)?.[1],
      hidden: Object.fromEntries(
        [...body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(
          ([, name = "", value = ""]) => [name, unescapeText(value)],
        ),
      ),
    }),
  );
}

function unescapeText(text: string): string {
  const entities: Record<string, string> = {
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&#39;": "'",
    "&amp;": "&",
  };
  return text.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity);
}

/** The codes in what the demonstration prints. */
export function demonstrationCodes(printed: string): { readonly contact: string; readonly operator: string } {
  const code = (who: string) => new RegExp(`${who}:\\s+\\S+code=(\\S+)`).exec(printed)?.[1] ?? "";
  return { contact: code("contact"), operator: code("operator") };
}

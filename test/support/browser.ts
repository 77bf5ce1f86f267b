// A real Chromium, as people use the pages.
import { existsSync } from "node:fs";
import { type BrowserContext, chromium } from "playwright-core";

const program = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Far from what a slow machine takes for a page: it catches what hangs. */
const hangMs = 120_000;

export interface Browser extends AsyncDisposable {
  readonly context: BrowserContext;
  /** A profile more in the same program, which shares nothing with the first one. */
  open(options?: BrowserOptions): Promise<BrowserContext>;
}

export interface BrowserOptions {
  readonly width?: number;
  readonly scripts?: boolean;
  readonly dark?: boolean;
}

/** Opens a browser with a profile of its own, which goes away with it. */
export async function openBrowser(options: BrowserOptions = {}): Promise<Browser> {
  if (program === undefined) throw new Error("Chromium is not installed: apt-get install chromium");
  const browser = await chromium.launch({
    executablePath: program,
    args: flags,
    headless: true,
    timeout: hangMs,
  });
  const open = async ({ width = 1280, scripts = true, dark = false }: BrowserOptions = {}) => {
    const context = await browser.newContext({
      locale: "fr-FR",
      timezoneId: "Europe/Paris",
      viewport: { width, height: 900 },
      javaScriptEnabled: scripts,
      colorScheme: dark ? "dark" : "light",
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(hangMs);
    return context;
  };
  return { context: await open(options), open, [Symbol.asyncDispose]: () => browser.close() };
}

/** Gives a browser the cookies of somebody who has signed in without it. */
export async function takeCookies(
  context: BrowserContext,
  origin: string,
  cookies: ReadonlyMap<string, string>,
): Promise<void> {
  await context.clearCookies();
  const domain = new URL(origin).hostname;
  const given = [...cookies].map(([name, value]) => ({
    name,
    value,
    domain,
    path: "/",
    secure: true,
    httpOnly: true,
  }));
  if (given.length > 0) await context.addCookies(given);
}

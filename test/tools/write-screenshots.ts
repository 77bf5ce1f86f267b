// Writes a picture of every page of the dashboard, wide and narrow, light, dark and on paper, into a folder that git ignores.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { prepareTour } from "../dashboard/page-tour.ts";
import { type BrowserOptions, openBrowser, takeCookies } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { unlimited } from "../support/whole-service.ts";
import { fromRoot } from "./repository.ts";

const folder = fromRoot("screenshots");
const forms: Readonly<Record<string, BrowserOptions & { readonly width: number }>> = {
  wide: { width: 1280 },
  narrow: { width: 320 },
  dark: { width: 1280, dark: true },
  paper: { width: 680 },
};

await mkdir(folder, { recursive: true });
await using service = await startService({ environment: unlimited, traffic: true });
const { stops, contact, operator } = await prepareTour(service);
for (const [form, options] of Object.entries(forms)) {
  await using browser = await openBrowser(options);
  const { width } = options;
  for (const { path, audience } of stops) {
    const visitor = audience === "operator" ? operator : contact;
    await takeCookies(browser.context, service.origin, audience === "public" ? new Map() : visitor.cookies);
    const page = await browser.context.newPage();
    await page.goto(service.origin + path, { waitUntil: "networkidle" });
    if (form === "paper") await page.emulateMedia({ media: "print" });
    // The whole page at once: a picture of more than the window would make charts begin anew.
    const { height = 0 } = (await page.locator("html").boundingBox()) ?? {};
    await page.setViewportSize({ width, height: Math.ceil(height) });
    // Charts grow for a second, whatever a reader prefers.
    if ((await page.locator("bar-chart").count()) > 0) await page.waitForTimeout(1500);
    const name = `${path === "/" ? "accueil" : path.slice(1).replaceAll("/", "-")}-${form}.png`;
    await page.screenshot({ path: join(folder, name) });
    await page.close();
  }
}
process.stdout.write(`${stops.length} pages in ${folder}\n`);

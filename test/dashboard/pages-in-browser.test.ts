// Every page in a real Chromium: accessible, whole at 320 pixels, light, of this host only, and without script errors.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, suite, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { openBrowser, takeCookies } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import type { Visitor } from "../support/visitor.ts";
import { unlimited } from "../support/whole-service.ts";
import { prepareTour, type Stop } from "./page-tour.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const service = await startService({ environment: unlimited });
const browser = await openBrowser();
const dark = await openBrowser({ dark: true });
after(async () => {
  await browser[Symbol.asyncDispose]();
  await dark[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});
const tour = await prepareTour(service);

/** Compressed bytes that a page may take beyond the design system's files. */
const maxPageBytes = 100_000;

function visitorOf({ audience }: Stop): Visitor | undefined {
  if (audience === "public") return undefined;
  return audience === "operator" ? tour.operator : tour.contact;
}

async function enter(context: BrowserContext, visitor: Visitor | undefined): Promise<Page> {
  await takeCookies(context, service.origin, visitor?.cookies ?? new Map());
  return await context.newPage();
}

interface Seen {
  readonly hosts: Set<string>;
  readonly problems: string[];
  bytes: number;
}

/** Watches what a page asks for and what goes wrong in it. */
function watch(page: Page): Seen {
  const seen: Seen = { hosts: new Set(), problems: [], bytes: 0 };
  page.on("request", (request) => {
    if (!request.url().startsWith("data:")) seen.hosts.add(new URL(request.url()).origin);
  });
  page.on("requestfinished", async (request) => {
    if (request.url().includes("/ressources/dsfr")) return;
    const { responseBodySize, responseHeadersSize } = await request.sizes();
    seen.bytes += responseBodySize + responseHeadersSize;
  });
  page.on("console", (message) => {
    if (message.type() === "error" || /violat|refused/i.test(message.text()))
      seen.problems.push(message.text());
  });
  page.on("pageerror", (error) => seen.problems.push(error.message));
  return seen;
}

async function violations(page: Page): Promise<string[]> {
  // By the debugger's own door, which the page's policy leaves open.
  await page.evaluate(axe);
  return await page.evaluate(async () => {
    const { axe: tool } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const result = await tool.run();
    return result.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`,
    );
  });
}

suite("every page", { concurrency: 1 }, () => {
  for (const stop of tour.stops) {
    test(stop.path, async () => {
      const page = await enter(browser.context, visitorOf(stop));
      const seen = watch(page);
      const response = await page.goto(service.origin + stop.path, { waitUntil: "networkidle" });
      assert.equal(response?.status(), 200);
      assert.deepEqual([...seen.hosts], [service.origin], "asks this host only");
      assert.deepEqual(seen.problems, []);
      assert.ok(seen.bytes < maxPageBytes, `${seen.bytes} bytes`);
      assert.deepEqual(await violations(page), []);
      assert.equal(await page.locator("h1").count(), 1);
      assert.match(await page.title(), /^.+ – Statut étudiant$/);
      assert.equal(await page.locator("html").getAttribute("lang"), "fr");
      await page.setViewportSize({ width: 320, height: 640 });
      const width = await page.evaluate<number>("document.documentElement.scrollWidth");
      assert.ok(width <= 320, `${width} pixels wide at 320`);
      await page.close();
    });
  }
});

test("contrasts hold in the dark theme as well", async () => {
  for (const stop of tour.stops.filter(({ path }) =>
    ["/", "/tableau-de-bord", "/connexion"].includes(path),
  )) {
    const page = await enter(dark.context, visitorOf(stop));
    await page.goto(service.origin + stop.path, { waitUntil: "networkidle" });
    assert.equal(await page.locator("html").getAttribute("data-fr-theme"), "dark");
    assert.deepEqual(await violations(page), [], stop.path);
    await page.close();
  }
});

test("the keyboard alone: skip to the content, open the menu's pages, send a form", async () => {
  const page = await enter(browser.context, tour.contact);
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${service.origin}/compte`, { waitUntil: "networkidle" });
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate("document.activeElement.textContent"), "Contenu");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate("document.activeElement.id"), "contenu");
  const reached: string[] = [];
  for (let count = 0; count < 8 && !reached.includes("Se déconnecter partout"); count += 1) {
    await page.keyboard.press("Tab");
    reached.push((await page.evaluate("document.activeElement.textContent")) ?? "");
  }
  assert.deepEqual(reached.slice(0, 2), ["Se déconnecter", "Se déconnecter partout"]);
  await page.close();
});

test("without JavaScript a contact reads, filters and changes", async () => {
  await using plain = await openBrowser({ scripts: false });
  const page = await enter(plain.context, tour.contact);
  await page.goto(`${service.origin}/tableau-de-bord/usage`);
  await page.getByText("Voir les données du graphique en tableau").click();
  assert.ok(await page.getByRole("columnheader", { name: "Répondus" }).first().isVisible());
  await page.goto(`${service.origin}/tableau-de-bord/organisme`);
  await page.getByLabel("Identifiant de client FranceConnect").fill("client-fc-1");
  await page.getByRole("button", { name: "Déclarer" }).click();
  assert.ok(await page.getByText("L’accès à FranceConnect est déclaré.").isVisible());
  await page.close();
});

test("the theme can be chosen, and is kept", async () => {
  const page = await enter(browser.context, undefined);
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(service.origin, { waitUntil: "networkidle" });
  await page.getByRole("button", { name: "Paramètres d’affichage" }).click();
  await page.getByText("Thème sombre").click();
  assert.equal(await page.locator("html").getAttribute("data-fr-theme"), "dark");
  await page.reload({ waitUntil: "networkidle" });
  assert.equal(await page.locator("html").getAttribute("data-fr-theme"), "dark");
  await page.close();
});

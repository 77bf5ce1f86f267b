// Every page in a real Chromium: accessible, whole at 320 pixels, light, of this host only, and without script errors.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, suite, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { type BrowserOptions, openBrowser, takeCookies } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import type { Visitor } from "../support/visitor.ts";
import { ine, unlimited } from "../support/whole-service.ts";
import { longLines, misprinted, overflow } from "./page-layout.ts";
import { prepareTour, type Stop } from "./page-tour.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const service = await startService({ environment: unlimited, traffic: true });
const browser = await openBrowser();
after(async () => {
  await browser[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});
const tour = await prepareTour(service);

/** Compressed bytes that a page may take beyond the design system's files. */
const maxPageBytes = 100_000;

/** One profile for each who looks: pages of all of them can be open together. */
const contexts: Readonly<Record<Stop["audience"], BrowserContext>> = {
  public: browser.context,
  anyone: await enter(tour.contact),
  contact: await enter(tour.contact),
  operator: await enter(tour.operator),
};

async function enter({ cookies }: Visitor, options: BrowserOptions = {}): Promise<BrowserContext> {
  const context = await browser.open(options);
  await takeCookies(context, service.origin, cookies);
  return context;
}

/** A page of one who looks, which is closed with the block that opened it. */
async function openPage(context: BrowserContext): Promise<Page & AsyncDisposable> {
  const page = await context.newPage();
  return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() });
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

// One window for each who looks goes from page to page, as a reader does.
suite("every page", { concurrency: 1 }, () => {
  const windows = new Map<string, Promise<Page>>();
  const windowOf = (audience: Stop["audience"]) => {
    const known = windows.get(audience) ?? contexts[audience].newPage();
    windows.set(audience, known);
    return known;
  };

  for (const stop of tour.stops) {
    test(stop.path, async () => {
      const page = await windowOf(stop.audience);
      page.removeAllListeners();
      await page.setViewportSize({ width: 1280, height: 900 });
      const seen = watch(page);
      const response = await page.goto(service.origin + stop.path);
      assert.equal(response?.status(), 200);
      // The design system's script is the last to have its say.
      await page.locator("html[data-fr-js=true]").waitFor({ state: "attached" });
      assert.deepEqual([...seen.hosts], [service.origin], "asks this host only");
      assert.deepEqual(seen.problems, []);
      assert.ok(seen.bytes < maxPageBytes, `${seen.bytes} bytes`);
      assert.deepEqual(await violations(page), []);
      assert.equal(await page.locator("h1").count(), 1);
      assert.match(await page.title(), /^.+ – Statut étudiant$/);
      assert.equal(await page.locator("html").getAttribute("lang"), "fr");
      assert.equal(await overflow(page, 320, 640), 0, "at 320 pixels");
      assert.equal(await overflow(page, 3840, 2160), 0, "on a 4K screen");
      assert.deepEqual(await longLines(page), []);
      assert.deepEqual(await misprinted(page), []);
    });
  }
});

test("what a search of the journal finds is accessible, and whole on paper", async () => {
  await using page = await openPage(contexts.operator);
  await page.goto(`${service.origin}/administration/journal/recherche`);
  await page.getByLabel("INE de l’étudiant").fill(ine);
  await page.getByLabel("Motif").fill("Demande d’accès 2026-114");
  await page.getByRole("button", { name: "Rechercher et inscrire au registre" }).click();
  await page.getByRole("heading", { name: "Appels trouvés" }).waitFor();
  assert.ok(!page.url().includes(ine));
  assert.deepEqual(await violations(page), []);
  assert.equal(await overflow(page, 320, 640), 0);
  assert.deepEqual(await misprinted(page), []);
});

test("contrasts hold in the dark theme as well", async () => {
  const paths = ["/", "/tableau-de-bord", "/connexion", "/administration/journal/recherche"];
  for (const stop of tour.stops.filter(({ path }) => paths.includes(path))) {
    await using page = await openPage(contexts[stop.audience]);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto(service.origin + stop.path, { waitUntil: "networkidle" });
    await page.locator("html[data-fr-theme=dark]").waitFor({ state: "attached" });
    assert.deepEqual(await violations(page), [], stop.path);
  }
});

test("the keyboard alone: skip to the content, open the menu's pages, send a form", async () => {
  await using page = await openPage(contexts.contact);
  await page.goto(`${service.origin}/compte`, { waitUntil: "networkidle" });
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate("document.activeElement.textContent"), "Contenu");
  await page.keyboard.press("Enter");
  await page.waitForFunction("document.activeElement.id === 'contenu'");
  const reached: string[] = [];
  for (let count = 0; count < 8 && !reached.includes("Se déconnecter partout"); count += 1) {
    await page.keyboard.press("Tab");
    reached.push((await page.evaluate("document.activeElement.textContent")) ?? "");
  }
  assert.deepEqual(reached.slice(0, 2), ["Se déconnecter", "Se déconnecter partout"]);
});

test("without JavaScript a contact reads, filters and changes", async () => {
  await using page = await openPage(await enter(tour.contact, { scripts: false }));
  await page.goto(`${service.origin}/tableau-de-bord/usage`);
  await page.getByText("Voir les données du graphique en tableau").click();
  await page.getByRole("columnheader", { name: "Répondus" }).first().waitFor();
  await page.goto(`${service.origin}/tableau-de-bord/organisme`);
  await page.getByLabel("Identifiant de client FranceConnect").fill("client-fc-1");
  await page.getByRole("button", { name: "Déclarer" }).click();
  await page.getByText("L’accès à FranceConnect est déclaré.").waitFor();
});

test("the theme can be chosen, and is kept", async () => {
  await using page = await openPage(await browser.open());
  await page.goto(service.origin, { waitUntil: "networkidle" });
  await page.getByRole("button", { name: "Paramètres d’affichage" }).click();
  await page.getByText("Thème sombre").click();
  await page.locator("html[data-fr-theme=dark]").waitFor({ state: "attached" });
  await page.reload({ waitUntil: "networkidle" });
  await page.locator("html[data-fr-theme=dark]").waitFor({ state: "attached" });
});

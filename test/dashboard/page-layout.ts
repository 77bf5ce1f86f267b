// How a page lies on small and huge screens and on paper. What runs in the page stands here as text: the types of browsers
// are not those of this code.
import type { Page } from "playwright-core";

/** Pixels by which what the window shows is wider than it. */
export async function overflow(page: Page, width: number, height: number): Promise<number> {
  await page.setViewportSize({ width, height });
  const shown = await page.evaluate<number>("document.documentElement.scrollWidth");
  return Math.max(0, shown - width);
}

/** Texts in lines too long to read: beyond 50 em, about 100 characters. */
export async function longLines(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`
    [...document.querySelectorAll("main p, main li, main dd, main legend, main .tableau-lignes")]
      .filter((block) => {
        const text = document.createRange();
        text.selectNodeContents(block);
        return text.getBoundingClientRect().width > 50 * Number.parseFloat(getComputedStyle(block).fontSize);
      })
      .map((block) => block.textContent.trim().slice(0, 80))`);
}

/** What paper shows although nobody can use it there, and what it leaves out or cuts. */
export async function misprinted(page: Page): Promise<string[]> {
  await page.emulateMedia({ media: "print" });
  // A sheet of A4, upright, without its margins.
  const tooWide = await overflow(page, 680, 960);
  const found = await page.evaluate<string[]>(`(() => {
    const isShown = (element) => element.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
    const all = (selector) => [...document.querySelectorAll(selector)];
    const edge = document.documentElement.clientWidth + 1;
    const name = (kind) => (element) => kind + ": " + element.outerHTML.slice(0, 120);
    return [
      ...all("nav, main form, button, .fr-header__tools, .fr-skiplinks, .fr-footer, dialog")
        .filter(isShown)
        .map(name("useless")),
      ...all("main table").filter((table) => table.getBoundingClientRect().right > edge).map(name("cut")),
      ...all("main h1, main table").filter((element) => !isShown(element)).map(name("hidden")),
    ];
  })()`);
  await page.emulateMedia({ media: "screen" });
  return tooWide > 0 ? [`${tooWide} pixels too wide`, ...found] : found;
}

import markdownIt from "markdown-it";
import { type Html, trusted } from "./html.ts";

/** HTML in the source is shown as text, and links lead to web pages and mail addresses only. */
const renderer = markdownIt({ html: false, linkify: false, typographer: false });

/** A text in Markdown. Its titles are put one level lower: the page has its own. */
export function markdown(text: string): Html {
  const lowered = text.replace(/^(#{1,5}) /gm, "#$1 ");
  return trusted(renderer.render(lowered));
}

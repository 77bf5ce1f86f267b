// What an e-mail says, written once and rendered twice: the plain text and the HTML cannot tell different things.

/** A piece of a message. Texts are plain: nothing in them is markup. */
export type Block =
  | { readonly paragraph: string }
  | { readonly heading: string }
  | { readonly list: readonly string[] }
  /** Names and values, such as dates. */
  | { readonly facts: readonly (readonly [name: string, value: string])[] }
  | { readonly link: string; readonly url: string };

export interface Letter {
  /** At most 200 characters. */
  readonly subject: string;
  readonly blocks: readonly Block[];
  /** Why the recipient gets it, and by which article: the last lines. */
  readonly because: string;
  /** Only for news that nobody must get: no obligation has one. */
  readonly unsubscribeUrl?: string;
}

export interface MailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly unsubscribeUrl: string | undefined;
}

/** Where partners write (terms, article 6.2). */
const contactAddress = "statutetudiant@enseignementsup.gouv.fr";
const service = "API Statut étudiant";
const maxSubject = 200;
const lineWidth = 76;

/** Renders a letter to a person; one without a name is greeted without. */
export function renderLetter(letter: Letter, recipientName: string): MailContent {
  const greeting: Block = { paragraph: `${`Bonjour ${singleLine(recipientName)}`.trim()},` };
  const closing: Block[] = [
    { paragraph: `L'équipe ${service}` },
    { paragraph: `Pour toute question, écrivez à ${contactAddress}.` },
  ];
  const blocks = [greeting, ...letter.blocks, ...closing];
  const footer = footerOf(letter);
  return {
    subject: singleLine(`[${service}] ${letter.subject}`).slice(0, maxSubject),
    text: `${blocks.map(toText).join("\n\n")}\n\n-- \n${footer.map(wrap).join("\n")}\n`,
    html: toHtml(letter.subject, blocks, footer),
    unsubscribeUrl: letter.unsubscribeUrl,
  };
}

function footerOf({ because, unsubscribeUrl }: Letter): string[] {
  return unsubscribeUrl === undefined
    ? [because]
    : [because, `Pour ne plus recevoir ces nouvelles : ${unsubscribeUrl}`];
}

function toText(block: Block): string {
  if ("paragraph" in block) return block.paragraph.split("\n").map(wrap).join("\n");
  if ("heading" in block) return `${block.heading}\n${"-".repeat(Math.min(block.heading.length, lineWidth))}`;
  if ("list" in block) return block.list.map((item) => `- ${wrap(item).replaceAll("\n", "\n  ")}`).join("\n");
  if ("facts" in block) return block.facts.map(([name, value]) => `${name} : ${value}`).join("\n");
  return `${block.link} :\n${block.url}`;
}

/** Breaks a line at spaces, so that every mail program shows it whole; not before the marks that French sets apart. */
function wrap(line: string): string {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(/ (?![:;?!»](?: |$))/u)) {
    if (current !== "" && current.length + 1 + word.length > lineWidth) {
      lines.push(current);
      current = word;
    } else {
      current = current === "" ? word : `${current} ${word}`;
    }
  }
  return [...lines, current].join("\n");
}

function toHtml(title: string, blocks: readonly Block[], footer: readonly string[]): string {
  const style = "font-family: Marianne, Arial, sans-serif; font-size: 16px; line-height: 1.5; color: #161616";
  return [
    "<!doctype html>",
    `<html lang="fr">`,
    `<head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>`,
    `<body style="${style}; max-width: 40em; margin: 1em auto; padding: 0 1em">`,
    ...blocks.map(blockToHtml),
    `<hr style="border: 0; border-top: 1px solid #ddd">`,
    ...footer.map((line) => `<p style="font-size: 13px; color: #666">${escapeHtml(line)}</p>`),
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

function blockToHtml(block: Block): string {
  if ("paragraph" in block) return `<p>${block.paragraph.split("\n").map(escapeHtml).join("<br>\n")}</p>`;
  if ("heading" in block) return `<h2 style="font-size: 18px">${escapeHtml(block.heading)}</h2>`;
  if ("list" in block)
    return element(
      "ul",
      block.list.map((item) => `<li>${escapeHtml(item)}</li>`),
    );
  if ("facts" in block) {
    const row = ([name, value]: readonly [string, string]) =>
      `<tr><th scope="row" style="text-align: left; padding-right: 1em">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`;
    return element("table", block.facts.map(row));
  }
  return `<p><a href="${escapeHtml(block.url)}">${escapeHtml(block.link)}</a></p>`;
}

function element(name: string, children: readonly string[]): string {
  return `<${name}>\n${children.join("\n")}\n</${name}>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => `&#${character.charCodeAt(0)};`);
}

/** Text of others on one line: a line break would start a header of its own. */
function singleLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

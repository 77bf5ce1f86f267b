import { type Html, html, type Part } from "./html.ts";

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => Part;
  /** Whether it holds numbers, which stand below each other. */
  readonly isNumber?: boolean;
}

export interface TableOptions<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** What is said when there is none. */
  readonly empty: string;
  /** Whether the caption is for those who listen only, since a heading says the same. */
  readonly hidesCaption?: boolean;
}

/** A table; the first column names its rows. A wide one scrolls by itself, also by keyboard. */
export function table<Row>({ caption, columns, rows, empty, hidesCaption }: TableOptions<Row>): Html {
  if (rows.length === 0) return html`<p>${empty}</p>`;
  const head = columns.map(
    ({ head: text, isNumber }) =>
      html`<th scope="col"${isNumber === true && html` class="tableau-nombre"`}>${text}</th>`,
  );
  const body = rows.map(
    (row) =>
      html`<tr>${columns.map(({ cell, isNumber }, index) => {
        if (index === 0) return html`<th scope="row">${cell(row)}</th>`;
        return html`<td${isNumber === true && html` class="tableau-nombre"`}>${cell(row)}</td>`;
      })}</tr>\n`,
  );
  const noCaption = hidesCaption === true && " fr-table--no-caption";
  return html`<div class="fr-table fr-table--bordered${noCaption}"><div class="fr-table__wrapper"><div class="fr-table__container" tabindex="0" role="region" aria-label="${caption}"><div class="fr-table__content">
<table><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>
</div></div></div></div>`;
}

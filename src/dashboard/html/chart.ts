// Charts of the State's design system. Each stands beside a table that says the same: it is read without JavaScript, on
// paper, and by those who do not see.
import { type Html, html } from "./html.ts";
import { type Column, table } from "./table.ts";

export interface ChartOptions {
  readonly kind: "line" | "bar";
  readonly caption: string;
  /** Names of the points, in order. */
  readonly labels: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Whether bars stand on each other. */
  readonly isStacked?: boolean;
  readonly unit?: string;
  /** Head of the table's first column. */
  readonly labelHead: string;
  readonly format: (value: number) => string;
}

/** A chart, and the table of its numbers. Pages with charts say `hasCharts`. */
export function chart(options: ChartOptions): Html {
  const { kind, caption, labels, series, isStacked, unit } = options;
  if (labels.length === 0) return html`<p>Aucune donnée sur cette période.</p>`;
  const x = JSON.stringify(kind === "line" ? series.map(() => labels) : [labels]);
  const y = JSON.stringify(series.map(({ values }) => values));
  const names = JSON.stringify(series.map(({ name }) => name));
  const drawn =
    kind === "line"
      ? html`<line-chart x="${x}" y="${y}" name="${names}" unit-tooltip="${unit}"></line-chart>`
      : html`<bar-chart x="${x}" y="${y}" name="${names}" unit-tooltip="${unit}" stacked="${String(isStacked === true)}"></bar-chart>`;
  return html`<figure class="tableau-graphique"><figcaption class="fr-text--bold">${caption}</figcaption>
<div class="tableau-courbe" aria-hidden="true">${drawn}</div>
<details class="tableau-donnees"><summary>Voir les données du graphique en tableau</summary>${numbers(options)}</details>
</figure>`;
}

function numbers({ caption, labels, series, labelHead, format }: ChartOptions): Html {
  const columns: Column<number>[] = [
    { head: labelHead, cell: (index) => labels[index] },
    ...series.map(({ name, values }) => ({
      head: name,
      cell: (index: number) => format(values[index] ?? 0),
      isNumber: true,
    })),
  ];
  return table({ caption, columns, rows: labels.map((_, index) => index), empty: "", hidesCaption: true });
}

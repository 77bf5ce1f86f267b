import type { Regime } from "../referential/student.ts";

/** French wording of the national nomenclature of training regimes. */
export const regimeLabels: Readonly<Record<Regime, string>> = {
  1: "formation initiale",
  2: "formation initiale hors apprentissage",
  3: "reprise d'études non financée sans convention",
  4: "contrat d'apprentissage",
  5: "formation continue",
  6: "formation continue hors contrat professionnel",
  7: "contrat de professionnalisation",
};

/** Code of the nomenclature, `RF1` to `RF7`. */
export function regimeCode(regime: Regime): string {
  return `RF${regime}`;
}

// The answers of the state's public sandbox (fictitious people), recorded case by case.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface SandboxCase {
  readonly surface: "v2" | "v3";
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly status: number;
  readonly body: unknown;
}

const file = join(import.meta.dirname, "../golden/sandbox-cases.ndjson");

export const sandboxCases: readonly SandboxCase[] = readFileSync(file, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as SandboxCase);

/** The request of a case, encoded as clients encode it. */
export function targetOf({ path, query }: SandboxCase): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of query) parameters.append(name, value);
  return `${path}?${parameters}`;
}

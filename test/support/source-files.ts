// The sources as text: what each file imports, and its code without comments. A scanner and no parser: Biome keeps
// the sources in the one shape that it reads.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";

export interface SourceImport {
  /** Path in the repository of a file of ours, or the name of a package. */
  readonly target: string;
  readonly isOurs: boolean;
  /** Erased when it runs. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Path in the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  /** The text without comments, on the same lines. */
  readonly code: string;
  readonly imports: readonly SourceImport[];
}

const root = resolve(import.meta.dirname, "../..");

/** The TypeScript files under a folder of the repository, generated ones left out. */
export function readSourceFiles(folder: "src" | "db" | "test"): SourceFile[] {
  return globSync(`${folder}/**/*.ts`, { cwd: root })
    .filter((path) => !path.startsWith("src/gen/"))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), "utf8");
      const code = withoutComments(text);
      return { path, text, code, imports: findImports(path, code) };
    });
}

const stringOrComment =
  /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

function withoutComments(text: string): string {
  return text.replace(stringOrComment, (piece) =>
    piece.startsWith("/") ? piece.replace(/[^\n]+/g, "") : piece,
  );
}

const importStatement =
  /^(?:import|export)\s+(type\s)?([^;"]*?)\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;
/** A worker's file, which is named and not imported. */
const namedFile = /\bnew URL\("(?:\.\/)?([^"]+\.ts)",\s*import\.meta\.url\)/g;

function findImports(path: string, code: string): SourceImport[] {
  const found: SourceImport[] = [];
  for (const [, type, names = "", from, bare, dynamic] of code.matchAll(importStatement)) {
    const onlyTypes = type !== undefined || (from !== undefined && importsOnlyTypes(names));
    found.push(toImport(path, from ?? bare ?? dynamic ?? "", onlyTypes));
  }
  for (const [, file = ""] of code.matchAll(namedFile)) found.push(toImport(path, `./${file}`, false));
  return found;
}

/** `{ type A, type B }` */
function importsOnlyTypes(names: string): boolean {
  const list = /^\{(.*)\}\s*$/s.exec(names.trim())?.[1];
  const items = list?.split(",").filter((item) => item.trim() !== "") ?? [];
  return items.length > 0 && items.every((item) => item.trim().startsWith("type "));
}

function toImport(path: string, specifier: string, typeOnly: boolean): SourceImport {
  const isOurs = specifier.startsWith(".");
  return { target: isOurs ? normalize(join(dirname(path), specifier)) : specifier, isOurs, typeOnly };
}

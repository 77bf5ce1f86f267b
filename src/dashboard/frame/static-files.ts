// The design system's files, served from their package, and our own: under addresses that change with their content,
// so that a browser asks for each once. Only the files that a page can need are served.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, posix } from "node:path";
import type { Exchange } from "../../request/exchange.ts";
import type { Reply } from "../../request/reply.ts";
import type { Route } from "../../request/routes.ts";
import { type Coding, chooseCoding, compress } from "./compressed.ts";
import { securityHeaders } from "./security-headers.ts";

const require = createRequire(import.meta.url);
const own = join(import.meta.dirname, "../assets");

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".ico": "image/x-icon",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

/** What pages name. Files that style sheets refer to are added to them. */
const designSystem = {
  style: "dsfr.main.min.css",
  icons: "utility/icons/icons-system/icons-system.min.css",
  print: "dsfr.print.min.css",
  script: "dsfr.module.min.js",
  favicon: "favicon/favicon.svg",
  favicons: ["favicon/favicon.ico", "favicon/apple-touch-icon.png"],
  pictures: ["artwork/dark.svg", "artwork/light.svg", "artwork/system.svg"],
} as const;

const prefix = "/ressources/";
/** Addresses hold the version, or a hash of the content. */
const cacheControl = "public, max-age=31536000, immutable";

interface StaticFile {
  readonly path: string;
  readonly type: string;
  readonly encoded: Map<Coding | "identity", Promise<Buffer>>;
}

/** The addresses that the layout writes into pages. */
export interface PageFiles {
  readonly styles: readonly string[];
  readonly printStyles: readonly string[];
  readonly script: string;
  readonly favicon: string;
  readonly pictures: string;
  readonly charts: { readonly style: string; readonly script: string };
}

export interface StaticFiles {
  readonly pageFiles: PageFiles;
  /** The route of a path below `/ressources/` that is a file's. */
  resolve(path: string): Route | undefined;
}

export function createStaticFiles(isSecure: boolean): StaticFiles {
  const design = packageFolder("@gouvfr/dsfr", "dist/dsfr.main.min.css");
  const charts = packageFolder("@gouvfr/dsfr-chart", "dist/DSFRChart/DSFRChart.css");
  const ownStyle = ownFile("dashboard.css");
  const designPath = `${prefix}dsfr-${design.version}/`;
  const chartPath = `${prefix}dsfr-chart-${charts.version}/`;
  let files: Map<string, StaticFile> | undefined;

  return {
    pageFiles: {
      styles: [`${designPath}${designSystem.style}`, `${designPath}${designSystem.icons}`, ownStyle.address],
      printStyles: [`${designPath}${designSystem.print}`],
      script: `${designPath}${designSystem.script}`,
      favicon: `${designPath}${designSystem.favicon}`,
      pictures: `${designPath}artwork/`,
      charts: { style: `${chartPath}DSFRChart.css`, script: `${chartPath}DSFRChart.js` },
    },
    resolve(path) {
      if (!path.startsWith(prefix)) return undefined;
      // The style sheets are read when the first page is shown, not at each start.
      files ??= listFiles();
      const file = files.get(path);
      return file === undefined ? undefined : routeOf(file, isSecure);
    },
  };

  function listFiles(): Map<string, StaticFile> {
    const { style, icons, print, script, favicon, favicons, pictures } = designSystem;
    const named = [style, icons, print, script, favicon, ...favicons, ...pictures];
    const referred = [style, icons].flatMap((sheet) => referencesOf(join(design.folder, "dist"), sheet));
    return new Map([
      ...[...named, ...referred].map((name) =>
        entry(`${designPath}${name}`, join(design.folder, "dist", name)),
      ),
      ...["DSFRChart.css", "DSFRChart.js"].map((name) =>
        entry(`${chartPath}${name}`, join(charts.folder, "dist/DSFRChart", name)),
      ),
      entry(ownStyle.address, ownStyle.path),
    ]);
  }
}

function entry(address: string, path: string): readonly [string, StaticFile] {
  return [address, { path, type: types[extname(path)] ?? "application/octet-stream", encoded: new Map() }];
}

function packageFolder(name: string, file: string): { readonly folder: string; readonly version: string } {
  const folder = require.resolve(`${name}/${file}`).slice(0, -file.length - 1);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return { folder, version };
}

function ownFile(name: string): { readonly address: string; readonly path: string } {
  const path = join(own, name);
  const digest = createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 12);
  const extension = extname(name);
  return { address: `${prefix}${name.slice(0, -extension.length)}-${digest}${extension}`, path };
}

/** The files that a style sheet refers to, but for fonts of an older format. */
function referencesOf(root: string, sheet: string): string[] {
  const text = readFileSync(join(root, sheet), "utf8");
  return [...text.matchAll(/url\("?(?!data:)([^")]+)"?\)/g)]
    .map(([, reference = ""]) => posix.join(dirname(sheet), reference))
    .filter((reference) => extname(reference) in types);
}

function routeOf(file: StaticFile, isSecure: boolean): Route {
  return {
    protocol: "page",
    pattern: `${prefix}*`,
    rpc: "",
    isPublic: true,
    isPage: true,
    isStreaming: false,
    call: (exchange) => send(file, exchange, isSecure),
  };
}

async function send(file: StaticFile, exchange: Exchange, isSecure: boolean): Promise<Reply> {
  const isText = !/^font|png$|icon$/.test(file.type);
  const coding = (isText ? chooseCoding(exchange.headers["accept-encoding"]) : undefined) ?? "identity";
  const headers = {
    ...securityHeaders(isSecure),
    "content-type": file.type,
    "cache-control": cacheControl,
    ...(isText && { vary: "accept-encoding" }),
    ...(coding !== "identity" && { "content-encoding": coding }),
  };
  return { status: 200, headers, body: await encode(file, coding), trailers: undefined, error: undefined };
}

/** Each file is compressed once for each coding, by a thread of Node's pool. */
function encode(file: StaticFile, coding: Coding | "identity"): Promise<Buffer> {
  const known = file.encoded.get(coding);
  if (known !== undefined) return known;
  const encoded = read(file.path, coding);
  file.encoded.set(coding, encoded);
  encoded.catch(() => file.encoded.delete(coding));
  return encoded;
}

const keptQuality = 9;

async function read(path: string, coding: Coding | "identity"): Promise<Buffer> {
  const bytes = readFileSync(path);
  return coding === "identity" ? bytes : await compress(bytes, coding, keptQuality);
}

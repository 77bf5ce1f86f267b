// The rules of the house, one line per rule. A failing rule names each file that breaks it. An exception stands in
// the table with its reason; it must still be needed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { test } from "node:test";
import { readSourceFiles, type SourceFile } from "./support/source-files.ts";

const root = resolve(import.meta.dirname, "..");
const source = [...readSourceFiles("src"), ...readSourceFiles("db")];
const tests = readSourceFiles("test");
const everything = [...source, ...tests];
const itself = "test/architecture.test.ts";

interface Rule {
  readonly rule: string;
  /** What breaks the rule: `path`, or `path: what`. */
  readonly broken: () => string[];
  /** Files that may break it, and why. */
  readonly except?: Readonly<Record<string, string>>;
}

const rules: readonly Rule[] = [
  {
    rule: "imports point down: cli, app, services, doors, use cases, storage, ground",
    broken: upwardImports,
  },
  { rule: "a feature imports no other feature, but for what is shared", broken: foreignFeatures },
  { rule: "no files need each other in a circle, types aside", broken: circles },
  { rule: "the transcoder knows nothing of ours but google/api", broken: transcoderImports },
  {
    rule: "HTTP/2 knows nothing of ours",
    broken: () => importsOf(/^src\/http2\//, (target) => target.startsWith("src/http2/")),
  },
  { rule: "nothing under src or db imports a test", broken: () => importing(/^test\//) },
  { rule: "SQL stands in storage files, migrations and seeds only", broken: strayQueries },
  { rule: "a table is touched by its owner only", broken: foreignTables },
  {
    rule: "process.env is read in src/config.ts only",
    broken: () => matching(source, /\bprocess\.env\b|\benv\s*[},].*from "node:process"/),
    except: { "src/config.ts": "it is the reader" },
  },
  {
    rule: "the time is read in src/clock.ts only",
    broken: () =>
      matching(source, /\bDate\.now\(|\bnew Date\(\)|\bperformance\.(?:now|timeOrigin)|\bhrtime\b/),
    except: {
      "src/clock.ts": "it is the reader",
      "src/transcoder/transcoder.ts": "it knows nothing of ours: its option `now` takes the place of a clock",
      "src/request/http1-answer.ts": "the Date of an answer is the world's, as Node's own",
      "src/request/listener.ts": "it measures how long its sockets last, which no date of a test may change",
    },
  },
  { rule: "named exports only", broken: () => matching(source, /\bexport default\b/) },
  {
    rule: "nothing prints but the command line, which has its streams",
    broken: () => matching(source, /\bconsole\./),
  },
  {
    rule: "no file is longer than 300 lines",
    broken: () => longerThan(source, 300),
    except: { "src/error-table.ts": "one table is one file" },
  },
  { rule: "no test file is longer than 500 lines", broken: () => longerThan(tests, 500) },
  {
    rule: "file names are kebab-case",
    broken: () => named(/^(?!\d{4}_[a-z-]+\.ts$|[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.ts$)/),
  },
  {
    rule: "no file is a box of odds and ends",
    broken: () => named(/util|helper|manager|^(?:misc|common|index)\b/),
    except: {
      "src/transcoder/index.ts": "the public entry of what could be a package",
    },
  },
  { rule: "interfaces have no prefix", broken: () => matching(everything, /\binterface I[A-Z][a-z]/) },
  {
    rule: "nothing is left to do",
    broken: () => matching(everything, /\b(?:TODO|FIXME|XXX|HACK)\b/, "text"),
    except: { [itself]: "it names them" },
  },
  {
    rule: "no test is skipped, left to do or run alone",
    broken: () =>
      matching(
        tests,
        /\b(?:test|it|describe|suite|t)\.(?:skip|todo|only)\(|\b(?:skip|todo|only):\s*(?!false\b)/,
      ),
  },
  {
    rule: "no path of a machine and no host of a package registry",
    broken: machineTraces,
  },
  { rule: "links in documents lead somewhere", broken: deadLinks },
];

for (const { rule, broken, except = {} } of rules) {
  test(rule, () => {
    const found = broken();
    const excepted = new Set(found.map(pathOf).filter((path) => Object.hasOwn(except, path)));
    assert.deepEqual(
      found.filter((entry) => !Object.hasOwn(except, pathOf(entry))),
      [],
    );
    assert.deepEqual(
      [...Object.keys(except)].filter((path) => !excepted.has(path)),
      [],
      "exceptions without need",
    );
  });
}

/** From the ground up: a file may import files of its own layer and of those before it. */
const layers: readonly RegExp[] = [
  /^src\/(?:awaitable|clock|config|config-settings|config-values|error-table|errors|lazy|log|node-http|paris-clock|paris-time|public-errors|wait-limits)\.ts$|^src\/gen\/|^db\//,
  /^src\/storage\//,
  /^src\/(?:access\/(?:caller|network|person|scopes|siret|token-secret)|request\/call|guard\/guard|journal\/journal|referential\/student)\.ts$/,
  /^src\/(?!assembly\/|request\/|particulier\/|dashboard\/|cli\/)[a-z\d-]+\/(?!.*-service\.ts$)/,
  /^src\/(?:request|particulier|dashboard)\/|^src\/[a-z\d-]+\/.*-service\.ts$/,
  /^src\/assembly\//,
  /^src\/app\.ts$/,
  /^src\/cli\/|^src\/main\.ts$/,
];

/** What one feature may use of another: words that they share, the matching of names, and the record of changes. */
const shared = [
  "src/access/caller.ts",
  "src/access/network.ts",
  "src/access/person.ts",
  "src/access/scopes.ts",
  "src/access/siret.ts",
  "src/access/token-secret.ts",
  "src/audit/",
  "src/mail/mail-content.ts",
  "src/mail/outbox.ts",
  "src/mail/unmailable-name.ts",
  "src/schedule/job.ts",
  "src/referential/student.ts",
  "src/journal/journal.ts",
  "src/request/call.ts",
  "src/identity/",
  "src/storage/",
  "src/gen/",
];

/** A contract of others that is a door to a feature's use cases, beside the feature's own. */
const doors: Readonly<Record<string, readonly string[]>> = {
  particulier: ["src/lookup/", "src/request/"],
  // Pages call the services by their contracts, and none of their use cases.
  dashboard: ["src/request/", "src/access/admit-person.ts"],
};

/** Folders that put features together. */
const assembling = ["assembly", "cli", "request"];

/** Which feature reads and writes which tables. */
const owners: Readonly<Record<string, readonly string[]>> = {
  access: ["access_version", "france_connect_clients"],
  availability: ["availability_probes", "availability_months"],
  breach: ["breaches", "breach_entries"],
  audit: ["audit_events", "request_replays"],
  journal: [
    "journal",
    "journal_default",
    "journal_series",
    "journal_rollups",
    "journal_rollup_state",
    "journal_rollup_marks",
    "journal_sketches",
    "journal_bundles",
    "journal_seconds",
    "journal_capacity",
    "journal_usage",
    "journal_chains",
    "journal_kinds",
    "journal_segments",
    "journal_students",
    "journal_tokens",
  ],
  operator: ["operators"],
  partner: ["partners", "contacts", "address_changes"],
  procedure: ["procedures"],
  referential: ["institutions", "students", "referential_version", "imports"],
  terms: ["terms_versions", "terms_acceptances", "terms_announcements"],
  session: ["sessions", "sign_in_codes"],
  token: ["tokens", "token_secrets", "token_procedures", "token_notices"],
  schedule: ["jobs", "job_units"],
  mail: ["mails"],
  notice: ["incidents", "incident_updates", "changes", "maintenances"],
};

function upwardImports(): string[] {
  return source.flatMap((file) =>
    file.imports
      .filter(({ target, isOurs }) => isOurs && folderOf(target) !== folderOf(file.path))
      .filter(({ target }) => layerOf(target) > layerOf(file.path))
      .map(({ target }) => `${file.path}: imports ${target}`),
  );
}

function layerOf(path: string): number {
  const layer = layers.findIndex((pattern) => pattern.test(path));
  if (layer === -1) throw new Error(`${path} has no layer`);
  return layer;
}

function foreignFeatures(): string[] {
  return source
    .filter(({ path }) => featureOf(path) !== undefined && !assembling.includes(featureOf(path) as string))
    .flatMap((file) =>
      file.imports
        .filter(({ target, isOurs }) => isOurs && featureOf(target) !== undefined)
        .filter(({ target }) => featureOf(target) !== featureOf(file.path))
        .filter(({ target }) => !shared.some((prefix) => target.startsWith(prefix)))
        .filter(({ target }) => !isDoorTo(file.path, target))
        .map(({ target }) => `${file.path}: imports ${target}`),
    );
}

function isDoorTo(path: string, target: string): boolean {
  return (doors[featureOf(path) ?? ""] ?? []).some((prefix) => target.startsWith(prefix));
}

/** `src/lookup/mask.ts` → `lookup`; undefined for the files at the top. */
function featureOf(path: string): string | undefined {
  return /^src\/([a-z\d-]+)\//.exec(path)?.[1];
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function circles(): string[] {
  const needs = new Map(
    everything.map(({ path, imports }) => [
      path,
      imports.filter(({ isOurs, typeOnly }) => isOurs && !typeOnly).map(({ target }) => target),
    ]),
  );
  const finished = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: readonly string[]) => {
    if (way.includes(path)) found.push([...way.slice(way.indexOf(path)), path].join(" → "));
    if (way.includes(path) || finished.has(path)) return;
    for (const next of needs.get(path) ?? []) visit(next, [...way, path]);
    finished.add(path);
  };
  for (const path of needs.keys()) visit(path, []);
  return found;
}

function transcoderImports(): string[] {
  return importsOf(
    /^src\/transcoder\//,
    (target) => target.startsWith("src/transcoder/") || target.startsWith("src/gen/google/"),
  );
}

/** What files import of ours that is not allowed. */
function importsOf(files: RegExp, isAllowed: (target: string) => boolean): string[] {
  return source
    .filter(({ path }) => files.test(path))
    .flatMap((file) =>
      file.imports
        .filter(({ target, isOurs }) => isOurs && !isAllowed(target))
        .map(({ target }) => `${file.path}: imports ${target}`),
    );
}

function importing(pattern: RegExp): string[] {
  return source.flatMap((file) =>
    file.imports
      .filter(({ target, isOurs }) => isOurs && pattern.test(target))
      .map(({ target }) => `${file.path}: imports ${target}`),
  );
}

const query =
  /\bknex(?:<[^()]*>)?\(|\.knex(?:<[^()]*>)?\(|\.raw\(|\.prepare(?:<[^()]*>)?\(|["'`]\s*(?:select\s[^"'`]*\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|create\s+(?:unique\s+)?(?:table|index)\s|drop\s+(?:table|index)\s|alter\s+table\s|copy\s+\w+\s*\(|begin\b|commit\b|pragma\s)/i;

function strayQueries(): string[] {
  const others = source.filter(({ path }) => !/^db\/|^src\/storage\/|-storage\.ts$/.test(path));
  return matching(others, query);
}

function foreignTables(): string[] {
  return Object.entries(owners).flatMap(([owner, tables]) => {
    const table = tables.join("|");
    const touch = new RegExp(
      `\\bknex(?:<[^()]*>)?\\(\\s*["'](?:${table})["']|\\b(?:from|into|update|join|table|copy)\\(?\\s*["'\`]?(?:${table})\\b`,
      "i",
    );
    const others = source.filter(({ path }) => path.startsWith("src/") && featureOf(path) !== owner);
    return matching(others, touch);
  });
}

test("every table has an owner", () => {
  const made = source
    .filter(({ path }) => path.startsWith("db/migrations/"))
    .flatMap(({ code }) =>
      [...code.matchAll(/(?:createTable\("|create table )([a-z_]+)/g)].map(([, name]) => name),
    );
  // A table may be made in one way for each database.
  assert.deepEqual([...new Set(made)].toSorted(), Object.values(owners).flat().toSorted());
});

/** The lines that match, as `path: line`. */
function matching(files: readonly SourceFile[], pattern: RegExp, view: "code" | "text" = "code"): string[] {
  return files.flatMap((file) =>
    file[view]
      .split("\n")
      .map((line, index) => ({ line, number: index + 1 }))
      .filter(({ line }) => pattern.test(line))
      .map(({ line, number }) => `${file.path}: line ${number}: ${line.trim()}`),
  );
}

function longerThan(files: readonly SourceFile[], limit: number): string[] {
  return files
    .map(({ path, text }) => ({ path, length: text.split("\n").length - 1 }))
    .filter(({ length }) => length > limit)
    .map(({ path, length }) => `${path}: ${length} lines`);
}

function named(pattern: RegExp): string[] {
  return everything.map(({ path }) => path).filter((path) => pattern.test(basename(path)));
}

function machineTraces(): string[] {
  const trace =
    /(?:^|["'`\s(=:])\/(?:work|root|home\/\w+|Users|var\/folders)\/|registry\.(?:npmjs|yarnpkg)|npmjs\.(?:org|com)|"resolved"\s*:|pypi\.org|proxy\.golang/;
  return trackedFiles().flatMap((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return trace.test(text) ? [`${path}: ${trace.exec(text)?.[0].trim()}`] : [];
  });
}

function deadLinks(): string[] {
  return trackedFiles()
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) =>
      [...readFileSync(join(root, path), "utf8").matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map(([, link = ""]) => link)
        .filter((link) => !existsSync(join(root, folderOf(`./${path}`), link)))
        .map((link) => `${path}: ${link}`),
    );
}

function trackedFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
  return listed.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
}

function pathOf(entry: string): string {
  return entry.split(": ")[0] ?? entry;
}

/** Files that begin early, so that none of them runs on alone at the end: those of half a minute and more, longest first. */
const long = [
  "dashboard/pages-in-browser",
  "journal/postgres",
  "mail/on-both-databases",
  "protocol/slow-takers",
  "cli/administration-command",
  "administration/partners-and-contacts",
  "administration/token-life",
  "administration/partner-life",
  "readme",
  "cli/token-command",
  "dashboard/roles",
  "statistics/scripted-month",
  "journal/rebuild",
  "service/suspension",
  "service/rotation",
  "france-connect/fuzz",
  "journal/search-calls",
  "referential/import-resume",
].map((name) => `test/${name}.test.ts`);

/** The others follow by name. */
export function longestFirst(files: readonly string[]): string[] {
  const place = (file: string) => (long.includes(file) ? long.indexOf(file) : long.length);
  return files.toSorted((a, b) => place(a) - place(b) || a.localeCompare(b));
}

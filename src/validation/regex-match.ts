const compiled = new Map<string, RegExp>();

/** Matches a pattern of the contracts, which are in RE2 syntax. Compiled once: contracts hold a few dozen. */
export function regexMatch(pattern: string, text: string): boolean {
  let regex = compiled.get(pattern);
  if (regex === undefined) {
    regex = new RegExp(toScriptSyntax(pattern), "u");
    compiled.set(pattern, regex);
  }
  return regex.test(text);
}

/** RE2 writes `\p{Latin}` for a script, JavaScript `\p{Script=Latin}`; categories have one or two letters in both. */
function toScriptSyntax(pattern: string): string {
  return pattern.replace(
    /\\(p|P)\{(\^?)([A-Z][a-z_A-Z]{2,})\}/g,
    (_, kind: string, not: string, script: string) => {
      const negated = (kind === "P") !== (not === "^");
      return `\\${negated ? "P" : "p"}{Script=${script}}`;
    },
  );
}

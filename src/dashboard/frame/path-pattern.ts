/** Matches raw paths against `/tableau-de-bord/jetons/{id}`; gives the decoded parameters. */
export type PathMatcher = (path: string) => Readonly<Record<string, string>> | undefined;

const maxParameter = 200;

export function matchPath(pattern: string): PathMatcher {
  const parts = pattern.split("/").map((text) => ({ text, name: /^\{(\w+)\}$/.exec(text)?.[1] }));
  return (path) => {
    const given = path.split("/", parts.length + 1);
    if (given.length !== parts.length) return undefined;
    const params: Record<string, string> = {};
    for (const [index, part] of parts.entries()) {
      const text = given[index] ?? "";
      const { name } = part;
      if (name === undefined ? text !== part.text : !isParameter(text)) return undefined;
      if (name !== undefined) params[name] = text;
    }
    return params;
  };
}

/** Identifiers of ours hold nothing that needs an escape, so that what does is no address of ours. */
function isParameter(text: string): boolean {
  return text.length <= maxParameter && /^[\w.-]+$/.test(text);
}

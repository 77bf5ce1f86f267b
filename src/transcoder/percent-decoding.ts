/** Decodes percent-encoded UTF-8, or gives undefined when the encoding or the UTF-8 is bad. */
export function percentDecode(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Decodes everything but `%2F`, which stays as written: what a variable of several segments captures. */
export function percentDecodeExceptSlash(text: string): string | undefined {
  if (!text.includes("%")) return text;
  // Split so that an encoded slash is never decoded and never part of a longer sequence: 2F is ASCII.
  const parts = text.split(/(%2f)/i);
  for (let index = 0; index < parts.length; index += 2) {
    const decoded = percentDecode(parts[index] ?? "");
    if (decoded === undefined) return undefined;
    parts[index] = decoded;
  }
  return parts.join("");
}

/** Decodes a name or value of a query string, where `+` is a space. */
export function queryDecode(text: string): string | undefined {
  return percentDecode(text.includes("+") ? text.replaceAll("+", " ") : text);
}

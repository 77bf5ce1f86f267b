/** A name without accents and capitals: names are searched by it, on both databases alike. */
export function nameKey(name: string): string {
  return name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

// The Huffman code of HPACK (RFC 7541, appendix B). It is canonical: the lengths of its codes say all of it.

/** Bits of the code of each octet, and of the end of the string behind them. */
const lengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];

/** The bits of each symbol, as text of zeros and ones. */
const codes = assignCodes();
const symbols = new Map(codes.map((code, symbol) => [code, symbol]));
export const endOfString = 256;

function assignCodes(): string[] {
  const bySize = lengths
    .map((length, symbol) => ({ length, symbol }))
    .toSorted((a, b) => a.length - b.length || a.symbol - b.symbol);
  const assigned: string[] = [];
  let next = 0;
  let bits = 0;
  for (const { length, symbol } of bySize) {
    next <<= length - bits;
    bits = length;
    assigned[symbol] = next.toString(2).padStart(length, "0");
    next += 1;
  }
  return assigned;
}

/** Symbols as bits; `padding` follows them, by default the ones up to the next octet. */
export function encodeHuffman(text: Iterable<number>, padding?: string): Buffer {
  const bits = Array.from(text, (symbol) => codes[symbol]).join("");
  const padded = bits + (padding ?? "1".repeat((8 - (bits.length % 8)) % 8));
  if (padded.length % 8 !== 0) throw new Error(`${padded.length} bits are no octets`);
  return Buffer.from((padded.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
}

export function decodeHuffman(octets: Uint8Array): Buffer {
  const bits = Array.from(octets, (octet) => octet.toString(2).padStart(8, "0")).join("");
  const text: number[] = [];
  let start = 0;
  for (let end = 5; end <= bits.length; end += 1) {
    const symbol = symbols.get(bits.slice(start, end));
    if (symbol === undefined) continue;
    if (symbol === endOfString) throw new Error("the end of the string is in it");
    text.push(symbol);
    start = end;
  }
  if (!/^1{0,7}$/.test(bits.slice(start))) throw new Error(`padded with ${bits.slice(start)}`);
  return Buffer.from(text);
}

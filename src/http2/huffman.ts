// Texts of header fields in the fixed Huffman code of RFC 7541, appendix B. It is canonical: codes of one length follow each
// other in the order of their symbols, and the lengths alone say all of it.

/** Symbols by the length of their code in bits; 256 is the end of a string, which never stands in one. */
const symbolsByLength: Readonly<Record<number, string>> = {
  5: "48-50 97 99 101 105 111 115 116",
  6: "32 37 45-47 51-57 61 65 95 98 100 102-104 108-110 112 114 117",
  7: "58 66-87 89 106 107 113 118-122",
  8: "38 42 44 59 88 90",
  10: "33 34 40 41 63",
  11: "39 43 124",
  12: "35 62",
  13: "0 36 64 91 93 126",
  14: "94 125",
  15: "60 96 123",
  19: "92 195 208",
  20: "128 130 131 162 184 194 224 226",
  21: "153 161 167 172 176 177 179 209 216 217 227 229 230",
  22: "129 132-134 136 146 154 156 160 163 164 169 170 173 178 181 185-187 189 190 196 198 228 232 233",
  23: "1 135 137-141 143 147 149-152 155 157 158 165 166 168 174 175 180 182 183 188 191 197 231 239",
  24: "9 142 144 145 148 159 171 206 215 225 236 237",
  25: "199 207 234 235",
  26: "192 193 200-202 205 210 213 218 219 238 240 242 243 255",
  27: "203 204 211 212 214 221-223 241 244-248 250-254",
  28: "2-8 11 12 14-21 23-31 127 220 249",
  30: "10 13 22 256",
};

const endOfString = 256;

function readSymbols(ranges: string): number[] {
  return ranges.split(" ").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Inner nodes of the code's tree: two children each, an inner node's number or, below zero, a symbol's complement. */
interface Tree {
  readonly children: Int16Array;
  /** Nodes at which a string may end: up to seven ones behind a symbol (RFC 7541, 5.2). */
  readonly mayEnd: Uint8Array;
}

const root = 0;
/** 257 leaves have 256 inner nodes above them. */
const innerNodes = 256;

function growTree(): Tree {
  const children = new Int16Array(2 * innerNodes);
  let nodes = 1;
  let code = 0;
  let codeLength = 0;
  for (const [length, ranges] of Object.entries(symbolsByLength)) {
    for (const symbol of readSymbols(ranges)) {
      code *= 2 ** (Number(length) - codeLength);
      codeLength = Number(length);
      let node = root;
      for (let bit = codeLength - 1; bit > 0; bit -= 1) {
        const place = 2 * node + ((code >>> bit) & 1);
        if (children[place] === 0) {
          children[place] = nodes;
          nodes += 1;
        }
        node = children[place] as number;
      }
      children[2 * node + (code & 1)] = ~symbol;
      code += 1;
    }
  }
  return { children, mayEnd: markEnds(children) };
}

function markEnds(children: Int16Array): Uint8Array {
  const mayEnd = new Uint8Array(innerNodes);
  for (let node = root, depth = 0; depth <= 7; depth += 1) {
    mayEnd[node] = 1;
    node = children[2 * node + 1] as number;
  }
  return mayEnd;
}

let grown: Tree | undefined;

/** The text, each byte a character of Latin-1; undefined when it is no text of the code. */
export function decodeHuffman(bytes: Buffer, from: number, to: number): string | undefined {
  grown ??= growTree();
  const { children, mayEnd } = grown;
  // The shortest code has five bits.
  const text = Buffer.allocUnsafe(Math.ceil(((to - from) * 8) / 5));
  let length = 0;
  let node = root;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] as number;
    for (let bit = 7; bit >= 0; bit -= 1) {
      const next = children[2 * node + ((byte >>> bit) & 1)] as number;
      if (next >= 0) {
        node = next;
        continue;
      }
      if (~next === endOfString) return undefined;
      text[length] = ~next;
      length += 1;
      node = root;
    }
  }
  return mayEnd[node] === 1 ? text.toString("latin1", 0, length) : undefined;
}

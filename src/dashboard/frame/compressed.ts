import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** Codings of an answer, the better one first. */
export type Coding = "br" | "gzip";

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

/** The best coding that a request accepts; a coding with weight 0 is refused (RFC 9110, 12.5.3). */
export function chooseCoding(accepted: string | string[] | undefined): Coding | undefined {
  const weights = new Map(
    String(accepted ?? "")
      .split(",", 20)
      .map((item) => {
        const [name = "", weight = ""] = item.split(";");
        return [name.trim().toLowerCase(), !/^\s*q=0(?:\.0*)?\s*$/.test(weight)] as const;
      }),
  );
  return (["br", "gzip"] as const).find((coding) => weights.get(coding) === true);
}

/** `quality` is Brotli's, 0 to 11: low for what is made at each request, high for what is kept. */
export function compress(bytes: Uint8Array, coding: Coding, quality: number): Promise<Buffer> {
  if (coding === "gzip") return zip(bytes, { level: 6 });
  return brotli(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
    },
  });
}

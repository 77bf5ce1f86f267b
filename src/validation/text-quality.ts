/**
 * Whether the text holds what no rule of the contract needs to forbid one by one: control characters (NUL
 * included), halves of characters, and U+FFFD, which decoders put where the bytes were not UTF-8.
 */
export function isCleanText(text: string): boolean {
  return !suspicious.test(text) || (text.isWellFormed() && !unclean.test(text));
}

/** Without the `u` flag: each half of a pair is suspicious, and most texts are done with in one pass. */
const suspicious = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffd]/;
const unclean = /[\u0000-\u001f\u007f-\u009f\ufffd]/;

/** The same for a text that may hold line feeds. */
export function isCleanMultilineText(text: string): boolean {
  return isCleanText(text.replaceAll("\n", ""));
}

/**
 * The text of a request target from its bytes, one a character. Bytes beyond ASCII are percent-encoded, as those who
 * send names with accents should have done themselves (RFC 3987, 3.1): whoever reads a target decodes one form.
 */
export function readTarget(bytes: string): string {
  return beyondAscii.test(bytes) ? bytes.replace(eachBeyondAscii, percentEncode) : bytes;
}

const beyondAscii = /[\x80-\xff]/;
const eachBeyondAscii = /[\x80-\xff]/g;

function percentEncode(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;
}

// Tamper evidence: a chain of commitments. Erasing a line drops its salt and its content and keeps the links whole.
import { createHash, randomBytes } from "node:crypto";
import { sha256, sha256OfText } from "./sha256.ts";

/** Identifier of a new chain: 16 random bytes in hexadecimal. */
export function newChain(): string {
  return randomBytes(16).toString("hex");
}

/** What the first line of a chain is linked to. */
export function genesis(chain: string): Buffer {
  return createHash("sha256").update("chain").update(Buffer.from(chain, "hex")).digest();
}

export const saltBytes = 16;
const leaf = Buffer.from("leaf");

/** `H("leaf" ‖ salt ‖ plaintext)`; the salt of 16 bytes keeps a line's content from being guessed. */
export function commitmentOf(salt: Uint8Array, plaintext: string): Buffer {
  return sha256OfText([leaf, salt], plaintext);
}

const node = Buffer.alloc(4 + 32 + 8 + 32);
node.write("node");

/** `H("node" ‖ previous hash ‖ seq as 8 bytes, big-endian ‖ commitment)`. */
export function linkOf(previous: Uint8Array, seq: number, commitment: Uint8Array): Buffer {
  node.set(previous, 4);
  node.writeUInt32BE(Math.floor(seq / 2 ** 32), 36);
  node.writeUInt32BE(seq >>> 0, 40);
  node.set(commitment, 44);
  return sha256(node);
}

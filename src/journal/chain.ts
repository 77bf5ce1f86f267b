// Tamper evidence: a chain of commitments. Erasing a line drops its salt and its content and keeps the links whole.
import { createHash, hash, randomBytes } from "node:crypto";

/** Identifier of a new chain: 16 random bytes in hexadecimal. */
export function newChain(): string {
  return randomBytes(16).toString("hex");
}

/** What the first line of a chain is linked to. */
export function genesis(chain: string): Buffer {
  return createHash("sha256").update("chain").update(Buffer.from(chain, "hex")).digest();
}

/** `H("leaf" ‖ salt ‖ plaintext)`; the salt of 16 bytes keeps a line's content from being guessed. */
export function commitmentOf(salt: Uint8Array, plaintext: string): Buffer {
  return createHash("sha256").update("leaf").update(salt).update(plaintext, "utf8").digest();
}

const node = Buffer.alloc(4 + 32 + 8 + 32);
node.write("node");

/** `H("node" ‖ previous hash ‖ seq as 8 bytes, big-endian ‖ commitment)`. */
export function linkOf(previous: Uint8Array, seq: number, commitment: Uint8Array): Buffer {
  node.set(previous, 4);
  node.writeBigUInt64BE(BigInt(seq), 36);
  node.set(commitment, 44);
  return hash("sha256", node, "buffer");
}

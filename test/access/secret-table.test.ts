import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { SecretTable } from "../../src/access/secret-table.ts";

const hashOf = (secret: string) => createHash("sha256").update(secret).digest();

test("every secret is found, and no other, while the table grows", () => {
  const table = new SecretTable<number>();
  for (let number = 0; number < 20_000; number += 1) table.put(hashOf(`secret ${number}`), number);
  assert.equal(table.size, 20_000);
  for (let number = 0; number < 20_000; number += 1) {
    assert.equal(table.find(hashOf(`secret ${number}`)), number);
    assert.equal(table.find(hashOf(`other ${number}`)), undefined);
  }
});

test("what is put again replaces what was known", () => {
  const table = new SecretTable<string>();
  table.put(hashOf("one"), "before");
  table.put(hashOf("two"), "another");
  table.put(hashOf("one"), "after");
  assert.equal(table.size, 2);
  assert.equal(table.find(hashOf("one")), "after");
  assert.equal(table.find(hashOf("two")), "another");
});

test("a hash that differs in one bit, wherever it is, is another secret", () => {
  const table = new SecretTable<string>();
  const known = hashOf("known");
  table.put(known, "known");
  for (let bit = 0; bit < 256; bit += 1) {
    const near = Buffer.from(known);
    near.writeUInt8(near.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.equal(table.find(near), undefined, `bit ${bit}`);
  }
});

test("secrets that begin alike stand side by side", () => {
  const table = new SecretTable<number>();
  const alike = (number: number) => {
    const hash = Buffer.alloc(32, 7);
    hash.writeUInt32LE(number, 28);
    return hash;
  };
  for (let number = 0; number < 200; number += 1) table.put(alike(number), number);
  for (let number = 0; number < 200; number += 1) assert.equal(table.find(alike(number)), number);
  assert.equal(table.find(alike(200)), undefined);
});

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, createHmac, createSecretKey, randomBytes } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { commitmentOf } from "../../src/journal/chain.ts";
import { ineIndex, loadOrCreateJournalKeys, parseJournalKeys } from "../../src/journal/journal-keys.ts";
import { seal, unseal } from "../../src/journal/seal.ts";
import { createHmacSha256 } from "../../src/journal/sha256.ts";
import { temporaryFolder } from "./fixture.ts";

const encoded = (byte: number) => Buffer.alloc(32, byte).toString("base64");
const nonce = Buffer.alloc(12, 7);

test("the first key seals, all open, the line index stands anywhere", () => {
  const keys = parseJournalKeys(
    `# ring\n\nindex ${encoded(9)}\r\nnew ${encoded(2)}\n  old\t${encoded(1)}  \n`,
  );
  assert.equal(keys.sealing.id, "new");
  assert.deepEqual([...keys.opening.keys()], ["new", "old"]);
  const sealedBefore = seal(parseJournalKeys(`old ${encoded(1)}\nindex ${encoded(9)}`), "c:1", "été", nonce);
  assert.equal(unseal(keys, "old", "c:1", sealedBefore), "été");
});

test("bad keys are refused by line, without the key", () => {
  const secret = Buffer.alloc(31, 5).toString("base64");
  const bad = {
    "line 2": `a ${encoded(1)}\nb ${secret}\nindex ${encoded(9)}`,
    "line 1": `${secret}`,
    "line 3": `a ${encoded(1)}\nindex ${encoded(9)}\na ${encoded(2)}`,
    'lack the line "index"': `a ${encoded(1)}`,
    "lack a key that seals": `index ${encoded(9)}`,
  };
  for (const [expected, text] of Object.entries(bad)) {
    assert.throws(
      () => parseJournalKeys(text),
      (error: Error) => error.message.includes(expected) && !error.message.includes(secret.slice(0, 8)),
    );
  }
});

test("sealed facts open in their own place and whole only", () => {
  const keys = parseJournalKeys(`k ${encoded(1)}\nindex ${encoded(9)}`);
  const sealed = seal(keys, "c:1", "secret", nonce);
  assert.equal(unseal(keys, "k", "c:1", sealed), "secret");
  assert.throws(() => unseal(keys, "k", "c:2", sealed), /changed or moved/);
  assert.throws(() => unseal(keys, "gone", "c:1", sealed), /not in the ring/);
  assert.throws(() => unseal(keys, "k", "c:1", sealed.subarray(0, 20)), /cut/);
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Buffer.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    assert.throws(() => unseal(keys, "k", "c:1", changed), /changed or moved/);
  }
});

test("digests are those of the standard functions, whatever the length", () => {
  const bytes = randomBytes(32);
  const hmac = createHmacSha256(createSecretKey(bytes));
  for (const length of [0, 1, 11, 55, 56, 64, 500, 5400, 5461, 5462, 60_000]) {
    const text = "aé🎓".repeat(length).slice(0, length);
    assert.deepEqual(hmac(text), createHmac("sha256", bytes).update(text.toWellFormed()).digest());
    const expected = createHash("sha256").update("leaf").update(bytes).update(text.toWellFormed()).digest();
    assert.deepEqual(commitmentOf(bytes, text), expected);
  }
});

test("the index of an INE is 16 bytes, the same in any case, another one under another key", () => {
  const keys = parseJournalKeys(`k ${encoded(1)}\nindex ${encoded(9)}`);
  const others = parseJournalKeys(`k ${encoded(1)}\nindex ${encoded(8)}`);
  assert.equal(ineIndex(keys, "1234567890a").length, 16);
  assert.deepEqual(ineIndex(keys, "1234567890a"), ineIndex(keys, "1234567890A"));
  assert.notDeepEqual(ineIndex(keys, "1234567890A"), ineIndex(others, "1234567890A"));
});

test("processes that start together agree on one new file, which its owner alone reads", async () => {
  const folder = join(temporaryFolder(), "data");
  const module = new URL("../../src/journal/journal-keys.ts", import.meta.url).href;
  const script = `const { loadOrCreateJournalKeys } = await import(${JSON.stringify(module)});
    process.stdout.write(loadOrCreateJournalKeys(${JSON.stringify(folder)}).sealing.id)`;
  const run = () => promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  const ids = (await Promise.all([run(), run(), run(), run()])).map(({ stdout }) => stdout);
  assert.equal(new Set(ids).size, 1);
  assert.equal(loadOrCreateJournalKeys(folder).sealing.id, ids[0]);
  assert.deepEqual(readdirSync(folder), ["journal.keys"]);
  assert.equal(statSync(join(folder, "journal.keys")).mode & 0o777, 0o600);
  assert.notEqual(readFileSync(join(folder, "journal.keys"), "utf8"), "");
  chmodSync(join(folder, "journal.keys"), 0o640);
  assert.throws(() => loadOrCreateJournalKeys(folder), /owner only/);
});

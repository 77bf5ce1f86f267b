// Keys of the journal: one seals, all open, one indexes INEs. They never appear in an error or a log.
import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../config-values.ts";
import { createHmacSha256 } from "./sha256.ts";

export interface JournalKeys {
  /** Seals new lines. */
  readonly sealing: { readonly id: string; readonly key: KeyObject };
  /** Opens lines, by the key id that they name. It holds the sealing key as well. */
  readonly opening: ReadonlyMap<string, KeyObject>;
  /** Keys the blind index of INEs. */
  readonly index: KeyObject;
}

const keyBytes = 32;
const indexBytes = 16;
const indexName = "index";

/** Bad keys: the message names the line, never the key. */
class JournalKeysError extends Error {
  override readonly name = "JournalKeysError";
}

/**
 * Reads lines `ID BASE64` of 32 bytes: the first one seals, the others still open what they sealed, the line
 * `index` keys the search by INE. Empty lines and lines that start with # are skipped.
 */
export function parseJournalKeys(text: string): JournalKeys {
  const keys = new Map<string, KeyObject>();
  for (const [index, line] of text.split("\n").entries()) {
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    const { id, key } = parseLine(content, index + 1);
    if (keys.has(id))
      throw new JournalKeysError(`line ${index + 1} of the journal keys repeats an identifier`);
    keys.set(id, key);
  }
  const index = keys.get(indexName);
  if (index === undefined) throw new JournalKeysError(`the journal keys lack the line "${indexName}"`);
  keys.delete(indexName);
  const [first] = keys;
  if (first === undefined) throw new JournalKeysError("the journal keys lack a key that seals");
  return { sealing: { id: first[0], key: first[1] }, opening: keys, index };
}

function parseLine(content: string, number: number): { id: string; key: KeyObject } {
  const [, id = "", encoded = ""] = /^([A-Za-z0-9._-]{1,20})[ \t]+([A-Za-z0-9+/]{43}=)$/.exec(content) ?? [];
  const bytes = Buffer.from(encoded, "base64");
  if (id === "" || bytes.length !== keyBytes || bytes.toString("base64") !== encoded) {
    throw new JournalKeysError(
      `line ${number} of the journal keys must be an identifier of 1 to 20 letters, digits, ".", "_" or "-", a space and ${keyBytes} bytes in Base64`,
    );
  }
  return { id, key: createSecretKey(bytes) };
}

const indexers = new WeakMap<KeyObject, (text: string) => Buffer>();

/** The blind index of an INE: equal for equal INEs, whatever their case, and useless without the key. */
export function ineIndex({ index }: JournalKeys, ine: string): Buffer {
  let indexer = indexers.get(index);
  if (indexer === undefined) {
    indexer = createHmacSha256(index);
    indexers.set(index, indexer);
  }
  return indexer(ine.toUpperCase()).subarray(0, indexBytes);
}

/** Reads `journal.keys` of the folder and never makes it: new keys would open nothing that is stored. */
export function loadJournalKeys(dataDir: string): JournalKeys {
  const file = join(dataDir, "journal.keys");
  const text = readKeys(file);
  if (text === undefined) {
    throw new ConfigError(`${file} is missing: restore it, or give its keys in JOURNAL_KEYS`);
  }
  return parseJournalKeys(text);
}

/** Reads `journal.keys` of the folder, making it (mode 0600) on the first start. Processes that race agree on one. */
export function loadOrCreateJournalKeys(dataDir: string): JournalKeys {
  const file = join(dataDir, "journal.keys");
  const text = readKeys(file) ?? createKeys(dataDir, file);
  return parseJournalKeys(text);
}

function readKeys(file: string): string | undefined {
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new JournalKeysError("journal.keys must be readable by its owner only (mode 0600)");
    }
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function createKeys(dataDir: string, file: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const id = `k${randomBytes(4).toString("hex")}`;
  writeDurably(temporary, `${id} ${newKey()}\n${indexName} ${newKey()}\n`);
  try {
    linkSync(temporary, file);
  } catch (error) {
    // Another process was first: its keys are the keys.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    unlinkSync(temporary);
  }
  syncFolder(dataDir);
  return readFileSync(file, "utf8");
}

function newKey(): string {
  return randomBytes(keyBytes).toString("base64");
}

function writeDurably(file: string, text: string): void {
  const descriptor = openSync(file, "wx", 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

// A key that a power cut takes away would leave lines that nobody can open.
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

// Copies of the SQLite databases that are whole, while the service writes to them.
import { existsSync } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { openSqliteConnection } from "../storage/database.ts";

/**
 * Writes the database as it is now into `target`, which must not exist, and returns the length of the copy in bytes.
 * What is written meanwhile is not in it and does not wait. What was erased is not in it either, since the copy holds
 * live rows only. The file bears its name once it is whole, checked and on disk: a copy that broke off leaves nothing.
 */
export async function copySqliteDatabase(file: string, target: string): Promise<number> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  if (existsSync(target)) throw new Error(`${target} exists already: a backup never replaces another`);
  const part = `${target}.part`;
  await rm(part, { force: true });
  try {
    copyRows(file, part);
    checkPages(part);
    await syncFile(part);
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await syncFile(dirname(target));
  return (await stat(target)).size;
}

/** One read transaction: a snapshot in WAL mode, which holds up no writer. */
function copyRows(file: string, part: string): void {
  const source = openSqliteConnection(file, { readonly: true, fileMustExist: true });
  try {
    source.prepare("vacuum into ?").run(part);
  } finally {
    source.close();
  }
}

function checkPages(part: string): void {
  const copy = openSqliteConnection(part, { readonly: true, fileMustExist: true });
  try {
    const [finding] = copy.pragma("quick_check(1)") as { readonly quick_check: string }[];
    if (finding?.quick_check !== "ok") throw new Error(`the copy is damaged: ${finding?.quick_check}`);
  } finally {
    copy.close();
  }
}

/** SQLite does not wait for the disk when it copies; nor does a rename. */
async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

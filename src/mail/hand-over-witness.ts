// What happened between "about to send the end of the message" and "the answer is stored", when the instance that
// knew it was killed. A file that only one process can make settles it: the sender makes it right before it sends the
// end, whoever recovers makes it to be sure that the sender never will. It needs no sync: a killed process leaves its
// files behind, and after a crash of the machine the place is another one.
import { hash, randomUUID } from "node:crypto";
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { ClaimedMail } from "./mail-storage.ts";

/** The right to send the end of a message. */
export interface HandOver {
  /** Notes the server's answer before it is stored. It never throws: without the note the answer is only less safe. */
  noteReply(reply: string): void;
  /** The answer is stored: nothing is left to be told. */
  forget(): void;
}

export type Testimony =
  /** The end was not sent, and never will be under this claim. */
  | { readonly kind: "prevented" }
  /** The end was sent, or was about to be; the answer when it had come. */
  | { readonly kind: "taken"; readonly reply: string | undefined };

export interface HandOverWitness {
  /** Differs between folders and between starts of the machine: only a witness of the same place tells anything. */
  readonly place: string;
  /** Undefined when somebody else has prevented it. It is synchronous, so that nothing comes between it and the end. */
  take(mail: ClaimedMail): HandOver | undefined;
  /** What is known of a hand-over whose owner is gone; it can happen no more. */
  recover(mail: ClaimedMail): Testimony;
}

const prevented = "prevented";
const nameFile = "name";

/**
 * Age after which a file is of no use to anybody, in milliseconds: no process hangs so long and then goes on, and no
 * service that was stopped after it was killed starts so late.
 */
const forgetAfterMs = 366 * 86_400_000;

/** Opens the witness of a data folder; instances that share the folder share it. */
export function openHandOverWitness(dataDir: string, now: number): HandOverWitness {
  const bootId = readBootId();
  const folder = join(dataDir, "mail", "handing-over", bootId);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  removeOld(folder, now - forgetAfterMs);
  const { dev, ino } = statSync(folder);
  const name = readName(folder);
  const fileOf = ({ id, claim }: ClaimedMail) => join(folder, `${id}.${claim}`);
  return {
    place: hash("sha256", `${bootId}:${dev}:${ino}:${name}`).slice(0, 32),
    take(mail) {
      const file = fileOf(mail);
      const descriptor = openNew(file);
      if (descriptor === undefined) return undefined;
      return {
        noteReply(reply) {
          try {
            writeSync(descriptor, reply.slice(0, 500));
          } catch {
            // A full disk. The answer is about to be stored in the database.
          }
        },
        forget() {
          closeSync(descriptor);
          rmSync(file, { force: true });
        },
      };
    },
    recover(mail) {
      const descriptor = openNew(fileOf(mail));
      if (descriptor === undefined) {
        const note = readFileSync(fileOf(mail), "utf8");
        if (note === prevented) return { kind: "prevented" };
        return { kind: "taken", reply: note === "" ? undefined : note };
      }
      // Whoever recovers may be killed as well, before it has stored what it found.
      writeSync(descriptor, prevented);
      closeSync(descriptor);
      return { kind: "prevented" };
    },
  };
}

/** Makes a file that does not exist; undefined when it does. */
function openNew(file: string): number | undefined {
  try {
    return openSync(file, "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  }
}

/**
 * A name that the folder gets when it is made: one that was deleted and made again, as that of a container that is
 * replaced, knows nothing of what was sent before, and the system may give it the same number.
 */
function readName(folder: string): string {
  const file = join(folder, nameFile);
  const draft = `${file}.${randomUUID()}`;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  writeFileSync(draft, randomUUID(), { mode: 0o600 });
  try {
    // Unlike a file that is opened and then written, a link is there whole or not at all.
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(file, "utf8");
}

/** Linux has an identifier of each start. Elsewhere each process is alone, and what it leaves is `unconfirmed`. */
function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return randomUUID();
  }
}

function removeOld(folder: string, before: number): void {
  for (const name of readdirSync(folder).filter((one) => one !== nameFile)) {
    const file = join(folder, name);
    const age = statSync(file, { throwIfNoEntry: false });
    if (age !== undefined && age.mtimeMs < before) rmSync(file, { force: true });
  }
}

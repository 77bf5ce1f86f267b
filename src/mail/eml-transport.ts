// Where messages go without a mail server: one file each, for people who try the service and for its tests.
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MailTransport } from "./mail-transport.ts";

/**
 * Writes `.eml` files (RFC 5322) into a folder. A message has one name, so that a repeated attempt writes the same
 * file again: no hand-over can be in doubt, and none is announced.
 */
export function createEmlTransport(folder: string): MailTransport {
  return {
    description: `files in ${folder}`,
    async deliver({ id, raw }) {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const file = join(folder, `${id}.eml`);
        await writeFile(`${file}.part`, raw, { mode: 0o600, flush: true });
        await rename(`${file}.part`, file);
        return { kind: "accepted", reply: "written" };
      } catch (error) {
        return { kind: "unreachable", reply: String((error as NodeJS.ErrnoException).code ?? "error") };
      }
    },
    close() {},
  };
}

// What a running service has mailed, as it lies in the folder that takes the place of a mail server.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import type { RunningService } from "./service.ts";

/** Waits for the newest mail that holds all of these texts, and gives its text. */
export async function mailed(service: RunningService, ...texts: readonly string[]): Promise<string> {
  const folder = join(service.dataDir, "mail");
  let found = "";
  await eventually(async () => {
    for (const name of (await readdir(folder).catch(() => [])).filter((one) => one.endsWith(".eml"))) {
      const text = decode(await readFile(join(folder, name), "utf8"));
      if (texts.every((part) => text.includes(part))) found = text;
    }
    return found !== "";
  });
  return found;
}

/** The link to a page in the newest mail to an address. */
export async function linkMailedTo(service: RunningService, to: string, path: string): Promise<string> {
  const text = await mailed(service, to, path);
  return new RegExp(`https?://[^/\\s"]+(${path}[^\\s"<]*)`).exec(text)?.[1]?.replaceAll("&amp;", "&") ?? "";
}

/** The texts of a message: quoted-printable or base64. */
function decode(message: string): string {
  const plain = message.replaceAll(/=\r?\n/g, "").replaceAll("=3D", "=");
  const blocks = message.match(/(?:^[A-Za-z0-9+/=]{40,76}\r?$\n?)+/gm) ?? [];
  return [plain, ...blocks.map((block) => Buffer.from(block, "base64").toString())].join("\n");
}

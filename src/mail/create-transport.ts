import { join } from "node:path";
import { createEmlTransport } from "./eml-transport.ts";
import type { MailTransport } from "./mail-transport.ts";
import { createSmtpTransport } from "./smtp-transport.ts";

/** The mail server when there is one, else files in the data folder. */
export function createMailTransport(smtpUrl: string | undefined, dataDir: string): MailTransport {
  return smtpUrl === undefined
    ? createEmlTransport(join(dataDir, "mail"))
    : createSmtpTransport({ url: smtpUrl });
}

import { create } from "@bufbuild/protobuf";
import { GetProcedureRequestSchema } from "../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { type ConfirmedRecord, GetTokenRequestSchema } from "../gen/statutetudiant/token/v1/token_pb.ts";
import { listContacts } from "../partner/contact-storage.ts";
import { etagOf } from "../storage/etag.ts";
import { terminalText } from "./terminal-text.ts";
import type { TerminalUse } from "./with-tokens.ts";

type Confirmed = Pick<ConfirmedRecord, "id" | "etag">;

/** What whoever prolongs a token at the terminal confirms: as it is read, and as lines to be shown. */
export async function readConfirmations({ tokens, procedures, acting, database }: TerminalUse, id: string) {
  const { token } = await tokens.get(acting, create(GetTokenRequestSchema, { id }));
  const contacts = await listContacts(database.knex, token.partnerId);
  const lines = contacts.map(({ name, roles }) => `contact ${name} (${[...roles].join(", ")})`);
  const confirmed: Confirmed[] = [];
  for (const served of token.procedures) {
    const { procedure } = await procedures.get(acting, create(GetProcedureRequestSchema, { id: served.id }));
    confirmed.push({ id: procedure.id, etag: procedure.etag });
    lines.push(`purpose of ${served.name}: ${procedure.approved?.purpose || "not described"}`);
  }
  lines.push(`scopes ${token.scopes.join(", ")}`);
  return {
    lines: lines.map(terminalText),
    records: {
      contacts: contacts.map(({ id: contact, revision }) => ({ id: contact, etag: etagOf(revision) })),
      procedures: confirmed,
      scopes: token.scopes,
    },
  };
}

// The documents that are written from the code, so that they cannot say anything else.
import { settings } from "../../src/config-settings.ts";
import { errorDomain, errorTable } from "../../src/errors.ts";
import { CodeSchema } from "../../src/gen/google/rpc/code_pb.ts";
import { administrationDocument } from "./administration-document.ts";

/** Each generated document: its path in the repository, and what must stand in it. */
export const documents: Readonly<Record<string, () => string>> = {
  "docs/configuration.md": writeConfiguration,
  "docs/errors.md": writeErrors,
  "docs/administration.md": () =>
    lines(
      generated("the contracts, the states and `test/tools/administration-document.ts`"),
      ...administrationDocument(table),
    ),
};

const generated = (source: string) => `<!-- Written by \`npm run docs\` from ${source}: edit that. -->`;

function writeConfiguration(): string {
  const rows = Object.entries(settings).map(([name, setting]) => {
    const fallback = "fallback" in setting && setting.fallback !== "" ? `\`${setting.fallback}\`` : "—";
    const secret = "secret" in setting ? "yes" : "";
    return [`\`${name}\``, setting.description, fallback, secret];
  });
  return lines(
    generated("`src/config-settings.ts`"),
    "# Configuration",
    "",
    "All of it comes from environment variables, which are read and checked once, at the start. A value that cannot",
    "be used ends the program with exit code 2 and a message that names the variable; it never repeats a secret.",
    "An empty variable counts as absent.",
    "",
    "A variable with *file* set to *yes* may hold a secret: `NAME_FILE` can then name a file that holds the value.",
    "Give one of the two, not both; an empty file is refused.",
    "",
    ...table(["Variable", "Meaning", "Default", "File"], rows),
    "",
    "Rules between variables: `TLS_CERT` and `TLS_KEY` go together; `ACCESSIBILITY_STATE` other than `none` needs",
    "`ACCESSIBILITY_AUDIT`; and `DATABASE_URL` needs `JOURNAL_KEYS`,",
    "because all instances on one database must seal the journal with the same keys.",
    "",
    "What `FRANCE_CONNECT` needs beside itself stands in [france-connect.md](france-connect.md).",
  );
}

function writeErrors(): string {
  const rows = Object.entries(errorTable)
    .toSorted(([, a], [, b]) => a.http - b.http)
    .map(([id, { http, rpc, outcome, message, v3, v2 }]) => [
      `\`${id.toUpperCase()}\``,
      String(http),
      `\`${CodeSchema.value[rpc]?.name}\``,
      v3 === undefined ? "–" : `${v3.http} \`${v3.code}\``,
      v2 === undefined ? "–" : `${v2.http} \`${v2.error}\``,
      `\`${outcome}\``,
      message,
    ]);
  return lines(
    generated("`src/error-table.ts`"),
    "# Errors",
    "",
    "Every refusal of the service is one row of this table, the same over all protocols.",
    "",
    "- **REST** answers with the HTTP status, and a `google.rpc.Status` as JSON: `code`, `message`, `details`.",
    "- **Connect** answers with the same HTTP status, and Connect's JSON: `code`, `message`, `details`.",
    "- **gRPC and gRPC-Web** answer with the RPC code in `grpc-status`, the message in `grpc-message` and the",
    "  details in `grpc-status-details-bin`.",
    "- **Versions 3 and 2 of the public API Particulier contract** answer with the status and the code of their",
    "  columns, in the shapes of [their own document](api-particulier.md).",
    "",
    "Details are those of `google.rpc`:",
    "",
    `- \`ErrorInfo\`, always: \`reason\` is the first column of the table, \`domain\` is \`${errorDomain}\`. Programs`,
    "  decide on the reason; messages are for people and may change.",
    "- `BadRequest`, with one violation for each bad field: `field` is its path as the contract writes it,",
    "  `description` says in French what is wrong, and `reason` is the identifier of the broken rule.",
    "- `RetryInfo`, when the same call can succeed later; the `Retry-After` header says the same in whole seconds.",
    "",
    "*Outcome* is what the journal and the usage statistics count the call as. No message, field or detail repeats",
    "a value that the caller sent.",
    "",
    ...table(["Reason", "HTTP", "RPC code", "Version 3", "Version 2", "Outcome", "Message"], rows),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [row(head), row(head.map(() => "---")), ...rows.map(row)];
}

function lines(...content: string[]): string {
  return `${content.join("\n")}\n`;
}

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createMailTransport } from "../../src/mail/create-transport.ts";
import type { MailRecord } from "../../src/mail/mail-storage.ts";
import { writeMessage } from "../../src/mail/write-message.ts";
import { addContact } from "../support/demonstration-contact.ts";
import { eventually } from "../support/eventually.ts";
import { startService } from "../support/service.ts";
import { sender, start } from "./mail-fixture.ts";

const mail = {
  recipient: { contactId: undefined, name: "Zoé Ölçer", address: "zoe@mairie.example" },
  content: {
    subject: "Été",
    text: "Bonjour.\n",
    html: "<p>Bonjour.</p>",
    unsubscribeUrl: "https://a.fr/non",
  },
  messageId: "<one@enseignementsup.gouv.fr>",
  createdAt: start,
} as MailRecord;

test("without a mail server each message is one file, however often it is written", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "statut-eml-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const transport = createMailTransport(undefined, folder);
  assert.match(transport.description, /^files in /u);
  const raw = await writeMessage(mail, sender);
  const message = { id: "mail_1", from: "a@b.fr", to: "zoe@mairie.example", raw };
  const gate = { announce: () => assert.fail("announced"), take: () => assert.fail("taken") };
  for (let count = 0; count < 2; count += 1) {
    assert.deepEqual(await transport.deliver(message, gate), { kind: "accepted", reply: "written" });
  }
  assert.deepEqual(await readdir(join(folder, "mail")), ["mail_1.eml"]);
  const file = join(folder, "mail", "mail_1.eml");
  assert.equal((await stat(file)).mode & 0o077, 0, "nobody else reads it");
  const text = await readFile(file, "utf8");
  assert.match(text, /^To: =\?UTF-8\?.*<zoe@mairie\.example>\r$/mu);
  assert.match(text, /^Message-ID: <one@enseignementsup\.gouv\.fr>\r$/mu);
  assert.match(text, /^Content-Type: multipart\/alternative/mu);
});

test("only optional news can be left by a header (RFC 8058)", async () => {
  const optional = (await writeMessage(mail, sender)).toString();
  assert.match(optional, /^List-Unsubscribe: <https:\/\/a\.fr\/non>\r$/mu);
  assert.match(optional, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/mu);
  const content = { ...mail.content, unsubscribeUrl: undefined };
  const obligation = (await writeMessage({ ...mail, content }, sender)).toString();
  assert.doesNotMatch(obligation, /List-Unsubscribe/iu);
});

test("a folder that cannot be written delays the message", async () => {
  const transport = createMailTransport(undefined, "/dev/null");
  const message = { id: "mail_1", from: "a@b.fr", to: "c@d.fr", raw: Buffer.from("x") };
  const gate = { announce: async () => true, take: () => undefined };
  assert.equal((await transport.deliver(message, gate)).kind, "unreachable");
});

test("a service without a mail server says so, and writes what it would send", async () => {
  await using service = await startService();
  await addContact(service);
  const folder = join(service.dataDir, "mail");
  const said = service
    .log()
    .split("\n")
    .find((line) => line.includes(`"transport":"files in ${folder}"`));
  assert.match(said ?? service.log(), /"level":(?:40|"warn").*"no mail server"/u);
  const words = ["--title", "Panne", "--message", "Panne.", "--impact", "degraded", "--parts", "dashboard"];
  const opened = await service.statut("notice", "incident", "open", ...words, "--apply");
  assert.match(opened.stdout, /^incident inc_\w+ opened; 1 e-mail queued$/mu);
  const files = async () => (await readdir(folder)).filter((name) => name.endsWith(".eml"));
  await eventually(async () => (await files()).length === 1);
  const [name = ""] = await files();
  assert.match(await readFile(join(folder, name), "utf8"), /^To: .*contact@mairie\.example/mu);
});

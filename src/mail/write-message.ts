import type { MailRecord } from "./mail-storage.ts";

/**
 * The message as it goes over the wire (RFC 5322): plain text and HTML, the identifier that it keeps through all
 * attempts, and the marks of mail that no person wrote (RFC 3834). `date` is when it was made, in milliseconds.
 */
export async function writeMessage(mail: MailRecord, from: string): Promise<Buffer> {
  // Loaded with the first message: a start has none.
  const { default: MailComposer } = await import("nodemailer/lib/mail-composer");
  const { content, recipient } = mail;
  const { unsubscribeUrl } = content;
  const composer = new MailComposer({
    from,
    to: { name: recipient.name, address: recipient.address },
    subject: content.subject,
    text: content.text,
    html: content.html,
    messageId: mail.messageId,
    date: new Date(mail.createdAt),
    headers: {
      "Auto-Submitted": "auto-generated",
      "Content-Language": "fr",
      // RFC 8058; nothing that the terms oblige to send has an address to leave by.
      ...(unsubscribeUrl === undefined
        ? {}
        : {
            "List-Unsubscribe": `<${unsubscribeUrl}>`,
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
          }),
    },
    // Nothing of a text may make the service read a file or call an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return await composer.compile().build();
}

// Sends over SMTP (RFC 5321) and tells exactly what became of a message. The end of the data, a dot on a line of its
// own, is what makes a server take it: everything before can be repeated, nothing after.
import { Readable } from "node:stream";
import { parseConnectionUrl } from "nodemailer/lib/shared";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import type { HandOver } from "./hand-over-witness.ts";
import type { DeliveryOutcome } from "./mail-state.ts";
import type { HandOverGate, MailTransport, OutgoingMessage } from "./mail-transport.ts";

export interface SmtpOptions {
  /** `smtp://` or `smtps://`, with user and password where the server wants them. */
  readonly url: string;
  /** Longest wait for connection and greeting, in milliseconds. */
  readonly connectTimeoutMs?: number;
  /** Longest silence of the server, in milliseconds: RFC 5321 (4.5.3.2) wants 10 minutes after the end of the data. */
  readonly silenceTimeoutMs?: number;
}

interface SmtpError extends Error {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
}

export function createSmtpTransport(options: SmtpOptions): MailTransport {
  const { auth, ...target } = parseConnectionUrl(options.url);
  let connection: SMTPConnection | undefined;
  return {
    description: `SMTP ${target.host}:${target.port ?? (target.secure ? 465 : 587)}`,
    async deliver(message, gate) {
      try {
        connection ??= await open();
      } catch (error) {
        return { kind: "unreachable", reply: describe(error as SmtpError) };
      }
      const outcome = await sendOver(connection, message, gate);
      // After anything but an acceptance the session is in doubt, or is still within the message's data.
      if (outcome.kind !== "accepted") dropConnection();
      return outcome;
    },
    close: dropConnection,
  };

  function dropConnection(): void {
    connection?.close();
    connection = undefined;
  }

  async function open(): Promise<SMTPConnection> {
    const opened = new SMTPConnection({
      // Credentials leave the machine encrypted or not at all.
      requireTLS: auth !== undefined && !target.secure && !isLoopback(target.host),
      ...target,
      connectionTimeout: options.connectTimeoutMs ?? 30_000,
      greetingTimeout: options.connectTimeoutMs ?? 30_000,
      socketTimeout: options.silenceTimeoutMs ?? 600_000,
    });
    // What happens to an idle session; the calls below get their own errors.
    const forget = () => {
      if (connection === opened) connection = undefined;
    };
    opened.on("error", forget).once("end", forget);
    try {
      await settled((done) => {
        opened.once("error", done);
        opened.connect(done);
      });
      if (auth) await settled((done) => opened.login(auth, done));
    } catch (error) {
      opened.close();
      throw error;
    }
    return opened;
  }
}

function isLoopback(host: string | undefined): boolean {
  return host === "localhost" || host === "::1" || /^127\./u.test(host ?? "");
}

function settled(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Sends one message, whose end goes through the gate. */
async function sendOver(
  connection: SMTPConnection,
  { from, to, raw }: OutgoingMessage,
  gate: HandOverGate,
): Promise<DeliveryOutcome> {
  let handOver: HandOver | undefined;
  const data = holdEndBack(raw, gate, (taken) => {
    handOver = taken;
  });
  let onEnd = () => {};
  const outcome = await new Promise<DeliveryOutcome>((resolve) => {
    const fail = (error: SmtpError) => resolve(judge(error, handOver !== undefined));
    connection.send({ from, to: [to], size: raw.length }, data, (error, info) => {
      if (error) fail(error as SmtpError);
      else resolve({ kind: "accepted", reply: info?.response ?? "" });
    });
    // Closed by us, the library tells nobody; closed by the server, the error comes right after.
    onEnd = () => setImmediate(fail, Object.assign(new Error("closed"), { code: "ETIMEDOUT" }));
    connection.once("end", onEnd);
  });
  connection.off("end", onEnd);
  if (outcome.kind === "accepted" || outcome.kind === "refused") handOver?.noteReply(outcome.reply);
  return outcome;
}

/** The message's data, whose end waits for the gate: until then the server has nothing that it could take. */
function holdEndBack(raw: Buffer, gate: HandOverGate, onTaken: (handOver: HandOver) => void): Readable {
  let isSent = false;
  return new Readable({
    read() {
      if (!isSent) {
        isSent = true;
        this.push(raw);
        return;
      }
      gate
        .announce()
        .then((isOurs) => {
          const handOver = isOurs && !this.destroyed ? gate.take() : undefined;
          if (handOver === undefined) {
            this.destroy(new Withheld("withheld"));
            return;
          }
          onTaken(handOver);
          this.push(null);
        })
        .catch((cause: unknown) => this.destroy(new Withheld("unsure", { cause })));
    },
  });
}

/**
 * The end was held back. `withheld`: another instance has taken the message over. `unsure`: the database could not say
 * whose it is, or the witness could not be written.
 */
class Withheld extends Error {
  override readonly name = "Withheld";
  readonly why: "withheld" | "unsure";
  constructor(why: "withheld" | "unsure", options?: ErrorOptions) {
    super(why, options);
    this.why = why;
  }
}

/** What an error of the library says of the message. */
function judge(error: SmtpError, endWasSent: boolean): DeliveryOutcome {
  if (error instanceof Withheld) return judgeWithheld(error);
  const reply = describe(error);
  const { responseCode, command, code } = error;
  if (responseCode !== undefined) {
    // A refused sender is no fault of this message.
    if (!endWasSent && command === "MAIL FROM") return { kind: "unreachable", reply };
    return { kind: "refused", reply, isPermanent: responseCode >= 500 };
  }
  // We gave up on a server that has the whole message and may still take it. A server that ended the session without
  // an answer has not taken it (RFC 5321, 4.2.5 and 6.1).
  if (endWasSent && code === "ETIMEDOUT") return { kind: "unanswered", reply };
  return { kind: "refused", reply, isPermanent: false };
}

/** What hinders the hand-over of one message hinders that of all, such as a disk that is full. */
function judgeWithheld({ why, cause }: Withheld): DeliveryOutcome {
  if (why === "withheld") return { kind: "withheld" };
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "error";
  return { kind: "unreachable", reply: `not handed over: ${code}` };
}

/** The server's answer, or what happened instead, on one line. */
function describe({ response, code, message }: SmtpError): string {
  return (response ?? `${code ?? "error"}: ${message}`).replace(/\s+/gu, " ").slice(0, 500);
}

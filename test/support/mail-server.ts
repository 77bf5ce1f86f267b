// A real mail server for tests (npm `smtp-server`). It remembers every message that it took, as often as it took it,
// and misbehaves on demand.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { SMTPServer, type SMTPServerSession } from "smtp-server";

export interface TakenMessage {
  readonly to: string;
  readonly from: string;
  readonly raw: string;
  readonly messageId: string;
}

/** What the server does with one message or session instead of taking it. */
export type Fault =
  | { readonly at: "connect" | "sender" | "recipient" | "end"; readonly code: number }
  /** Ends the connection without a word. */
  | { readonly at: "connect" | "recipient" | "data" | "end"; readonly drop: true }
  /** Waits before it answers; a client that leaves meanwhile is not noticed. */
  | { readonly at: "recipient" | "end"; readonly delayMs: number };

export interface MailServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly taken: TakenMessage[];
  /** Faults to come, one for each message, in this order. */
  readonly faults: Fault[];
  /** Connections that were opened so far. */
  readonly connections: () => number;
  /** Called for every message when its end has arrived, before the server takes it. */
  onEnd: () => void;
  /** Called when a message was taken, before the answer leaves. */
  onTaken: () => void;
}

export interface MailServerOptions {
  readonly port?: number;
  readonly user?: { readonly name: string; readonly password: string };
}

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const taken: TakenMessage[] = [];
  const faults: Fault[] = [];
  let connections = 0;
  const next = (...places: Fault["at"][]): Fault | undefined =>
    faults[0] !== undefined && places.includes(faults[0].at) ? faults.shift() : undefined;
  const drop = (session: SMTPServerSession) => {
    for (const connection of server.connections) {
      if (connection.session.id === session.id) connection._socket.destroy();
    }
  };
  const meet = (
    session: SMTPServerSession,
    done: (error?: Error | null) => void,
    ...places: Fault["at"][]
  ) => {
    const fault = next(...places);
    if (fault === undefined) return done();
    if ("code" in fault) return done(answer(fault.code));
    if ("delayMs" in fault) return void setTimeout(done, fault.delayMs).unref();
    drop(session);
  };
  const server: SMTPServer = new SMTPServer({
    authOptional: options.user === undefined,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    onAuth(auth, _session, done) {
      const isRight = auth.username === options.user?.name && auth.password === options.user?.password;
      done(isRight ? null : answer(535), { user: "service" });
    },
    onConnect(session, done) {
      connections += 1;
      meet(session, done, "connect");
    },
    onMailFrom: (_address, session, done) => meet(session, done, "sender"),
    onRcptTo: (_address, session, done) => meet(session, done, "recipient"),
    async onData(stream, session, done) {
      if (next("data") !== undefined) return drop(session);
      // A client that leaves before the end has sent no message.
      const raw = await text(stream).catch(() => undefined);
      if (raw === undefined) return;
      mailServer.onEnd();
      const fault = next("end");
      if (fault !== undefined && "drop" in fault) return drop(session);
      if (fault !== undefined && "code" in fault) return done(answer(fault.code));
      if (fault !== undefined) await pause(fault.delayMs);
      taken.push({
        raw,
        to: session.envelope.rcptTo.map(({ address }) => address).join(),
        from: session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address,
        messageId: /^Message-ID: (\S+)/imu.exec(raw)?.[1] ?? "",
      });
      mailServer.onTaken();
      done(null, "taken");
    },
  });
  server.on("error", () => {
    // Clients that are killed or leave in the middle are what these tests are about.
  });
  const listener = server.listen(options.port ?? 0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  const credentials = options.user === undefined ? "" : `${options.user.name}:${options.user.password}@`;
  const mailServer: MailServer = {
    url: `smtp://${credentials}127.0.0.1:${port}`,
    port,
    taken,
    faults,
    connections: () => connections,
    onEnd() {},
    onTaken() {},
    async [Symbol.asyncDispose]() {
      for (const connection of server.connections) connection._socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return mailServer;
}

function answer(code: number): Error {
  return Object.assign(new Error(`refused with ${code}`), { responseCode: code });
}

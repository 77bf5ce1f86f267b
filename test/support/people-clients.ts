// Methods of people, called over gRPC or over the REST routes of the contracts, behind one face: the same test runs
// over both.
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  getOption,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { http } from "../../src/gen/google/api/annotations_pb.ts";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { SessionService } from "../../src/gen/statutetudiant/session/v1/session_pb.ts";
import type { RunningService } from "./service.ts";

export interface PeopleClient {
  readonly name: "gRPC" | "REST";
  /** Calls a method with the session of a person, or with none. Throws a `Refusal`. */
  call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    secret?: string,
  ): Promise<MessageShape<Output>>;
}

/** What a refused call says to programs. */
export class Refusal extends Error {
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  constructor(message: string, reason: string, metadata: Readonly<Record<string, string>>) {
    super(message);
    this.reason = reason;
    this.metadata = metadata;
  }
}

export const peopleClients: readonly ((origin: string) => PeopleClient)[] = [
  (origin) => patient(grpcClient(origin)),
  (origin) => patient(restClient(origin)),
];

const attempts = 10;

/** Asks again while the service says that it cannot now: reads change nothing, and writes carry a request id. */
function patient(client: PeopleClient): PeopleClient {
  return {
    name: client.name,
    async call(method, request, secret) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await client.call(method, request, secret);
        } catch (error) {
          const repeatable = method.name !== "SignIn";
          if (!repeatable || !isUnavailable(error) || attempt === attempts) throw error;
          await pause(200);
        }
      }
    },
  };
}

function isUnavailable(error: unknown): boolean {
  return error instanceof Refusal && /^(?:TRACE|STORAGE)_UNAVAILABLE$/.test(error.reason);
}

function grpcClient(origin: string): PeopleClient {
  const transport = createGrpcTransport({ baseUrl: origin });
  return {
    name: "gRPC",
    async call(method, request, secret) {
      try {
        const headers = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
        return (await transport.unary(method, undefined, undefined, headers, request)).message;
      } catch (error) {
        const refused = ConnectError.from(error);
        const [info] = refused.findDetails(ErrorInfoSchema);
        throw new Refusal(refused.rawMessage, info?.reason ?? "", info?.metadata ?? {});
      }
    },
  };
}

function restClient(origin: string): PeopleClient {
  return {
    name: "REST",
    async call(method, request, secret) {
      const { verb, target, body } = toRest(method, request);
      const response = await fetch(origin + target, {
        method: verb,
        headers: {
          ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const answer = (await response.json()) as JsonValue;
      if (response.ok) return fromJson(method.output, answer);
      const { message, details = [] } = answer as unknown as RestError;
      const info = details.find(({ reason }) => reason !== undefined);
      throw new Refusal(message, info?.reason ?? "", info?.metadata ?? {});
    },
  };
}

interface RestError {
  readonly message: string;
  readonly details?: readonly RestDetail[];
}

interface RestDetail {
  readonly reason?: string;
  readonly metadata?: Record<string, string>;
}

/** The request as the method's `google.api.http` rule says. */
function toRest<Input extends DescMessage>(
  method: DescMethodUnary<Input, DescMessage>,
  request: MessageInitShape<Input>,
): { verb: string; target: string; body: JsonObject | undefined } {
  const { pattern, body } = getOption(method, http);
  if (pattern.case === undefined || pattern.case === "custom") throw new Error(`${method.name} has no route`);
  const fields = toJson(method.input, create(method.input, request)) as JsonObject;
  const path = pattern.value.replace(/\{([a-z_]+)\}/g, (_, name: string) => {
    const key = method.input.fields.find((field) => field.name === name)?.jsonName ?? "";
    const value = fields[key];
    delete fields[key];
    return encodeURIComponent(String(value));
  });
  const verb = pattern.case.toUpperCase();
  if (body === "*") return { verb, target: path, body: fields };
  const query = new URLSearchParams(
    Object.entries(fields).map(([key, value]): [string, string] => [key, String(value)]),
  );
  return { verb, target: query.size === 0 ? path : `${path}?${query}`, body: undefined };
}

/** The reason of a refused call; fails when it is answered. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("the call was answered");
}

/** What every write request holds: an identifier that was never used. */
export function newRequest(): { requestId: string } {
  return { requestId: randomUUID() };
}

export type OperatorRoleText = "reader" | "instructor" | "administrator";

/** Makes an operator at the terminal and signs it in; the secret of the session. */
export async function signInOperator(
  service: RunningService,
  client: PeopleClient,
  email: string,
  role: OperatorRoleText,
  body: "ministry" | "dinum" = "ministry",
): Promise<string> {
  const made = await service.statut(
    ...["operator", "create", "--email", email, "--name", "Camille Martin"],
    ...["--role", role, "--body", body, "--json"],
  );
  if (made.code !== 0) throw new Error(made.stderr);
  return signInWith(service, client, made.stdout, email);
}

/** Signs in somebody who is known already, with a code of `statut login-link`. */
export async function signInKnown(
  service: RunningService,
  client: PeopleClient,
  email: string,
  ...options: string[]
): Promise<string> {
  const link = await service.statut("login-link", email, "--reason", "Essai", "--json", ...options);
  if (link.code !== 0) throw new Error(link.stderr);
  return signInWith(service, client, link.stdout, email, ...options);
}

/** A code is spent whatever becomes of the answer: on a busy machine another one may be needed. */
async function signInWith(
  service: RunningService,
  client: PeopleClient,
  printed: string,
  email: string,
  ...options: string[]
): Promise<string> {
  const { code } = JSON.parse(printed) as { code: string };
  try {
    return (await client.call(SessionService.method.signIn, { code })).secret;
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return signInKnown(service, client, email, ...options);
  }
}

// People's calls on the running service, over gRPC and over REST behind one face: a method, a request, a session.
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  getOption,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { http } from "../../src/gen/google/api/annotations_pb.ts";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { SessionService } from "../../src/gen/statutetudiant/session/v1/session_pb.ts";
import type { RunningService } from "../support/service.ts";

/** A refused call, as its caller reads it. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  constructor(reason: string, metadata: Readonly<Record<string, string>>, text: string) {
    super(`${reason}: ${text}`);
    this.reason = reason;
    this.metadata = metadata;
  }
}

/** Calls a method with the secret of a session. Throws a Refusal. */
export type Call = <Input extends DescMessage, Output extends DescMessage>(
  method: DescMethodUnary<Input, Output>,
  request: MessageInitShape<Input>,
  session: string,
) => Promise<MessageShape<Output>>;

export const protocols: Readonly<Record<string, (service: RunningService) => Call>> = {
  gRPC: callGrpc,
  REST: callRest,
};

function callGrpc(service: RunningService): Call {
  const transport = createGrpcTransport({ baseUrl: service.origin });
  return async (method, request, session) => {
    try {
      const headers = { authorization: `Bearer ${session}` };
      const { message } = await transport.unary(method, undefined, undefined, headers, request as never);
      return message;
    } catch (error) {
      const known = ConnectError.from(error);
      const [info] = known.findDetails(ErrorInfoSchema);
      throw new Refusal(info?.reason ?? String(error), info?.metadata ?? {}, known.rawMessage);
    }
  };
}

/** By the route of the contract: fields of the path, then the whole body, or the query. */
function callRest({ origin }: RunningService): Call {
  return async (method, request, session) => {
    const json = toJson(method.input, create(method.input, request)) as Record<string, unknown>;
    const { pattern, body } = getOption(method, http);
    const verb = String(pattern.case).toUpperCase();
    const path = String(pattern.value).replace(/\{(\w+)\}/gu, (_, name: string) => {
      const value = String(json[name]);
      delete json[name];
      return encodeURIComponent(value);
    });
    const query = body === "" ? `?${new URLSearchParams(json as Record<string, string>)}` : "";
    const response = await fetch(origin + path + query, {
      method: verb,
      headers: { authorization: `Bearer ${session}`, "content-type": "application/json" },
      ...(body === "" ? {} : { body: JSON.stringify(json) }),
    });
    const answer = (await response.json()) as JsonValue;
    if (response.ok) return fromJson(method.output, answer);
    const [info] =
      (answer as { details?: { reason: string; metadata?: Record<string, string> }[] }).details ?? [];
    throw new Refusal(info?.reason ?? String(response.status), info?.metadata ?? {}, JSON.stringify(answer));
  };
}

/** Opens the session of whoever a code of the command line is for. */
async function signIn(service: RunningService, code: string): Promise<string> {
  const client = createClient(SessionService, createGrpcTransport({ baseUrl: service.origin }));
  return (await client.signIn({ code })).secret;
}

/** Makes an operator on the command line and opens its session. */
export async function operatorSession(
  service: RunningService,
  role: "reader" | "instructor" | "administrator",
): Promise<string> {
  const address = `${role}.${process.hrtime.bigint()}@example.gouv.fr`;
  const words = ["--email", address, "--name", "Camille Martin", "--role", role, "--json"];
  const { stdout } = await service.statut("operator", "create", ...words);
  return signIn(service, (JSON.parse(stdout) as { code: string }).code);
}

/** Opens the session of a contact that exists. */
export async function contactSession(service: RunningService, email: string): Promise<string> {
  const { stdout } = await service.statut("login-link", email, "--reason", "Essai", "--json");
  return signIn(service, (JSON.parse(stdout) as { code: string }).code);
}

// Before anything is timed: both servers give the same answers, as decoded messages.
import { equals, fromJson, type JsonValue, toJsonString } from "@bufbuild/protobuf";
import {
  type LookupByIneResponse,
  LookupByIneResponseSchema,
  LookupService,
} from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { callGrpcJs } from "../support/clients.ts";
import { partnerSiret } from "./datasets.ts";
import type { HttpRequest } from "./loads.ts";
import type { Server } from "./servers.ts";

const checkedRequests = 100;

/** Asks both servers the first hundred requests; throws when an answer is no student, or differs. */
export async function assertSameAnswers(
  requests: readonly HttpRequest[],
  first: Server,
  second: Server,
): Promise<void> {
  for (const request of requests.slice(0, checkedRequests)) {
    assertSame(await askHttp(first, request), await askHttp(second, request), first, second);
  }
}

/** The same over gRPC for some INEs. */
export async function assertSameGrpcAnswers(
  ines: readonly string[],
  token: string,
  first: Server,
  second: Server,
): Promise<void> {
  for (const ine of ines) {
    assertSame(await askGrpc(first, ine, token), await askGrpc(second, ine, token), first, second);
  }
}

/** Asks one server all requests, so that the ones that fail are known before the load. */
export async function assertAnswered(requests: readonly HttpRequest[], server: Server): Promise<void> {
  for (const request of requests) await askHttp(server, request);
}

export async function askHttp(server: Server, request: HttpRequest): Promise<LookupByIneResponse> {
  const { method, path, body, token } = request;
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (body !== "") headers["content-type"] = "application/json";
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers,
    ...(body === "" ? {} : { body }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${server.name}: ${method} gives ${response.status}: ${text}`);
  server.answered += 1;
  return fromJson(LookupByIneResponseSchema, JSON.parse(text) as JsonValue);
}

export async function askGrpc(server: Server, ine: string, token: string): Promise<LookupByIneResponse> {
  const request = { ine, recipient: partnerSiret };
  const answer = await callGrpcJs(server.port, LookupService.method.lookupByIne, request, token);
  server.answered += 1;
  return answer;
}

function assertSame(
  one: LookupByIneResponse,
  other: LookupByIneResponse,
  first: Server,
  second: Server,
): void {
  if (one.student !== undefined && equals(LookupByIneResponseSchema, one, other)) return;
  const [a, b] = [one, other].map((answer) => toJsonString(LookupByIneResponseSchema, answer));
  throw new Error(`${first.name} and ${second.name} answer differently:\n${a}\n${b}`);
}

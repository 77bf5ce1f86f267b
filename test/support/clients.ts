// Clients of several protocols behind one face, so that one suite can ask all of them the same.
import {
  create,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type CallOptions, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import { LookupService } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { StatisticsService } from "../../src/gen/statutetudiant/statistics/v1/statistics_pb.ts";
import { TokenService } from "../../src/gen/statutetudiant/token/v1/token_pb.ts";

export interface Clients {
  readonly lookup: ReturnType<typeof createClient<typeof LookupService>>;
  readonly token: ReturnType<typeof createClient<typeof TokenService>>;
  readonly statistics: ReturnType<typeof createClient<typeof StatisticsService>>;
}

/** Every way in which Connect's own clients can call. */
export function connectTransports(baseUrl: string): Record<string, Transport> {
  const common = { baseUrl };
  return {
    gRPC: createGrpcTransport({ ...common }),
    "gRPC, gzip": createGrpcTransport({ ...common, sendCompression: compressionGzip, compressMinBytes: 0 }),
    "gRPC-Web over HTTP/1.1": createGrpcWebTransport({ ...common, httpVersion: "1.1" }),
    "gRPC-Web over HTTP/2": createGrpcWebTransport({ ...common, httpVersion: "2" }),
    "Connect JSON over HTTP/1.1": createConnectTransport({ ...common, httpVersion: "1.1" }),
    "Connect JSON over HTTP/2": createConnectTransport({ ...common, httpVersion: "2" }),
    "Connect binary": createConnectTransport({ ...common, httpVersion: "1.1", useBinaryFormat: true }),
    "Connect GET": createConnectTransport({ ...common, httpVersion: "1.1", useHttpGet: true }),
    "Connect JSON, gzip": createConnectTransport({
      ...common,
      httpVersion: "1.1",
      sendCompression: compressionGzip,
      compressMinBytes: 0,
    }),
  };
}

export function clientsOf(transport: Transport): Clients {
  return {
    lookup: createClient(LookupService, transport),
    token: createClient(TokenService, transport),
    statistics: createClient(StatisticsService, transport),
  };
}

/** Options that carry a token. */
export function withToken(token: string, headers: Record<string, string> = {}): CallOptions {
  return { headers: { authorization: `Bearer ${token}`, ...headers } };
}

/** What a call throws, as Connect's error; fails when it answers. */
export async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("the call was answered");
}

/** Calls a unary method with @grpc/grpc-js, as generated stubs do. */
export function callGrpcJs<M extends DescMethodUnary>(
  port: number,
  method: M,
  request: MessageInitShape<M["input"]>,
  token: string | undefined,
  options: {
    readonly deadlineMs?: number;
    readonly credentials?: grpc.ChannelCredentials;
    readonly host?: string;
  } = {},
): Promise<MessageShape<M["output"]>> {
  const credentials = options.credentials ?? grpc.credentials.createInsecure();
  const client = new grpc.Client(`${options.host ?? "127.0.0.1"}:${port}`, credentials);
  const metadata = new grpc.Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  const { promise, resolve, reject } = Promise.withResolvers<MessageShape<M["output"]>>();
  client.makeUnaryRequest(
    `/${method.parent.typeName}/${method.name}`,
    (message: MessageShape<M["input"]>) => Buffer.from(toBinary(method.input, message)),
    (bytes: Buffer) => fromBinary(method.output, bytes) as MessageShape<M["output"]>,
    create(method.input, request) as MessageShape<M["input"]>,
    metadata,
    { deadline: Date.now() + (options.deadlineMs ?? 60_000) },
    (error, response) => {
      client.close();
      if (error !== null || response === undefined) reject(error);
      else resolve(response);
    },
  );
  return promise;
}

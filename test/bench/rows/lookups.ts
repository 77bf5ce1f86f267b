// The whole path against hand-written servers, bare Connect, and itself without journal.
import { join } from "node:path";
import { toBinary, toJsonString } from "@bufbuild/protobuf";
import { LookupByIneResponseSchema } from "../../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { askGrpc, askHttp, assertSameAnswers, assertSameGrpcAnswers } from "../answers.ts";
import { type Bench, Servers } from "../bench.ts";
import { h2Load, wrkLoad } from "../loads.ts";
import { connectByIne, getByIne, grpcPath, messageByIne, sampleInes } from "../requests.ts";
import { type Row, ratioResult } from "../results.ts";

const withoutJournal = join(import.meta.dirname, "../peers/without-journal.ts");

const restByIne: Row = {
  name: "rest-ine",
  async run(bench) {
    const dataset = await bench.dataset();
    const { token } = dataset.token;
    await using servers = new Servers(bench);
    const service = await servers.service({ dataset });
    const peer = await servers.peer("fastify-sqlite.ts", (port) => [dataset.file, token, port]);
    const requests = sampleInes(dataset).map((ine) => getByIne(ine, token));
    await assertSameAnswers(requests, service, peer);
    const load = wrkLoad(bench.folder, bench.cores.load, requests);
    const comparison = await bench.compare(
      { name: "service", servers: [service], load },
      { name: "Fastify", servers: [peer], load },
    );
    await servers.close();
    const title = "REST GET by INE, SQLite: service / hand-written Fastify";
    return [ratioResult({ row: "rest-ine", title, goal: { atLeast: 1, next: 1.3 } }, comparison)];
  },
};

const grpcByIne: Row = {
  name: "grpc-ine",
  async run(bench) {
    const dataset = await bench.dataset();
    const { token } = dataset.token;
    await using servers = new Servers(bench);
    const service = await servers.service({ dataset });
    const peer = await servers.peer("grpc-sqlite.ts", (port) => [dataset.file, token, port]);
    const ines = sampleInes(dataset, 20);
    await assertSameGrpcAnswers(ines, token, service, peer);
    const load = await prepareGrpcLoad(bench, ines[0] ?? "", token, service);
    const comparison = await bench.compare(
      { name: "service", servers: [service], load },
      { name: "grpc-js", servers: [peer], load },
    );
    await servers.close();
    const title = "gRPC by INE, SQLite: service / hand-written grpc-js";
    return [ratioResult({ row: "grpc-ine", title, goal: { atLeast: 0.9, next: 1.2 } }, comparison)];
  },
};

async function prepareGrpcLoad(
  bench: Bench,
  ine: string,
  token: string,
  server: Parameters<typeof askGrpc>[0],
) {
  const answer = await askGrpc(server, ine, token);
  return h2Load(bench.folder, bench.cores.load, {
    path: `/${grpcPath}`,
    message: messageByIne(ine),
    token,
    answerBytes: toBinary(LookupByIneResponseSchema, answer).length,
  });
}

const postgresByIne: Row = {
  name: "postgres-ine",
  async run(bench) {
    const dataset = await bench.dataset();
    const postgres = await bench.postgres();
    const { token } = postgres.token;
    await using servers = new Servers(bench);
    const service = await servers.service({ postgres });
    const peer = await servers.peer("fastify-postgres.ts", (port) => [postgres.url, token, port]);
    const requests = sampleInes(dataset).map((ine) => getByIne(ine, token));
    await assertSameAnswers(requests, service, peer);
    const load = wrkLoad(bench.folder, bench.cores.load, requests);
    const comparison = await bench.compare(
      { name: "service", servers: [service], load },
      { name: "Fastify + pg", servers: [peer], load },
    );
    await servers.close();
    const title = "REST GET by INE, PostgreSQL: service / hand-written Fastify + pg named statement";
    const note = `PostgreSQL on core ${bench.cores.stores}, the load on core ${bench.cores.load}`;
    return [ratioResult({ row: "postgres-ine", title, goal: { atLeast: 0.9 }, note }, comparison)];
  },
};

const echoGrpc: Row = {
  name: "echo-grpc",
  async run(bench) {
    const dataset = await bench.dataset();
    const { token } = dataset.token;
    const [ine = ""] = sampleInes(dataset, 1);
    await using servers = new Servers(bench);
    const service = await servers.service({ dataset });
    const answer = toJsonString(LookupByIneResponseSchema, await askGrpc(service, ine, token));
    const peer = await servers.peer("connect-echo.ts", (port) => [port, "h2", answer], "connect-echo-h2");
    await assertSameGrpcAnswers([ine], token, service, peer);
    const load = await prepareGrpcLoad(bench, ine, token, service);
    const comparison = await bench.compare(
      { name: "service", servers: [service], load },
      { name: "connect-node", servers: [peer], load },
    );
    await servers.close();
    const title = "gRPC: service / bare connect-node echo";
    return [ratioResult({ row: "echo-grpc", title, goal: { atLeast: 2.5 } }, comparison)];
  },
};

const echoConnect: Row = {
  name: "echo-connect",
  async run(bench) {
    const dataset = await bench.dataset();
    const { token } = dataset.token;
    const requests = sampleInes(dataset, 1).map((ine) => connectByIne(ine, token));
    await using servers = new Servers(bench);
    const service = await servers.service({ dataset });
    const [request] = requests as [(typeof requests)[0]];
    const answer = toJsonString(LookupByIneResponseSchema, await askHttp(service, request));
    const peer = await servers.peer("connect-echo.ts", (port) => [port, "h1", answer], "connect-echo-h1");
    await assertSameAnswers(requests, service, peer);
    const load = wrkLoad(bench.folder, bench.cores.load, requests);
    const comparison = await bench.compare(
      { name: "service", servers: [service], load },
      { name: "connect-node", servers: [peer], load },
    );
    await servers.close();
    const title = "Connect JSON: service / bare connect-node echo";
    return [ratioResult({ row: "echo-connect", title, goal: { atLeast: 1.5 } }, comparison)];
  },
};

const noJournal: Row = {
  name: "no-journal",
  async run(bench) {
    const dataset = await bench.dataset();
    const { token } = dataset.token;
    await using servers = new Servers(bench);
    const service = await servers.service({ dataset });
    const peer = await servers.service({ dataset, name: "without-journal", entry: [withoutJournal] });
    const requests = sampleInes(dataset).map((ine) => getByIne(ine, token));
    await assertSameAnswers(requests, service, peer);
    const load = wrkLoad(bench.folder, bench.cores.load, requests);
    const comparison = await bench.compare(
      { name: "service", servers: [service], load },
      { name: "without journal", servers: [peer], load },
    );
    await servers.close();
    const title = "REST GET by INE: service / the same without journal";
    return [ratioResult({ row: "no-journal", title, goal: { atLeast: 0.8 } }, comparison)];
  },
};

export const lookupRows = [restByIne, grpcByIne, postgresByIne, echoGrpc, echoConnect, noJournal];

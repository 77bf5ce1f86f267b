// For information: what Node's own servers cost, which no service can undercut.
import { toBinary } from "@bufbuild/protobuf";
import { LookupByIneResponseSchema } from "../../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { askGrpc } from "../answers.ts";
import { Servers } from "../bench.ts";
import { h2Load, wrkLoad } from "../loads.ts";
import { getByIne, grpcPath, messageByIne, sampleInes } from "../requests.ts";
import { type Row, ratioResult } from "../results.ts";

/** Of no goal, and steady. */
const floorRounds = 3;
const note = "the floor answers bytes of its own: only its speed is compared";

const floorHttp: Row = {
  name: "floor-http",
  async run(bench) {
    const dataset = await bench.dataset();
    await using servers = new Servers(bench);
    const service = await servers.service({ dataset });
    const peer = await servers.peer("floor.ts", (port) => [port, "h1"], "floor-h1");
    const requests = sampleInes(dataset).map((ine) => getByIne(ine, dataset.token.token));
    const load = wrkLoad(bench.folder, bench.cores.load, requests);
    const comparison = await bench.compare(
      { name: "service", servers: [service], load },
      { name: "node:http", servers: [peer], load },
      Math.min(floorRounds, bench.options.rounds),
    );
    await servers.close();
    const title = "REST GET by INE: service / node:http from memory";
    return [ratioResult({ row: "floor-http", title, note }, comparison)];
  },
};

const floorHttp2: Row = {
  name: "floor-http2",
  async run(bench) {
    const dataset = await bench.dataset();
    const { token } = dataset.token;
    const [ine = ""] = sampleInes(dataset, 1);
    await using servers = new Servers(bench);
    const service = await servers.service({ dataset });
    const peer = await servers.peer("floor.ts", (port) => [port, "h2"], "floor-h2");
    const answer = toBinary(LookupByIneResponseSchema, await askGrpc(service, ine, token));
    const load = (answerBytes: number | undefined) =>
      h2Load(bench.folder, bench.cores.load, {
        path: `/${grpcPath}`,
        message: messageByIne(ine),
        token,
        answerBytes,
      });
    const comparison = await bench.compare(
      { name: "service", servers: [service], load: load(answer.length) },
      { name: "node:http2", servers: [peer], load: load(undefined) },
      Math.min(floorRounds, bench.options.rounds),
    );
    await servers.close();
    const title = "gRPC by INE: service / node:http2 from memory";
    return [ratioResult({ row: "floor-http2", title, note }, comparison)];
  },
};

export const floorRows = [floorHttp, floorHttp2];

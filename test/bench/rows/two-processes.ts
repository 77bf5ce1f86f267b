// Two processes of the service, which share PostgreSQL and Redis, against one.
import { startRedis } from "../../support/redis.ts";
import { assertSameAnswers } from "../answers.ts";
import { Servers } from "../bench.ts";
import { wrkLoad } from "../loads.ts";
import { endWithUs, pinSelf } from "../processes.ts";
import { getByIne, sampleInes } from "../requests.ts";
import { type Row, ratioResult } from "../results.ts";

const twoProcesses: Row = {
  name: "two-processes",
  async run(bench) {
    const { cores } = bench;
    const dataset = await bench.dataset();
    const postgres = await bench.postgres();
    await using stack = new AsyncDisposableStack();
    // It inherits the core of who starts it.
    pinSelf(cores.stores);
    const redis = stack.adopt(await startRedis(), (server) => server.stop());
    endWithUs(redis.process);
    pinSelf(cores.load);
    const servers = stack.use(new Servers(bench));
    const env = { REDIS_URL: redis.url, INSTANCES: "2" };
    const first = await servers.service({ postgres, env, name: "first process" });
    const second = await servers.service({ postgres, env, name: "second process", cores: cores.second });
    const requests = sampleInes(dataset).map((ine) => getByIne(ine, postgres.token.token));
    await assertSameAnswers(requests, first, second);
    const load = wrkLoad(bench.folder, cores.load, requests);
    const comparison = await bench.compare(
      { name: "two processes", servers: [first, second], load },
      { name: "one process", servers: [first], load },
    );
    await servers.close();
    const title = "REST GET by INE, PostgreSQL and Redis: two processes / one";
    const note = `first process on core ${cores.server}, second on core ${cores.second}, load on core ${cores.load}, PostgreSQL and Redis on core ${cores.stores}; of ${cores.count} cores`;
    return [ratioResult({ row: "two-processes", title, goal: { atLeast: 1.7 }, note }, comparison)];
  },
};

export const processRows = [twoProcesses];

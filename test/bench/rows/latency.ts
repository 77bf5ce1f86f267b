// What a call waits longer than with the hand-written server, at the rate that the terms promise, guard included.
import { assertSameAnswers } from "../answers.ts";
import { Servers } from "../bench.ts";
import { median, percentile } from "../compare.ts";
import { syncEvenly } from "../disk-floor.ts";
import { callEvenly } from "../even-calls.ts";
import { getByIne, sampleInes } from "../requests.ts";
import { type Row, result } from "../results.ts";

const promisedPerSecond = 50;
/** Rounds are longer here: a percentile needs calls. */
const longer = 2;
/** At this rate twenty thousand calls would take minutes; the servers are as warm as in production after a start. */
const warmUpSeconds = 10;

const latency: Row = {
  name: "latency",
  async run(bench) {
    const dataset = await bench.dataset();
    const { token } = dataset.token;
    await using servers = new Servers(bench);
    // The guard counts, and has room: at a limit of just this rate, a call that comes a millisecond early waits for it,
    // and so do all that follow it at the same distance. That is the limit's work, and not the path's.
    const env = { CALLS_PER_SECOND: String(2 * promisedPerSecond), TOKEN_CALLS_PER_SECOND: "" };
    const service = await servers.service({ dataset, env });
    const peer = await servers.peer("fastify-sqlite.ts", (port) => [dataset.file, token, port]);
    const requests = sampleInes(dataset).map((ine) => getByIne(ine, token));
    await assertSameAnswers(requests.slice(0, 10), service, peer);
    const both = [service, peer] as const;
    const times: [number[][], number[][]] = [[], []];
    const measure = async (index: number, seconds: number) =>
      times[index]?.push(
        await callEvenly(both[index] as typeof service, requests, promisedPerSecond, seconds),
      );
    const floor: number[][] = [];
    for (const index of [0, 1]) await measure(index, warmUpSeconds);
    for (const rounds of times) rounds.length = 0;
    for (let round = 0; round < bench.options.rounds; round += 1) {
      for (const index of round % 2 === 0 ? [0, 1] : [1, 0])
        await measure(index, bench.options.seconds * longer);
      floor.push(await syncEvenly(bench.folder, promisedPerSecond, bench.options.seconds));
    }
    await servers.close();
    return [addedAt(0.5, "p50", 0.5, times), addedAt(0.99, "p99", 3, times), floorOf(floor)];
  },
};

function addedAt(
  share: number,
  name: string,
  atMost: number,
  [own, peer]: readonly [number[][], number[][]],
) {
  const at = (times: readonly number[]) => (share === 0.5 ? median(times) : percentile(times, share));
  const values = own.map((times, round) => at(times) - at(peer[round] ?? []));
  const [whole, other] = [at(own.flat()), at(peer.flat())];
  const title = `added latency at ${promisedPerSecond} calls/s, ${name}: service − hand-written Fastify`;
  const note = `${name} ${whole.toFixed(2)} ms against ${other.toFixed(2)} ms, ${own.flat().length} calls each`;
  return result({ row: "latency", title, goal: { atMost }, note }, "ms", whole - other, values);
}

function floorOf(rounds: readonly number[][]) {
  const all = rounds.flat();
  const title = `the disk alone at ${promisedPerSecond}/s, p50: a write and its fdatasync, which no durable answer goes below`;
  const note = `p99 ${percentile(all, 0.99).toFixed(2)} ms, ${all.length} writes`;
  return result({ row: "latency", title, note }, "ms", median(all), rounds.map(median));
}

export const latencyRows = [latency];

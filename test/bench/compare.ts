// Interleaved rounds of two sides: A B, B A, A B, … so that what slows the machine slows both.
import type { Load } from "./loads.ts";
import { cpuUs } from "./processes.ts";
import type { Server } from "./servers.ts";

export interface Side {
  readonly name: string;
  /** One server, or several that are called at the same time. */
  readonly servers: readonly Server[];
  readonly load: Load;
}

export interface SideFigures {
  readonly name: string;
  /** Calls per second of each round. */
  readonly perSecond: number[];
  /** Microseconds of CPU of the servers per call, all threads, of each round. */
  readonly cpuUs: number[];
}

export interface Comparison {
  /** First side's calls per second divided by the second's, pair by pair. */
  readonly ratios: number[];
  readonly sides: readonly [SideFigures, SideFigures];
}

/** V8 compiles what is called often: fewer calls would measure the compiler. */
const warmUpCalls = 150_000;
const warmUpSeconds = 1;
const warmUpLimit = 40;

export async function compare(
  first: Side,
  second: Side,
  rounds: number,
  seconds: number,
): Promise<Comparison> {
  const sides = [first, second] as const;
  for (const side of sides) await warmUp(side);
  const figures = sides.map(({ name }): SideFigures => ({ name, perSecond: [], cpuUs: [] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
      await measure(sides[index] as Side, seconds, figures[index] as SideFigures);
    }
  }
  const [a, b] = figures as [SideFigures, SideFigures];
  return {
    ratios: a.perSecond.map((value, index) => value / (b.perSecond[index] ?? Number.NaN)),
    sides: [a, b],
  };
}

async function warmUp(side: Side): Promise<void> {
  let calls = 0;
  for (let turn = 0; calls < warmUpCalls * side.servers.length; turn += 1) {
    if (turn === warmUpLimit) throw new Error(`${side.name}: only ${calls} calls in ${turn} s of warm-up`);
    calls += (await call(side, warmUpSeconds)).calls;
  }
}

async function measure(side: Side, seconds: number, figures: SideFigures): Promise<void> {
  const cpu = () => side.servers.reduce((sum, { pid }) => sum + cpuUs(pid), 0);
  const before = cpu();
  const { calls, perSecond, refused } = await call(side, seconds);
  if (refused > 0) throw new Error(`${side.name}: ${refused} answers of ${calls + refused} are not 2xx`);
  figures.perSecond.push(perSecond);
  figures.cpuUs.push((cpu() - before) / calls);
}

/**
 * One round: all servers of the side at the same time. The calls are noted on each server. Refusals (a journal that a
 * cold start or a busy disk makes late) are told of; a timed round throws on them.
 */
export async function call({ servers, load }: Side, seconds: number) {
  const rounds = await Promise.all(
    servers.map(async (server) => {
      const round = await load.run(server.port, seconds);
      server.answered += round.calls;
      server.unfinished += load.concurrency + round.refused;
      if (round.refused > 0) process.stderr.write(`${server.name}: ${round.refused} answers are not 2xx\n`);
      return round;
    }),
  );
  return {
    calls: rounds.reduce((sum, { calls }) => sum + calls, 0),
    refused: rounds.reduce((sum, { refused }) => sum + refused, 0),
    perSecond: rounds.reduce((sum, { perSecond }) => sum + perSecond, 0),
  };
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The value below which this share lies. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

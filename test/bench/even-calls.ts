// Calls at even distances over kept connections, timed one by one: an open loop, which does not wait for answers.
import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { HttpRequest } from "./loads.ts";
import type { Server } from "./servers.ts";

const slackMs = 5000;

/** Calls a server and returns the milliseconds of each call. Throws when an answer is not 200. */
export async function callEvenly(
  server: Server,
  requests: readonly HttpRequest[],
  perSecond: number,
  seconds: number,
): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const calls: Promise<number>[] = [];
  const startedAt = performance.now();
  try {
    for (let index = 0; index < perSecond * seconds; index += 1) {
      await pause(Math.max(0, startedAt + (index * 1000) / perSecond - performance.now()));
      const call = timeCall(agent, server, requests[index % requests.length] as HttpRequest);
      // Told of below, when all are awaited.
      call.catch(() => {});
      calls.push(call);
    }
    return await Promise.all(calls);
  } finally {
    agent.destroy();
  }
}

function timeCall(agent: Agent, server: Server, { method, path, token }: HttpRequest): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const headers = { authorization: `Bearer ${token}` };
  const startedAt = performance.now();
  const call = request({ host: "127.0.0.1", port: server.port, method, path, agent, headers }, (response) => {
    response.resume();
    response.once("end", () => {
      if (response.statusCode !== 200) reject(new Error(`${server.name} gives ${response.statusCode}`));
      server.answered += 1;
      resolve(performance.now() - startedAt);
    });
  });
  call.setTimeout(slackMs, () => call.destroy(new Error(`${server.name}: no answer in ${slackMs} ms`)));
  call.once("error", reject);
  call.end();
  return promise;
}

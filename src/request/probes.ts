// Probes for those that speak HTTP: is the process alive, and can it answer calls.
import type { Reply } from "./reply.ts";
import type { Route } from "./routes.ts";

/** A check of readiness: its name, and whether it holds now. */
export type ReadinessCheck = readonly [name: string, holds: () => boolean | Promise<boolean>];

/** The routes of `/healthz` (200 while the process lives) and `/readyz` (503 names what is missing). */
export function createProbes(checks: readonly ReadinessCheck[]): ReadonlyMap<string, Route> {
  return new Map([
    ["/healthz", probe("/healthz", async () => json(200, { status: "ok" }))],
    [
      "/readyz",
      probe("/readyz", async () => {
        const results = await Promise.all(
          checks.map(async ([name, holds]) => [name, (await holds()) ? "ok" : "failing"] as const),
        );
        const ready = results.every(([, state]) => state === "ok");
        return json(ready ? 200 : 503, {
          status: ready ? "ready" : "not ready",
          checks: Object.fromEntries(results),
        });
      }),
    ],
  ]);
}

/** The route of our public keys (RFC 7517), to which FranceConnect encrypts its answers; none without keys. */
export function createKeyDocument(keys: object | undefined): ReadonlyMap<string, Route> {
  const path = "/.well-known/jwks.json";
  return new Map(
    keys === undefined ? [] : [[path, { ...probe(path, async () => json(200, keys)), countsAddress: true }]],
  );
}

function probe(pattern: string, call: Route["call"]): Route {
  return { protocol: "rest", pattern, rpc: "", isPublic: true, isStreaming: false, call };
}

function json(status: number, body: object): Reply {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(body)),
    trailers: undefined,
    error: undefined,
  };
}

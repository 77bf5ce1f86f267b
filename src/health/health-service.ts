// The standard gRPC health service (grpc.health.v1), for load balancers and orchestrators.
import type { ServiceImpl } from "@connectrpc/connect";
import { serviceError } from "../errors.ts";
import {
  type Health,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Status,
} from "../gen/grpc/health/v1/health_pb.ts";

/** How often a watch looks for a change, in milliseconds. */
const watchIntervalMs = 1000;

/** `serving` tells whether calls can be answered now; `services` are the names that may be asked for. */
export function createHealthService(
  serving: () => boolean,
  services: readonly string[],
): ServiceImpl<typeof Health> {
  const known = new Set(["", ...services]);
  const current = () => (serving() ? Status.SERVING : Status.NOT_SERVING);
  return {
    check({ service }) {
      if (!known.has(service)) throw serviceError("service_unknown");
      return { status: current() };
    },
    async *watch({ service }, { signal }) {
      let last: HealthCheckResponse["status"] | undefined;
      while (!signal.aborted) {
        const status = known.has(service) ? current() : Status.SERVICE_UNKNOWN;
        if (status !== last) yield { status };
        last = status;
        await pause(watchIntervalMs, signal);
      }
    },
    list() {
      return { statuses: Object.fromEntries([...known].map((name) => [name, { status: current() }])) };
    },
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(done, milliseconds);
  signal.addEventListener("abort", done, { once: true });
  function done(): void {
    clearTimeout(timer);
    signal.removeEventListener("abort", done);
    resolve();
  }
  return promise;
}

// A port of its own: what the service is like inside is not for those who call it.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "../node-http.ts";
import type { Metrics } from "./metrics.ts";

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

const requestTimeoutMs = 5000;

/** Serves `GET /metrics`. Rejects when the address cannot be listened on. */
export async function serveMetrics(
  metrics: Pick<Metrics, "contentType" | "write">,
  host: string,
  port: number,
): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    metrics.write().then(
      (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

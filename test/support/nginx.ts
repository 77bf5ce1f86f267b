// A real nginx for tests, with the configuration that the documentation gives.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificate } from "./certificate.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";

const example = join(import.meta.dirname, "../../docs/examples/nginx.conf");

export interface Nginx extends AsyncDisposable {
  readonly port: number;
}

/** Starts nginx with the documented file, in which only names, places and the service's port are others. */
export async function startNginx(servicePort: number, { cert, key }: Certificate): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), "statut-nginx-"));
  const port = await freePort();
  await writeFile(join(folder, "chain.pem"), cert);
  await writeFile(join(folder, "key.pem"), key);
  await writeFile(
    join(folder, "nginx.conf"),
    adapt(await readFile(example, "utf8"), folder, { port, servicePort }),
  );
  const arguments_ = ["-p", folder, "-c", "nginx.conf", "-e", "error.log"];
  const child = spawn("/usr/sbin/nginx", arguments_, { stdio: "ignore" });
  const failed = once(child, "exit").then(async ([code]) => {
    throw new Error(`nginx ended with ${code}:\n${await readFile(join(folder, "error.log"), "utf8")}`);
  });
  // Unhandled only while the test runs: at its end it is meant to exit.
  failed.catch(() => {});
  await Promise.race([failed, eventually(() => accepts(port))]);
  return {
    port,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Everything that nginx writes goes to the test's folder; it stays in the foreground and does not change its user. */
function adapt(text: string, folder: string, ports: { port: number; servicePort: number }): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const user = process.getuid?.() === 0 ? "user root; " : "";
  const changes: readonly (readonly [string, string])[] = [
    ["\nevents {", `\n${user}daemon off; pid nginx.pid; worker_processes 1; events {`],
    ["\nhttp {", `\nhttp { ${temporary.join(" ")}`],
    ["listen 443", `listen 127.0.0.1:${ports.port}`],
    ["127.0.0.1:8080", `127.0.0.1:${ports.servicePort}`],
    ["/etc/statut/tls/", `${folder}/`],
  ];
  return changes.reduce((adapted, [from, to]) => {
    if (!adapted.includes(from)) throw new Error(`${JSON.stringify(from)} is not in ${example}`);
    return adapted.replaceAll(from, to);
  }, text);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(socket.destroy() !== undefined));
    socket.once("error", () => resolve(false));
  });
}

// The floor: node's own servers with an answer from memory. Arguments are the port and "h1" or "h2".
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";

const [port = "0", version = "h1"] = process.argv.slice(2);
const body = Buffer.alloc(320, "a");
if (version === "h2") {
  const server = createHttp2Server();
  server.on("stream", (stream) => {
    stream.resume();
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.end(body);
  });
  server.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
} else {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
  server.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
}

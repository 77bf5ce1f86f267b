// Bare connect-node that answers from memory: arguments are the port, "h1" or "h2", and the answer to give as JSON.
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { fromJson } from "@bufbuild/protobuf";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import {
  LookupByIneResponseSchema,
  LookupService,
} from "../../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";

const [port = "0", version = "h1", answer = "{}"] = process.argv.slice(2);
const { student } = fromJson(LookupByIneResponseSchema, JSON.parse(answer));
if (student === undefined) throw new Error("the answer has no student");
const adapter = connectNodeAdapter({
  routes: (router) => {
    router.service(LookupService, {
      lookupByIne: () => ({ student }),
      lookupByIdentity: () => ({ student }),
    });
  },
});
const server = version === "h2" ? createHttp2Server(adapter) : createServer(adapter);
server.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));

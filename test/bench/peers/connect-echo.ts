// Bare connect-node that answers from memory: argument is the port. HTTP/2 when the second argument is "h2".
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { LookupService } from "../../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";

const [port = "0", version = "h1"] = process.argv.slice(2);
const student = {
  identity: { birthName: "AUTORBB", givenNames: ["LANCE"], birthDate: "2005-02-05" },
  admissions: [
    {
      startDate: "2025-09-01",
      endDate: "2026-12-31",
      registered: false,
      regime: { code: "RF5", label: "formation continue" },
      communeCog: "75009",
      institution: { uai: "0331023W", name: "Université Paris Saclay" },
    },
  ],
};
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

// Calls the service over gRPC with @grpc/grpc-js and the generated contracts:
//   TOKEN=… npx node docs/examples/node-grpc-client.ts [host:port] [INE]
import { create, fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import {
  LookupByIneRequestSchema,
  LookupByIneResponseSchema,
} from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";

const [address = "127.0.0.1:8080", ine = "951242368CR"] = process.argv.slice(2);
const client = new Client(address, credentials.createInsecure());
const metadata = new Metadata();
metadata.set("authorization", `Bearer ${process.env["TOKEN"]}`);

client.makeUnaryRequest(
  "/statutetudiant.lookup.v1.LookupService/LookupByIne",
  (bytes: Uint8Array) => Buffer.from(bytes),
  (bytes: Buffer) => fromBinary(LookupByIneResponseSchema, bytes),
  toBinary(LookupByIneRequestSchema, create(LookupByIneRequestSchema, { ine, recipient: "13002526500013" })),
  metadata,
  { deadline: Date.now() + 2000 },
  (error, response) => {
    client.close();
    if (error !== null || response === undefined) {
      console.error(error?.message);
      process.exitCode = 1;
      return;
    }
    console.log(JSON.stringify(toJson(LookupByIneResponseSchema, response), null, 2));
  },
);

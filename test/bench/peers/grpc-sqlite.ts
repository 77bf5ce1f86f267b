// @grpc/grpc-js and a prepared statement on SQLite: arguments are the database, the token and the port.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import Sqlite from "better-sqlite3";
import {
  type LookupByIneRequest,
  LookupByIneRequestSchema,
  type LookupByIneResponse,
  LookupByIneResponseSchema,
  LookupService,
} from "../../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { answerOf, type StudentRow, studentSql, tokenCheck } from "./hand-written-lookup.ts";

const [file = "", token = "", port = "0"] = process.argv.slice(2);
const database = new Sqlite(file, { readonly: true });
const statement = database.prepare<[string], StudentRow>(`${studentSql}?`);
const institutions = new Map(
  database
    .prepare<[], { uai: string; name: string }>("select uai, name from institutions")
    .all()
    .map(({ uai, name }) => [uai, name]),
);
const isKnown = tokenCheck(token);

const server = new grpc.Server();
server.addService(
  {
    lookupByIne: {
      path: `/${LookupService.typeName}/LookupByIne`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (message: LookupByIneRequest) =>
        Buffer.from(toBinary(LookupByIneRequestSchema, message)),
      requestDeserialize: (bytes: Buffer) => fromBinary(LookupByIneRequestSchema, bytes),
      responseSerialize: (message: LookupByIneResponse) =>
        Buffer.from(toBinary(LookupByIneResponseSchema, message)),
      responseDeserialize: (bytes: Buffer) => fromBinary(LookupByIneResponseSchema, bytes),
    },
  },
  {
    lookupByIne(
      call: grpc.ServerUnaryCall<LookupByIneRequest, LookupByIneResponse>,
      callback: grpc.sendUnaryData<LookupByIneResponse>,
    ) {
      if (!isKnown(call.metadata.get("authorization")[0]?.toString())) {
        callback({ code: grpc.status.UNAUTHENTICATED });
        return;
      }
      const row = statement.get(call.request.ine);
      if (row === undefined) callback({ code: grpc.status.NOT_FOUND });
      else callback(null, create(LookupByIneResponseSchema, answerOf(row, institutions)));
    },
  },
);

server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
  process.stdout.write("ready\n");
});

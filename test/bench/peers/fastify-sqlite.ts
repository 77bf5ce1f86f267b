// Fastify and a prepared statement on SQLite: arguments are the database, the token and the port.
import Sqlite from "better-sqlite3";
import fastify from "fastify";
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
const app = fastify();

app.get<{ Params: { ine: string }; Querystring: { recipient: string } }>(
  "/v1/students/:ine",
  {
    schema: {
      params: { type: "object", properties: { ine: { type: "string", pattern: "^[0-9A-Za-z]{11}$" } } },
      querystring: {
        type: "object",
        required: ["recipient"],
        properties: { recipient: { type: "string", pattern: "^[0-9]{14}$" } },
      },
    },
  },
  async (request, reply) => {
    if (!isKnown(request.headers.authorization)) return reply.code(401).send({ code: 16 });
    const row = statement.get(request.params.ine);
    return row === undefined ? reply.code(404).send({ code: 5 }) : answerOf(row, institutions);
  },
);

await app.listen({ host: "127.0.0.1", port: Number(port) });
process.stdout.write("ready\n");

// Fastify and a named statement on PostgreSQL: arguments are the connection string, the token and the port.
import fastify from "fastify";
import pg from "pg";
import { answerOf, type StudentRow, studentSql, tokenCheck } from "./hand-written-lookup.ts";

const [connectionString = "", token = "", port = "0"] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: 8 });
const { rows } = await pool.query<{ uai: string; name: string }>("select uai, name from institutions");
const institutions = new Map(rows.map(({ uai, name }) => [uai, name]));
const isKnown = tokenCheck(token);
const app = fastify();

app.get<{ Params: { ine: string } }>("/v1/students/:ine", async (request, reply) => {
  if (!isKnown(request.headers.authorization)) return reply.code(401).send({ code: 16 });
  const result = await pool.query<StudentRow>({
    name: "student",
    text: `${studentSql}$1`,
    values: [request.params.ine],
  });
  const row = result.rows[0];
  return row === undefined ? reply.code(404).send({ code: 5 }) : answerOf(row, institutions);
});

await app.listen({ host: "127.0.0.1", port: Number(port) });
process.stdout.write("ready\n");

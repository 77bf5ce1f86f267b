import { createServer } from "node:http";
import { Code, ConnectError } from "@connectrpc/connect";
import { createTranscoder } from "../../src/transcoder/index.ts";
import { get, post } from "./harness.ts";
import { serviceWith } from "./schema.ts";

// A generated service, in an application of yours; its rules stand in the .proto file.
const ShelfService = serviceWith([
  { rule: get("/v1/books/{name}"), input: "Book", output: "Book" },
  { rule: post("/v1/books", { body: "*" }), input: "Book", output: "Book" },
]);

const { nodeHandler } = createTranscoder((router) =>
  router.service(ShelfService, {
    m0: ({ name }: { name: string }) => {
      if (name !== "walden") throw new ConnectError("no such book", Code.NotFound);
      return { name, title: "Walden" };
    },
    m1: (book: object) => book,
  } as never),
);

const server = createServer(nodeHandler);
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => console.log(server.address()));

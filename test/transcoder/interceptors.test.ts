// What methods and interceptors see is the same as in Connect: each case runs on both and the notes must be equal.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { DescService, Message } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createClient,
  createContextKey,
  createContextValues,
  createRouterTransport,
  type HandlerContext,
  type Interceptor,
} from "@connectrpc/connect";
import { createTranscoder } from "../../src/transcoder/index.ts";
import { type AnyMessage, answerOf, get, post, requestOf, serve } from "./harness.ts";
import { registry, serviceWith } from "./schema.ts";

type Client = Record<string, (request: object | AsyncIterable<object>, options: object) => unknown>;

const key = createContextKey("default");
const service = serviceWith([
  { rule: get("/unary") },
  { rule: get("/server"), kind: "server" },
  { rule: post("/client", { body: "*" }), kind: "client" },
]);

/** Runs the three methods on the transcoder and on Connect's router; gives what each noted and answered. */
async function both(interceptorsOf: (notes: string[]) => Interceptor[]): Promise<[string[], string[]]> {
  const rest: string[] = [];
  const { handle } = createTranscoder((router) => router.service(service, implementation(rest) as never), {
    registry,
    interceptors: interceptorsOf(rest),
  });
  for (const [line, body] of [
    ["GET /unary?text=a", undefined],
    ["GET /server?text=a", undefined],
    ["POST /client", { text: "a" }],
  ] as const) {
    const answer = await answerOf(
      await handle(requestOf(line, { headers: { "x-in": "i" }, ...(body && { body }) })),
    );
    const trailers = { ...answer.headers, ...answer.response.trailers?.() };
    rest.push(`${answer.response.error?.rawMessage ?? answer.text.match(/\{"text":"[^"]*"\}/)?.[0]}`);
    rest.push(`header ${trailers["x-out"]} trailer ${trailers["trailer-x-out"]}`);
  }
  const connect: string[] = [];
  const transport = createRouterTransport(
    (router) => router.service(service, implementation(connect) as never),
    {
      router: { interceptors: interceptorsOf(connect) },
    },
  );
  const client = createClient(service as DescService, transport) as unknown as Client;
  for (const name of ["m0", "m1", "m2"]) connect.push(...(await viaConnect(client, name)));
  return [rest, connect];
}

async function viaConnect(client: Client, name: string): Promise<string[]> {
  let header: string | null = null;
  let trailer: string | null = null;
  const options = {
    headers: { "x-in": "i" },
    onHeader: (headers: Headers) => {
      header = headers.get("x-out");
    },
    onTrailer: (trailers: Headers) => {
      trailer = trailers.get("x-out");
    },
  };
  let outcome: string | undefined;
  try {
    const input = { text: "a" };
    const result = client[name]?.(name === "m2" ? single(input) : input, options);
    if (name !== "m1") outcome = text((await result) as AnyMessage);
    else for await (const message of result as AsyncIterable<AnyMessage>) outcome ??= text(message);
  } catch (error) {
    const { rawMessage, metadata } = ConnectError.from(error);
    outcome = rawMessage;
    header ??= metadata.get("x-out");
  }
  return [`${outcome}`, `header ${header ?? undefined} trailer ${trailer ?? undefined}`];
}

async function* single<T>(item: T): AsyncIterable<T> {
  yield item;
}

function text(message: AnyMessage): string {
  return JSON.stringify({ text: message["text"] });
}

function implementation(notes: string[]) {
  const see = (kind: string, { text: value }: AnyMessage, context: HandlerContext) => {
    notes.push(
      `${kind} ${value} ${context.requestHeader.get("x-in")} ${context.values.get(key)} ${context.service.typeName}`,
    );
    context.responseHeader.set("x-out", "method");
    context.responseTrailer.set("x-out", "method");
    return { text: `${value}!` };
  };
  return {
    m0: (request: AnyMessage, context: HandlerContext) => see("unary", request, context),
    async *m1(request: AnyMessage, context: HandlerContext) {
      yield see("server", request, context);
    },
    async m2(requests: AsyncIterable<AnyMessage>, context: HandlerContext) {
      for await (const request of requests) return see("client", request, context);
      return {};
    },
  };
}

const note =
  (notes: string[], name: string): Interceptor =>
  (next) =>
  async (request) => {
    notes.push(`${name} in ${request.stream} ${request.method.name} ${request.service.typeName}`);
    const response = await next(request);
    notes.push(`${name} out ${response.stream} ${response.header.get("x-out")}`);
    return response;
  };

const cases: [name: string, interceptors: (notes: string[]) => Interceptor[]][] = [
  ["without interceptors", () => []],
  ["the first interceptor is the outermost", (notes) => [note(notes, "one"), note(notes, "two")]],
  [
    "an interceptor changes request headers and context values",
    () => [
      (next) => async (request) => {
        request.header.set("x-in", "changed");
        request.contextValues.set(key, "set");
        return await next(request);
      },
    ],
  ],
  [
    "an interceptor passes a changed copy of the request",
    () => [
      (next) => async (request) => {
        const header = new Headers({ "x-in": "copied" });
        if (request.stream) return await next({ ...request, header });
        return await next({
          ...request,
          header,
          message: { ...(request.message as Message), text: "other" } as never,
        });
      },
    ],
  ],
  [
    "an interceptor replaces response headers and trailers",
    () => [
      (next) => async (request) => {
        const response = await next(request);
        const header = new Headers(response.header);
        header.set("x-out", "new");
        const trailer = new Headers(response.trailer);
        trailer.set("x-out", "newer");
        return { ...response, header, trailer };
      },
    ],
  ],
  [
    "an interceptor refuses",
    () => [
      () => async () => {
        throw new ConnectError("refused", Code.PermissionDenied, { "x-out": "refusal" });
      },
    ],
  ],
  [
    "an interceptor replaces the answer",
    () => [
      (next) => async (request) => {
        const response = await next(request);
        if (response.stream) return response;
        return { ...response, message: { ...(response.message as Message), text: "replaced" } as never };
      },
    ],
  ],
];

suite("Interceptors and contexts are those of Connect", () => {
  for (const [name, interceptors] of cases) {
    test(name, async () => {
      const [rest, connect] = await both(interceptors);
      assert.deepEqual(rest, connect);
      assert.ok(rest.length >= 6);
    });
  }

  test("the context of a method", async () => {
    let context: HandlerContext | undefined;
    const answer = (_request: never, own: HandlerContext) => {
      context = own;
      return {};
    };
    const contextValues = createContextValues().set(key, "host");
    const { call } = serve([{ rule: get("/v1"), answer }]);
    await call("GET /v1?text=%41", { headers: { host: "api.example" }, contextValues });
    assert.equal(context?.url, "http://api.example/v1?text=%41");
    assert.equal(context?.protocolName, "rest");
    assert.equal(context?.requestMethod, "GET");
    assert.equal(context?.method.name, "M0");
    assert.equal(context?.service.name, "TestService");
    assert.equal(context?.timeoutMs(), undefined);
    assert.equal(context?.values.get(key), "host");
  });

  test("a request gate runs before the body is read", async () => {
    let read = false;
    const body = (async function* () {
      read = true;
      yield Buffer.from("{}");
    })();
    const { call } = serve([post("/v1", { body: "*" })], {
      requestGate: ({ requestHeader }) => {
        if (requestHeader.get("x-token") === null) throw new ConnectError("who?", Code.Unauthenticated);
      },
    });
    assert.equal((await call("POST /v1", { body })).status, 401);
    assert.equal(read, false);
    assert.equal((await call("POST /v1", { body, headers: { "x-token": "t" } })).status, 200);
  });

  test("options of a registration win over those of the transcoder", async () => {
    const one = serviceWith([{ rule: post("/v1", { body: "*" }) }]);
    const { handle } = createTranscoder(
      (router) => router.service(one, { m0: (request: Message) => request } as never, { readMaxBytes: 5 }),
      { readMaxBytes: 1 },
    );
    assert.equal((await handle(requestOf("POST /v1", { body: "{}" }))).status, 200);
    assert.equal((await handle(requestOf("POST /v1", { body: "{    }" }))).status, 413);
  });

  test("rpc() registers one method; a method without implementation is 501", async () => {
    const two = serviceWith([{ rule: get("/a") }, { rule: get("/b") }]);
    const single = createTranscoder((router) =>
      router.rpc(two.methods[0] as never, (() => ({ text: "a" })) as never),
    );
    assert.equal((await handleText(single.handle, "GET /a")).text, '{"text":"a"}');
    assert.equal((await handleText(single.handle, "GET /b")).status, 404);
    const partial = createTranscoder((router) => router.service(two, {}));
    assert.equal((await handleText(partial.handle, "GET /a")).status, 501);
  });

  test("an implementation keeps its this", async () => {
    class Implementation {
      readonly #text = "mine";
      m0(): object {
        return { text: this.#text };
      }
    }
    const one = serviceWith([{ rule: get("/a") }]);
    const { handle } = createTranscoder((router) => router.service(one, new Implementation() as never));
    assert.equal((await handleText(handle, "GET /a")).text, '{"text":"mine"}');
  });
});

async function handleText(handle: ReturnType<typeof createTranscoder>["handle"], line: string) {
  return await answerOf(await handle(requestOf(line)));
}

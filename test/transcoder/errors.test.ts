import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { create, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { AnySchema, DurationSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus } from "@connectrpc/connect/protocol-connect";
import { BadRequestSchema, RetryInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { httpStatusOfCode, TranscodingError, transcodingReasons } from "../../src/transcoder/index.ts";
import { get, post, serve } from "./harness.ts";

const failing = (thrown: unknown, options: Parameters<typeof serve>[1] = {}) =>
  serve(
    [
      {
        rule: get("/v1"),
        answer: () => {
          throw thrown;
        },
      },
    ],
    options,
  ).call("GET /v1");

suite("15. Errors", () => {
  const codes = Object.values(Code).filter((code): code is Code => typeof code === "number");
  for (const code of codes) {
    test(`${Code[code]} is ${httpStatusOfCode[code]}, as in Connect`, async () => {
      const answer = await failing(new ConnectError("text", code));
      assert.equal(answer.status, codeToHttpStatus(code));
      assert.equal(answer.headers["content-type"], "application/json");
      assert.deepEqual(answer.json, { code, message: "text", details: [] });
    });
  }

  const hidden: [name: string, thrown: unknown, status: number][] = [
    ["an Error", new Error("secret"), 500],
    ["a TypeError", new TypeError("secret"), 500],
    ["a string", "secret", 500],
    ["undefined", undefined, 500],
    ["an object", { code: 5, message: "secret" }, 500],
    ["an AbortError of something else", new DOMException("secret", "AbortError"), 500],
    ["a wrapped Error", ConnectError.from(new Error("secret")), 500],
  ];
  for (const [name, thrown, status] of hidden) {
    test(`the text of ${name} is hidden`, async () => {
      const answer = await failing(thrown);
      assert.equal(answer.status, status);
      assert.doesNotMatch(answer.text, /secret/);
      assert.equal(answer.response.error?.cause, thrown instanceof ConnectError ? thrown.cause : thrown);
    });
  }

  const seconds = create(DurationSchema, { seconds: 3n });
  const details: [name: string, detail: ConnectError["details"][number], expected: JsonValue][] = [
    [
      "a message",
      { desc: RetryInfoSchema, value: { retryDelay: seconds } },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "3s" },
    ],
    [
      "a well-known type",
      { desc: DurationSchema, value: seconds },
      { "@type": "type.googleapis.com/google.protobuf.Duration", value: "3s" },
    ],
    [
      "a type of the registry",
      { type: "google.protobuf.Duration", value: toBinary(DurationSchema, seconds) },
      { "@type": "type.googleapis.com/google.protobuf.Duration", value: "3s" },
    ],
    [
      "an unknown type",
      { type: "a.B", value: Uint8Array.of(1, 2) },
      { "@type": "type.googleapis.com/a.B", value: "AQI=" },
    ],
    [
      "bytes that do not decode",
      { type: "google.protobuf.Duration", value: Uint8Array.of(255) },
      { "@type": "type.googleapis.com/google.protobuf.Duration", value: "/w==" },
    ],
  ];
  for (const [name, detail, expected] of details) {
    test(`a detail that is ${name}`, async () => {
      const error = new ConnectError("text", Code.Internal);
      error.details.push(detail);
      assert.deepEqual((await failing(error)).json, { code: 13, message: "text", details: [expected] });
    });
  }

  test("metadata of an error become headers", async () => {
    const error = new ConnectError("text", Code.NotFound, { "x-a": "1", "content-length": "99" });
    const { headers } = await failing(error);
    assert.equal(headers["x-a"], "1");
    assert.equal(headers["content-length"], undefined);
  });

  test("encodeError renders an error, or leaves it", async () => {
    const options: Parameters<typeof serve>[1] = {
      encodeError: (error, { target }) =>
        error.code === Code.NotFound
          ? { status: 410, contentType: "text/plain", body: `gone: ${target}`, headers: { "x-a": "1" } }
          : undefined,
    };
    const own = await failing(new ConnectError("text", Code.NotFound), options);
    assert.deepEqual(
      [own.status, own.text, own.headers["content-type"], own.headers["x-a"]],
      [410, "gone: /v1", "text/plain", "1"],
    );
    assert.equal((await failing(new ConnectError("text", Code.Internal), options)).status, 500);
  });

  test("an encodeError that fails, and a detail that has no JSON, still leave an answer", async () => {
    const error = new ConnectError("text", Code.NotFound);
    const noJson = {
      desc: AnySchema,
      value: { typeUrl: "type.googleapis.com/none.Such", value: Uint8Array.of(1) },
    };
    error.details.push(noJson, { desc: DurationSchema, value: seconds });
    const answer = await failing(error, {
      encodeError: () => {
        throw new Error("secret");
      },
    });
    assert.equal(answer.status, 404);
    assert.equal((answer.json as { details: unknown[] }).details.length, 1);
  });

  test("what the transcoder refuses names the field and a reason for programs", async () => {
    const { call } = serve([post("/v1", { body: "book" })]);
    const { response, json } = await call("POST /v1?int32=x", { body: "{}" });
    const { error } = response;
    assert.ok(error instanceof TranscodingError && error instanceof ConnectError);
    assert.deepEqual([error.reason, error.httpStatus, error.fieldPath], ["invalid_query", 400, "int32"]);
    assert.equal(error.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field, "int32");
    assert.deepEqual((json as { details: JsonValue }).details, [
      {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        fieldViolations: [{ field: "int32", description: "must be a 32-bit integer, in decimal" }],
      },
    ]);
    assert.ok(!(new ConnectError("x") instanceof TranscodingError));
  });

  test("every reason says its status", () => {
    for (const [reason, { httpStatus, code }] of Object.entries(transcodingReasons)) {
      const error = new TranscodingError(reason as keyof typeof transcodingReasons, "text");
      assert.deepEqual([error.httpStatus, error.code, error.rawMessage], [httpStatus, code, "text"]);
    }
  });
});

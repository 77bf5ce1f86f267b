import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type ErrorId,
  type ErrorRow,
  errorTable,
  type Outcome,
  ServiceError,
  serviceError,
} from "../src/errors.ts";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../src/gen/google/rpc/error_details_pb.ts";
import { statusBody } from "../src/request/render-error.ts";
import { readSourceFiles } from "./support/source-files.ts";
import { documents } from "./tools/documents.ts";
import { fromRoot } from "./tools/repository.ts";

const rows = Object.entries(errorTable) as [ErrorId, ErrorRow][];

/** HTTP statuses that say the same as a code (the table of google.rpc.Code, and what only HTTP can tell apart). */
const statusesOfCode: Partial<Record<Code, readonly number[]>> = {
  [Code.InvalidArgument]: [400, 406, 414, 415, 431],
  [Code.Unauthenticated]: [401],
  [Code.PermissionDenied]: [403],
  [Code.NotFound]: [404],
  [Code.AlreadyExists]: [409],
  [Code.Aborted]: [409],
  [Code.FailedPrecondition]: [400],
  [Code.Unimplemented]: [404, 405, 415, 501],
  [Code.DeadlineExceeded]: [408, 504],
  [Code.ResourceExhausted]: [413, 429],
  [Code.Canceled]: [499],
  [Code.Internal]: [500, 502],
  [Code.Unavailable]: [503, 504],
};

const outcomeOfStatus: Readonly<Record<number, readonly Outcome[]>> = {
  401: ["unauthenticated"],
  403: ["denied"],
  404: ["not_found", "invalid"],
  429: ["limited"],
  499: ["cancelled"],
  501: ["invalid"],
};

suite("every row", () => {
  for (const [id, row] of rows) {
    test(id, () => {
      assert.match(id, /^[a-z]+(?:_[a-z]+)*$/);
      assert.ok(statusesOfCode[row.rpc]?.includes(row.http), `${Code[row.rpc]} and HTTP ${row.http}`);
      const outcomes = outcomeOfStatus[row.http] ?? (row.http < 500 ? ["invalid"] : ["failed"]);
      assert.ok(outcomes.includes(row.outcome), `HTTP ${row.http} and outcome ${row.outcome}`);
    });

    test(`${id} is a French sentence`, () => {
      assert.match(row.message, /^[A-ZÀÉ].*\.$/);
      assert.match(row.message, /\b(?:le|la|les|l'|un|une|aucun|d'|du|de|des|n'|s'|est|cette)/i);
      assert.doesNotMatch(row.message, /\b(?:the|is|are|not|invalid|missing|request|error|token|please)\b/i);
      // French typography: a space stands before a double sign, which the name of a header has not.
      const sentence = row.message.replace("Authorization: Bearer", "");
      assert.doesNotMatch(sentence, /"|[^ ][:;!?](?: |$)/);
    });

    test(`${id} is raised somewhere`, () => assert.ok(isRaised(id), "no source names it: drop the row"));
  }
});

const raised = readSourceFiles("src")
  .filter(({ path }) => path !== "src/error-table.ts")
  .map(({ code }) => code)
  .join("\n");

function isRaised(id: string): boolean {
  return raised.includes(`"${id}"`);
}

test("messages differ", () => {
  const messages = rows.map(([, { message }]) => message);
  assert.equal(new Set(messages).size, messages.length);
});

suite("serviceError", () => {
  test("tells programs the reason, and people the message with its hint", () => {
    const error = serviceError("student_not_found", { hint: "Précisez le lieu.", metadata: { a: "b" } });
    assert.ok(error instanceof ServiceError && error instanceof ConnectError);
    assert.equal(error.code, Code.NotFound);
    assert.equal(error.rawMessage, `${errorTable.student_not_found.message} Précisez le lieu.`);
    const [info] = error.findDetails(ErrorInfoSchema);
    assert.deepEqual(
      { reason: info?.reason, domain: info?.domain, metadata: info?.metadata },
      { reason: "STUDENT_NOT_FOUND", domain: "statutetudiant", metadata: { a: "b" } },
    );
  });

  test("names bad fields", () => {
    const violations = [
      { field: "ine", description: "est absent", rule: "string.ine" },
      { field: "b", description: "c" },
    ];
    const [bad] = serviceError("invalid_request", { violations }).findDetails(BadRequestSchema);
    assert.deepEqual(
      bad?.fieldViolations.map(({ field, description, reason }) => ({ field, description, reason })),
      [
        { field: "ine", description: "est absent", reason: "string.ine" },
        { field: "b", description: "c", reason: "" },
      ],
    );
  });

  test("tells when to come back, in whole milliseconds and never too early", () => {
    const [retry] = serviceError("rate_limited", { retryAfterMs: 1234.2 }).findDetails(RetryInfoSchema);
    assert.deepEqual([retry?.retryDelay?.seconds, retry?.retryDelay?.nanos], [1n, 235_000_000]);
  });

  test("keeps its cause to itself", () => {
    const error = serviceError("internal", { cause: new Error("s3cr3t") });
    assert.equal((error.cause as Error).message, "s3cr3t");
    assert.doesNotMatch(Buffer.from(statusBody(error)).toString(), /s3cr3t/);
    assert.doesNotMatch(error.message, /s3cr3t/);
  });

  test("is told from other errors", () => {
    const others: unknown[] = [
      new Error("a"),
      new ConnectError("a", Code.NotFound),
      { row: 1, options: 2 },
      undefined,
    ];
    for (const other of others) assert.equal(other instanceof ServiceError, false);
  });
});

test("docs/errors.md says the same", () => {
  const path = "docs/errors.md";
  assert.ok(readFileSync(fromRoot(path), "utf8") === documents[path]?.(), "run `npm run docs`");
});

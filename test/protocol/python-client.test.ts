// A partner's client in another language: Python stubs that protoc generates from the contracts as they are.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { type RunningService, startService } from "../support/service.ts";
import { assertWhole, unlimited } from "../support/whole-service.ts";
import { fromRoot, requireProgram } from "../tools/repository.ts";

const run = promisify(execFile);
const python = "/usr/bin/python3";
let service: RunningService;
let stubs: string;

before(async () => {
  service = await startService({ environment: unlimited });
  stubs = await mkdtemp(join(tmpdir(), "statut-python-"));
  await run(process.execPath, [fromRoot("test/tools/vendor-protos.ts")]);
  // As buf resolved them, with the types of Google's own package, which protoc would seek in the system.
  const image = join(stubs, "image.binpb");
  requireProgram("buf", ["build", "--output", image]);
  const protos = ["proto", "third_party"].flatMap((folder) => {
    const pattern = "{statutetudiant,google,buf}/**/*.proto";
    return globSync(pattern, { cwd: fromRoot(folder) });
  });
  await run("protoc", [
    "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
    ...[`--descriptor_set_in=${image}`, `--python_out=${stubs}`, `--grpc_python_out=${stubs}`],
    ...protos,
  ]);
});
after(async () => {
  await service[Symbol.asyncDispose]();
  await rm(stubs, { recursive: true, force: true });
});

test("Python: answers, errors and their details", async () => {
  const script = fromRoot("test/protocol/python-client.py");
  const env = { ...process.env, PYTHONPATH: stubs, PYTHONDONTWRITEBYTECODE: "1" };
  const { stdout } = await run(python, [script, String(service.port), service.token], { env });
  const { request_id, not_found, invalid, no_token, days, ...answers } = JSON.parse(stdout);
  assert.match(request_id, /^[0-9a-f-]{36}$/);
  assert.ok(days >= 1);
  assert.deepEqual(answers, {
    by_ine: "AUTORBB",
    registered_is_told: true,
    by_identity: "BECKER",
    partner: "99999999900017",
  });
  assert.match(not_found.message, /Aucun étudiant/);
  assert.deepEqual(
    [not_found.code, not_found.status, not_found.reason],
    ["NOT_FOUND", 5, "STUDENT_NOT_FOUND"],
  );
  assert.deepEqual([invalid.code, invalid.fields], ["INVALID_ARGUMENT", ["ine", "recipient", "on_date"]]);
  assert.deepEqual([no_token.code, no_token.reason], ["UNAUTHENTICATED", "TOKEN_MISSING"]);
});

test("the service lives, its journal is whole", () => assertWhole(service));

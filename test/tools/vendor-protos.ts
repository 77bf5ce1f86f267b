// Fills third_party/ (ignored by git) with the foreign contracts that ours import, from the npm packages that
// run: the copies can then never differ from the versions in the lockfile. `npm run protos` calls it first.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { printProtoFile } from "./print-proto-file.ts";
import { fromRoot } from "./repository.ts";

const target = fromRoot("third_party");

const copies: Record<string, string> = {
  "google/api/annotations.proto": "google-gax/build/protos/google/api/annotations.proto",
  "google/api/http.proto": "google-gax/build/protos/google/api/http.proto",
  "google/api/httpbody.proto": "google-gax/build/protos/google/api/httpbody.proto",
  "google/rpc/code.proto": "google-gax/build/protos/google/rpc/code.proto",
  "google/rpc/error_details.proto": "google-gax/build/protos/google/rpc/error_details.proto",
  "google/rpc/status.proto": "google-gax/build/protos/google/rpc/status.proto",
  "grpc/health/v1/health.proto": "grpc-health-check/proto/health/v1/health.proto",
  "grpc/reflection/v1/reflection.proto": "@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto",
  "grpc/reflection/v1alpha/reflection.proto":
    "@grpc/reflection/build/proto/grpc/reflection/v1alpha/reflection.proto",
};

const wanted = new Map<string, string>([
  ["buf/validate/validate.proto", printProtoFile(file_buf_validate_validate.proto)],
]);
for (const [to, from] of Object.entries(copies)) {
  wanted.set(to, readFileSync(fromRoot("node_modules", from), "utf8"));
}

for (const path of globSync("**/*.proto", { cwd: target })) {
  if (!wanted.has(path)) rmSync(join(target, path));
}
// A file that is right stays untouched: whoever reads it at this moment must not find it half-written.
for (const [path, content] of wanted) {
  const file = join(target, path);
  if (existsSync(file) && readFileSync(file, "utf8") === content) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

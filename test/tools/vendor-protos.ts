// Fills third_party/ (ignored by git) with the foreign contracts that ours import, from the npm packages that
// run: the copies can then never differ from the versions in the lockfile. `npm run protos` calls it first.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { printProtoFile } from "./print-proto-file.ts";

const root = join(import.meta.dirname, "../..");
const target = join(root, "third_party");

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

rmSync(target, { recursive: true, force: true });
for (const [to, from] of Object.entries(copies)) {
  cpSync(join(root, "node_modules", from), join(target, to), { recursive: true });
}
const validate = join(target, "buf/validate/validate.proto");
mkdirSync(dirname(validate), { recursive: true });
writeFileSync(validate, printProtoFile(file_buf_validate_validate.proto));

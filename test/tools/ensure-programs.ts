// Makes sure that the programs which the tests run are there: as root on Debian it installs what is missing,
// elsewhere it fails with the command that does.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { runProgram } from "./repository.ts";

interface Requirement {
  readonly packages: readonly string[];
  readonly command: readonly [program: string, ...arguments_: string[]];
}

const requirements: readonly Requirement[] = [
  { packages: ["git"], command: ["git", "--version"] },
  { packages: ["redis-server"], command: ["redis-server", "--version"] },
  { packages: ["nginx"], command: ["/usr/sbin/nginx", "-v"] },
  { packages: ["curl"], command: ["curl", "--version"] },
  { packages: ["strace"], command: ["strace", "--version"] },
  { packages: ["chromium"], command: ["chromium", "--version"] },
  { packages: ["python3-grpcio"], command: ["/usr/bin/python3", "-c", "import grpc"] },
  { packages: ["python3-protobuf"], command: ["/usr/bin/python3", "-c", "import google.protobuf"] },
  // The compiler inside python3-grpc-tools is older than `optional` in proto3.
  { packages: ["protobuf-compiler"], command: ["protoc", "--version"] },
  { packages: ["protobuf-compiler-grpc"], command: ["sh", "-c", "command -v grpc_python_plugin"] },
];

function findMissing(): string[] {
  return requirements.filter(({ command }) => !works(command)).flatMap(({ packages }) => packages);
}

function works([program, ...arguments_]: Requirement["command"]): boolean {
  try {
    return runProgram(program, arguments_).status === 0;
  } catch {
    return false;
  }
}

/** Runs apt-get and shows what it prints. */
function aptGet(...arguments_: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const stdio = ["ignore", "inherit", "inherit"] as const;
  return spawnSync("apt-get", ["--quiet", "--yes", ...arguments_], { env, stdio: [...stdio] }).status === 0;
}

const missing = findMissing();
if (missing.length > 0) {
  const install = ["install", "--no-install-recommends", ...missing];
  const canInstall = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  const still = canInstall && aptGet("update") && aptGet(...install) ? findMissing() : missing;
  if (still.length > 0) {
    process.stderr.write(`missing programs. On Debian: sudo apt-get ${install.join(" ")}\n`);
    process.exitCode = 1;
  }
}

// Starts `statut` with what its last start has left compiled. It is JavaScript since the file that a process begins with
// is read before that can be looked up: types here would load the compiler that strips them, 0.15 s of each start.
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// It lies beside the code and is trusted as it is. Where nothing may be written there, starts stay slow;
// NODE_COMPILE_CACHE names another place. It stands in the environment because threads look there: without it each would load that compiler.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "../node_modules/.cache/compile");
enableCompileCache();
await import("./cli/statut.ts");

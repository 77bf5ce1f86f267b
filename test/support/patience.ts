// Loaded into a process whose test does not ask how fast it is: nothing that comes at all comes too late. A limit catches
// what hangs.
import { waitLimits } from "../../src/storage/wait-limits.ts";

const hangMs = 30_000;

Object.assign(waitLimits, Object.fromEntries(Object.keys(waitLimits).map((name) => [name, hangMs])));

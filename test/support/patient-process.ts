// Loaded into a process whose test does not ask how fast it is: nothing that comes at all comes too late. A limit catches
// what hangs. `?punctual=NAME` leaves one limit as it is.
import { waitLimits } from "../../src/wait-limits.ts";

const hangMs = 30_000;
/** Less than a call may take before its connection is cut: tests ask a FranceConnect, and a journal, that hang. */
const [franceConnectMs, traceMs] = [6000, 6000];

const punctual = new URL(import.meta.url).searchParams.get("punctual");
const hangs = Object.fromEntries(Object.keys(waitLimits).map((name) => [name, hangMs]));
const patient = { ...hangs, franceConnectMs, traceMs };
Object.assign(waitLimits, Object.fromEntries(Object.entries(patient).filter(([name]) => name !== punctual)));

// Microseconds of CPU per handle() of the transcoder alone: `node test/bench/transcoder.ts`. No network, a method that only
// answers; what remains is matching, reading, invoking and writing.
import type { Interceptor } from "@connectrpc/connect";
import { LookupService } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { createTranscoder, type TranscoderRequest } from "../../src/transcoder/index.ts";

const rounds = 7;
const callsPerRound = 20_000;

const student = {
  identity: { birthName: "DUPONT", givenNames: ["Marie", "Anne"], birthDate: "2001-04-12" },
  admissions: [
    {
      startDate: "2025-09-01",
      endDate: "2026-08-31",
      registered: true,
      regime: { code: "RF1", label: "formation initiale" },
      communeCog: "35238",
      institution: { uai: "0350936C", name: "Université de Rennes" },
    },
  ],
};

const headers = {
  host: "127.0.0.1:8080",
  authorization: "Bearer token",
  accept: "*/*",
  "accept-encoding": "gzip, br",
  "user-agent": "bench",
};
const identity = { birthName: "DUPONT", givenNames: ["Marie"], birthDate: "2001-04-12", sex: "SEX_FEMALE" };
const signal = new AbortController().signal;
const request = (httpMethod: string, target: string, body?: object): TranscoderRequest => ({
  httpMethod,
  target,
  headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
  body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
  signal,
});

const get = request("GET", "/v1/students/1234567890A?recipient=13002526500013");
const post = request("POST", "/v1/students:lookupByIdentity", { ...identity, recipient: "13002526500013" });
const missing = request("GET", "/v1/nothing");

const pass: Interceptor = (next) => (call) => next(call);
const transcoder = (answer: object, interceptors: Interceptor[] = []) =>
  createTranscoder(
    (router) => router.service(LookupService, { lookupByIne: () => answer, lookupByIdentity: () => answer }),
    { interceptors },
  );

/** Microseconds of CPU per call, the median of the rounds: on a busy machine the clock says little. */
async function measure({ handle }: ReturnType<typeof transcoder>, call: TranscoderRequest): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    for (let count = 0; count < callsPerRound; count++) await handle(call);
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / callsPerRound);
  }
  return times.sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
}

const cases: [name: string, transcoder: ReturnType<typeof transcoder>, request: TranscoderRequest][] = [
  ["GET, two string fields, empty answer", transcoder({}), get],
  ["GET, two string fields, a student", transcoder({ student }), get],
  ["POST JSON, five fields, empty answer", transcoder({}), post],
  ["POST JSON, five fields, a student", transcoder({ student }), post],
  ["GET through one interceptor, empty answer", transcoder({}, [pass]), get],
  ["GET that matches nothing: 404", transcoder({}), missing],
];
for (const [name, subject, call] of cases) {
  console.log(`${(await measure(subject, call)).toFixed(2).padStart(7)} µs  ${name}`);
}

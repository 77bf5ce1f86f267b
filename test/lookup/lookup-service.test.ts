import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { createHandlerContext, type HandlerContext } from "@connectrpc/connect";
import { type ErrorId, ServiceError } from "../../src/errors.ts";
import {
  LookupByIdentityRequestSchema,
  LookupByIneRequestSchema,
  LookupService,
  Sex,
  type Student as StudentMessage,
} from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { createCommuneDirectory } from "../../src/identity/communes.ts";
import { createLookup } from "../../src/lookup/lookup.ts";
import { createLookupService } from "../../src/lookup/lookup-service.ts";
import { createLookUpUser } from "../../src/lookup/lookup-user.ts";
import { lookupScopes } from "../../src/lookup/scopes.ts";
import { createInstitutionDirectory } from "../../src/referential/institution-storage.ts";
import type { Student, StudentStorage } from "../../src/referential/student.ts";
import { createStudentStorage } from "../../src/referential/student-storage.ts";
import { type Call, openCall } from "../../src/request/call.ts";
import { contextOf } from "../../src/request/context-of.ts";
import { renderError } from "../../src/request/render-error.ts";
import { insertStudents, openReferential, type Referential } from "./referential-rows.ts";

const clock = { now: () => Date.parse("2026-11-23T10:00:00Z"), monotonic: () => 0 };
const recipient = "13002526500013";
const communes = createCommuneDirectory();
let referential: Referential;
let service: ReturnType<typeof createLookupService>;
/** Queries of the referential so far. */
let queries = 0;

const base: Student = {
  ine: "951242368CR",
  birthName: "DUPRÉ",
  usualName: undefined,
  givenNames: ["JEAN"],
  birthDate: "2001-05-12",
  sex: "M",
  birthplaceCog: "75113",
  admissions: [],
};

before(async () => {
  referential = await openReferential.sqlite();
  await insertStudents(referential.database, [
    base,
    { ...base, ine: "0000000001A", birthName: "MARTIN" },
    { ...base, ine: "0000000002A", birthName: "MARTIN" },
    { ...base, ine: "0000000003A", birthName: "ROY", usualName: "BERNARD" },
    { ...base, ine: "0000000004A", birthName: "LEROY", usualName: "BERNARD" },
  ]);
  const storage = createStudentStorage(referential.database);
  const counting = <Name extends keyof StudentStorage>(name: Name): StudentStorage[Name] =>
    ((...values: Parameters<StudentStorage[Name]>) => {
      queries += 1;
      return (storage[name] as (...values: unknown[]) => unknown)(...values);
    }) as StudentStorage[Name];
  const students: StudentStorage = {
    findByIne: counting("findByIne"),
    findBornOn: counting("findBornOn"),
    findByBirthName: counting("findByBirthName"),
    findByUsualName: counting("findByUsualName"),
  };
  const institutions = createInstitutionDirectory(referential.database, clock);
  const useCases = createLookup({ students, institutions, clock, window: "all" });
  service = createLookupService(useCases, communes, createLookUpUser(useCases, undefined));
  await communes.load();
});
after(() => referential.close());

function openCallWith(scopes: Iterable<string>): Call {
  const call = openCall("request", clock.now(), "127.0.0.1");
  call.caller = {
    tokenId: "token",
    procedureId: "procedure",
    procedureName: "Bourses",
    partnerId: "partner",
    partnerSiret: recipient,
    partnerName: "Ville",
    scopes: new Set(scopes),
    callsPerSecond: undefined,
    validFrom: 0,
    expiresAt: Number.MAX_SAFE_INTEGER,
    allowedNetworks: [],
  };
  return call;
}

function contextFor(call: Call): HandlerContext {
  return createHandlerContext({
    service: LookupService,
    method: LookupService.method.lookupByIne,
    protocolName: "connect",
    requestMethod: "POST",
    url: "http://localhost/",
    contextValues: contextOf(call),
  });
}

const allScopes = Object.keys(lookupScopes);

async function byIne(
  values: MessageInitShape<typeof LookupByIneRequestSchema>,
  call = openCallWith(allScopes),
) {
  const request = create(LookupByIneRequestSchema, { recipient, ...values });
  return (await service.lookupByIne(request, contextFor(call))) as { student: StudentMessage };
}

async function byIdentity(
  values: MessageInitShape<typeof LookupByIdentityRequestSchema>,
  call = openCallWith(allScopes),
) {
  const request = create(LookupByIdentityRequestSchema, {
    birthName: "Dupré",
    givenNames: ["Jean"],
    birthDate: "2001-05-12",
    sex: Sex.MALE,
    recipient,
    ...values,
  });
  return (await service.lookupByIdentity(request, contextFor(call))) as { student: StudentMessage };
}

async function refusal(id: ErrorId, answer: Promise<unknown>): Promise<ServiceError> {
  const error = await answer.then(
    () => assert.fail(`answered, and not ${id}`),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof ServiceError, String(error));
  assert.equal(error.id, id);
  return error;
}

test("by INE: the answer, and the trace of whose data left", async () => {
  const call = openCallWith(allScopes);
  const { student } = await byIne({ ine: "951242368cr", agent: "agent 7" }, call);
  assert.equal(student.identity?.birthName, "DUPRÉ");
  const { trace } = call;
  assert.deepEqual(
    [trace.recipient, trace.agent, trace.ine, trace.finding],
    [recipient, "agent 7", "951242368CR", "one"],
  );
});

test("by INE: nobody; the number that was asked for is in the trace", async () => {
  const call = openCallWith(allScopes);
  const error = await refusal("student_not_found", byIne({ ine: "000000000zz" }, call));
  assert.equal(call.trace.ine, "000000000ZZ");
  assert.equal(call.trace.finding, "none");
  assert.ok(!error.message.includes("000000000"));
});

test("by identity: the trace holds the number of the student who was found", async () => {
  const call = openCallWith(["mesri_admissions"]);
  const { student } = await byIdentity({ birthplaceCog: "75113" }, call);
  assert.equal(student.identity, undefined, "masked");
  assert.deepEqual([call.trace.ine, call.trace.finding, call.trace.agent], ["951242368CR", "one", undefined]);
});

test("by identity: a city by name finds its districts", async () => {
  const { student } = await byIdentity({ birthCommuneName: "PARIS", birthDepartment: "75" });
  assert.equal(student.identity?.birthDate, "2001-05-12");
});

test("by identity: France as the birthplace narrows nothing, as on the public contract, and is still hinted at", async () => {
  const { student } = await byIdentity({ birthplaceCog: "99100" });
  assert.equal(student.identity?.birthName, "DUPRÉ");
  const error = await refusal(
    "student_not_found",
    byIdentity({ birthplaceCog: "99100", birthName: "MARTIN" }),
  );
  assert.match(error.message, /birthplace_cog/);
});

test("a token that could see nothing is refused before anything is read, and traced", async () => {
  for (const scopes of [[], ["mesri_admission_inscrit"], allScopes.slice(2), ["mesri_identifiant"]]) {
    const call = openCallWith(scopes);
    queries = 0;
    await refusal("scope_missing", byIne({ ine: "951242368CR", agent: "a" }, call));
    await refusal("scope_missing", byIdentity({ agent: "a" }, call));
    assert.equal(queries, 0);
    assert.deepEqual([call.trace.recipient, call.trace.agent], [recipient, "a"]);
  }
});

test("an unknown commune name names its field and reads nothing", async () => {
  queries = 0;
  const error = await refusal(
    "invalid_request",
    byIdentity({ birthCommuneName: "Nulle-Part", birthDepartment: "75" }),
  );
  assert.deepEqual(
    error.options.violations?.map(({ field }) => field),
    ["birth_commune_name"],
  );
  assert.ok(!JSON.stringify(error.options.violations).includes("Nulle"));
  assert.equal(queries, 0);
});

const protocols = ["grpc", "grpc-web", "connect", "connect-stream", "rest"] as const;

test("nobody and several people: the same bytes in every protocol, told apart by the trace alone", async () => {
  const optional: MessageInitShape<typeof LookupByIdentityRequestSchema>[] = [
    {},
    { birthplaceCog: "75113" },
    { givenNames: ["Jean", "Luc"] },
    { givenNames: ["Jean", "Luc"], birthCommuneName: "Paris", birthDepartment: "75" },
    { onDate: "2026-10-01" },
  ];
  for (const given of optional) {
    const rendered = [];
    for (const birthName of ["Nobody", "Martin", "Bernard"]) {
      const call = openCallWith(allScopes);
      const error = await refusal("student_not_found", byIdentity({ birthName, ...given }, call));
      assert.equal(call.trace.finding, birthName === "Nobody" ? "none" : "several");
      assert.equal(call.trace.ine, undefined);
      rendered.push(protocols.map((protocol) => wire(protocol, error)));
    }
    assert.deepEqual(rendered[1], rendered[0]);
    assert.deepEqual(rendered[2], rendered[0]);
  }
});

test("nobody and several people cost the same queries", async () => {
  const cost = async (birthName: string) => {
    queries = 0;
    await refusal("student_not_found", byIdentity({ birthName }));
    return queries;
  };
  assert.deepEqual([await cost("Nobody"), await cost("Martin"), await cost("Bernard")], [3, 3, 3]);
  queries = 0;
  await byIdentity({});
  assert.equal(queries, 1);
});

test("the hint names the optional parameters that were not given, whatever the data", async () => {
  const hint = async (given: MessageInitShape<typeof LookupByIdentityRequestSchema>) =>
    (await refusal("student_not_found", byIdentity({ birthName: "Nobody", ...given }))).options.hint;
  assert.match((await hint({})) ?? "", /given_names.*birthplace_cog/);
  assert.doesNotMatch((await hint({ birthplaceCog: "99138" })) ?? "", /birthplace/);
  assert.doesNotMatch((await hint({ givenNames: ["Jean", "Luc"] })) ?? "", /given_names/);
  assert.equal(await hint({ givenNames: ["Jean", "Luc"], birthplaceCog: "99138" }), undefined);
});

/** Status, headers and body as they leave. */
function wire(protocol: (typeof protocols)[number], error: ServiceError): unknown {
  const { status, headers, body } = renderError(protocol, error, undefined);
  assert.ok(body === undefined || body instanceof Uint8Array);
  return [status, headers, Buffer.from(body ?? []).toString("hex")];
}

// The one table of errors, walked on the four surfaces on which callers read it: versions 3 and 2 of the public
// contract, our own REST and gRPC. First every row through the renderers; then every row that a request can provoke,
// through the port.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import Database from "better-sqlite3";
import {
  type ErrorId,
  type ErrorRow,
  errorTable,
  type PublicRow,
  publicRow,
  serviceError,
} from "../../src/errors.ts";
import { version2Surface } from "../../src/particulier/version-2-surface.ts";
import { version3Surface } from "../../src/particulier/version-3-surface.ts";
import { nativeSurface } from "../../src/request/native-surface.ts";
import { renderError } from "../../src/request/render-error.ts";
import { openPublicPort, type PublicPort, recipient } from "./public-port.ts";
import { callGrpc } from "./raw-grpc.ts";

/** Those that these contracts have words for. */
const rows = (Object.entries(errorTable) as [ErrorId, ErrorRow][])
  .filter(([, row]) => row.v3 !== undefined)
  .map(([id, row]): [ErrorId, PublicRow] => [id, publicRow(row)]);

/** What the public contract fixes of version 3: status, code, title, source, meta, and details that it words. */
const documented: Partial<
  Record<ErrorId, [status: number, code: string, title: string, detail?: string, provider?: true]>
> = {
  token_missing: [401, "00101", "Interdit", "Votre token n'est pas valide ou n'est pas renseigné"],
  token_unknown: [401, "00101", "Interdit", "Votre token n'est pas valide ou n'est pas renseigné"],
  token_expired: [401, "00103", "Jeton expiré", "Votre token est expiré. Vous devez refaire une demande"],
  token_revoked: [401, "00105", "Jeton sur liste noire"],
  partner_suspended: [401, "00105", "Jeton sur liste noire"],
  scope_missing: [
    403,
    "00100",
    "Privilèges insuffisants",
    "Votre token est valide mais vos privilèges sont insuffisants. Listez vos privilèges sur /api/introspect",
  ],
  student_not_found: [
    404,
    "25003",
    "Entité non trouvée",
    "Aucun étudiant n'a pu être trouvé avec les critères de recherche fournis.",
    true,
  ],
  rate_limited: [429, "00429", "Trop de requêtes", "Vous avez effectué trop de requêtes"],
  service_saturated: [429, "00429", "Trop de requêtes", "Vous avez effectué trop de requêtes"],
  address_limited: [429, "00429", "Trop de requêtes", "Vous avez effectué trop de requêtes"],
};

suite("every row has its words on every surface", () => {
  for (const [id, row] of rows) {
    test(id, () => {
      const error = serviceError(id, { retryAfterMs: 1500 });
      assertVersion3(id, row, version3Surface.renderError(error, "/v3/x"));
      assertVersion2(row, version2Surface.renderError(error, "/api/x"));
      assertNative(id, row, nativeSurface.renderError(error, "/v1/x"));
      const grpc = renderError("grpc", error, "application/grpc+proto");
      assert.equal(grpc.status, 200);
      assert.equal(grpc.headers["grpc-status"], String(row.rpc));
      assert.equal(decodeURIComponent(String(grpc.headers["grpc-message"])), row.message);
    });
  }

  test("what these contracts have no words for reads as a failure of the service", () => {
    const error = serviceError("role_insufficient");
    assert.equal(version3Surface.renderError(error, "/v3/x").status, publicRow(errorTable.internal).v3.http);
    assert.equal(version2Surface.renderError(error, "/api/x").status, publicRow(errorTable.internal).v2.http);
  });

  test("errors that the framework makes have a row too", () => {
    const statuses = new Map([
      [Code.Canceled, [499, 499]],
      [Code.DeadlineExceeded, [504, 503]],
      [Code.InvalidArgument, [400, 400]],
      [Code.NotFound, [404, 404]],
      [Code.ResourceExhausted, [413, 413]],
      [Code.Unimplemented, [404, 404]],
      [Code.Unavailable, [504, 503]],
      [Code.Internal, [502, 500]],
      [Code.Unknown, [502, 500]],
    ]);
    for (const [code, expected] of statuses) {
      const error = new ConnectError("a text of the framework", code);
      const rendered = [version3Surface, version2Surface].map((surface) => surface.renderError(error, "/"));
      assert.deepEqual(
        rendered.map(({ status }) => status),
        expected,
        Code[code],
      );
      for (const { body } of rendered) assert.doesNotMatch(String(body), /framework/);
    }
  });
});

interface Version3Error {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly source: { readonly parameter: string } | null;
  readonly meta: Readonly<Record<string, unknown>>;
}

interface Rendered {
  readonly status: number;
  readonly body: string | Uint8Array;
}

function assertVersion3(id: ErrorId, row: PublicRow, { status, body }: Rendered): void {
  const { errors } = JSON.parse(String(body)) as { errors: Version3Error[] };
  const [error] = errors;
  assert.equal(errors.length, 1);
  assert.deepEqual(Object.keys(error ?? {}), ["code", "title", "detail", "source", "meta"]);
  const { code, title, detail, source, meta } = error as Version3Error;
  assert.match(code, /^(?:00|25)[0-9]{3}$/);
  assert.ok(String(title).length > 3 && String(detail).length > 20);
  assert.equal(status, row.v3.http);
  const [wantedStatus, wantedCode, wantedTitle, wantedDetail, provider] = documented[id] ?? [];
  if (wantedStatus !== undefined) {
    assert.deepEqual([status, code, title], [wantedStatus, wantedCode, wantedTitle]);
    if (wantedDetail !== undefined) assert.equal(detail, wantedDetail);
    assert.deepEqual(source, status === 401 || status === 403 ? { parameter: "token" } : null);
    if (provider !== true) assert.deepEqual(meta, {});
  }
  const wantedProvider = id.startsWith("france_connect_") ? "FranceConnect" : "MESRI";
  if (status === 502 || status === 504) assert.equal(meta["provider"], wantedProvider);
  if (code === "00501") assert.equal(meta["retry_in"], 2);
}

function assertVersion2(row: PublicRow, { status, body }: Rendered): void {
  const error = JSON.parse(String(body)) as Record<string, string>;
  assert.deepEqual(Object.keys(error), ["error", "reason", "message"]);
  assert.equal(status, row.v2.http);
  assert.equal(error["message"], row.message);
  const byStatus: Record<number, [name: string, reason?: string]> = {
    400: ["bad_request"],
    401: ["access_denied", "Token not found or inactive"],
    429: ["too_many_requests"],
    500: ["error", "Internal server error"],
    503: ["network_error"],
  };
  const [name, reason] = byStatus[status] ?? [];
  if (name !== undefined) assert.equal(error["error"], name);
  if (reason !== undefined) assert.equal(error["reason"], reason);
}

function assertNative(id: ErrorId, row: ErrorRow, { status, body }: Rendered): void {
  const error = JSON.parse(Buffer.from(body as Uint8Array).toString());
  assert.equal(status, row.http);
  assert.deepEqual([error.code, error.message], [row.rpc, row.message]);
  assert.equal(error.details[0].reason, id.toUpperCase());
}

/** How a request provokes an error, on each surface on which it can. */
interface Provocation {
  readonly headers?: (port: Kinds) => Record<string, string>;
  readonly v3?: Ask;
  readonly v2?: Ask;
  readonly native?: Ask;
  readonly grpc?: GrpcAsk;
}

type Ask = readonly [target: string, init?: RequestInit];
type GrpcAsk = readonly [path: string, message?: Uint8Array];
type Kinds = Readonly<Record<"whole" | Kind, string>>;
type Kind = "replaced" | "expired" | "future" | "revoked" | "suspended" | "elsewhere" | "powerless" | "slow";

const lookup = "/statutetudiant.lookup.v1.LookupService/LookupByIne";
const ask = {
  v3: [`/v3/mesri/statut_etudiant/ine?ine=951242368CR&recipient=${recipient}`],
  v2: ["/api/v2/etudiants?ine=951242368CR"],
  native: [`/v1/students/951242368CR?recipient=${recipient}`],
  grpc: [lookup, lookupByIne("951242368CR", recipient)],
} as const satisfies Provocation;

const withToken = (kind: keyof Kinds) => ({
  headers: (tokens: Kinds) => ({ authorization: `Bearer ${tokens[kind]}` }),
});
const more = (headers: Record<string, string>) => ({
  headers: (tokens: Kinds) => ({ authorization: `Bearer ${tokens.whole}`, ...headers }),
});
const post = (body: string, type = "application/json"): RequestInit => ({
  method: "POST",
  body,
  headers: { "content-type": type },
});
const suffixed = (suffix: string): Provocation => ({
  v3: [ask.v3[0] + suffix],
  v2: [ask.v2[0] + suffix],
  native: [ask.native[0] + suffix],
  grpc: [`${lookup}?x=1${suffix}`, ask.grpc[1]],
});
const byIdentity = "/v1/students:lookupByIdentity";

const provocations: Partial<Record<ErrorId, Provocation>> = {
  invalid_request: {
    v3: ["/v3/mesri/statut_etudiant/ine?ine=95"],
    v2: ["/api/v2/etudiants?ine=95"],
    native: [`/v1/students/95?recipient=${recipient}`],
    grpc: [lookup, lookupByIne("95", recipient)],
  },
  unreadable_request: { native: [byIdentity, post("{")], grpc: [lookup, Uint8Array.of(0x0a, 0xff)] },
  token_in_url: suffixed("&access_token=abc"),
  token_missing: { ...ask, headers: () => ({}) },
  token_unknown: { ...ask, headers: () => ({ authorization: "Bearer quelconque-quelconque" }) },
  token_not_yet_valid: { ...ask, ...withToken("future") },
  token_expired: { ...ask, ...withToken("expired") },
  token_revoked: { ...ask, ...withToken("revoked") },
  secret_replaced: { ...ask, ...withToken("replaced") },
  partner_suspended: { ...ask, ...withToken("suspended") },
  address_refused: { ...ask, ...withToken("elsewhere") },
  scope_missing: { ...ask, ...withToken("powerless") },
  browser_refused: { ...ask, ...more({ origin: "https://exemple.fr" }) },
  student_not_found: {
    v3: [ask.v3[0].replace("951242368CR", "00000000000")],
    v2: [ask.v2[0].replace("951242368CR", "00000000000")],
    native: [ask.native[0].replace("951242368CR", "00000000000")],
    grpc: [lookup, lookupByIne("00000000000", recipient)],
  },
  route_unknown: { v3: ["/v3/mesri/bourse"], v2: ["/api/v2/bourses"], native: ["/v1/inconnu"] },
  method_unknown: { grpc: ["/particulier.v3.StudentStatusService/Unknown", new Uint8Array()] },
  method_not_allowed: {
    v3: [ask.v3[0], { method: "DELETE" }],
    v2: [ask.v2[0], { method: "PUT" }],
    native: [ask.native[0], { method: "DELETE" }],
  },
  not_acceptable: {
    v3: ask.v3,
    v2: ask.v2,
    native: ask.native,
    ...more({ "accept-encoding": "*;q=0" }),
  },
  request_too_large: {
    native: [byIdentity, post(`{"birthName":"${"A".repeat(70_000)}"}`)],
    grpc: [lookup, lookupByIne("A".repeat(70_000), recipient)],
  },
  headers_too_large: { ...ask, ...more({ "x-a": "b".repeat(20_000) }) },
  target_too_long: suffixed(`&agent=${"a".repeat(2048)}`),
  media_type_unsupported: { native: [byIdentity, post("a=b", "application/x-www-form-urlencoded")] },
  rate_limited: { ...ask, ...withToken("slow") },
  france_connect_unavailable: {
    v3: [`/v3/mesri/statut_etudiant/france_connect?recipient=${recipient}`],
    native: ["/v1/students:lookupByFranceConnect", post(JSON.stringify({ recipient }))],
    grpc: ["/particulier.v3.StudentStatusService/GetByFranceConnect", stringField(1, recipient)],
    headers: () => ({ authorization: "Bearer jeton-de-france-connect" }),
  },
};

/** Errors that no request provokes by itself; the tests of the parts that raise them hold their causes. */
const notProvoked: Partial<Record<ErrorId, string>> = {
  address_limited: "provoked below: it takes many requests",
  trace_unavailable: "provoked below: it takes a journal that cannot write",
  service_saturated: "the guard's tests: it takes the load of a whole service",
  request_timeout: "Node's parser answers it before there is a request",
  cancelled: "nobody is left to read it",
  deadline_exceeded: "the protocol tests: it takes a slow method",
  internal: "it takes a fault of ours",
  storage_unavailable: "the access tests: it takes a database that is gone",
  shutting_down: "it takes a service that stops",
  ...Object.fromEntries(
    rows
      .map(([id]) => id)
      .filter((id) => id.startsWith("france_connect_") && id !== "france_connect_unavailable")
      .map((id) => [id, "test/france-connect/failures.test.ts: it takes FranceConnect"]),
  ),
};

suite("every row that a request can provoke", () => {
  let port: PublicPort;
  let tokens: Kinds;
  let asked = 0;

  before(async () => {
    port = await openPublicPort({ QUEUE_MAX_WAIT_MS: "0", FRANCE_CONNECT: "off" });
    const secret = async (different: Parameters<PublicPort["issue"]>[0]) =>
      (await port.issue(different)).secret;
    const revoked = await port.issue();
    const replaced = await port.issue();
    tokens = {
      whole: port.service.token,
      expired: await secret({ issuedDaysAgo: 3, expiresInDays: 2 }),
      future: await secret({ validFrom: Date.now() + 86_400_000 }),
      revoked: revoked.secret,
      replaced: replaced.secret,
      suspended: await secret({ partner: 2 }),
      elsewhere: await secret({ networks: ["192.0.2.0/24"] }),
      powerless: await secret({ scopes: ["mesri_etablissements", "mesri_admission_inscrit"] }),
      slow: await secret({ callsPerSecond: 1 }),
    };
    await port.access.revokeToken(revoked.tokenId, Date.now(), "essai");
    const rotated = await port.service.statut("token", "rotate", replaced.tokenId, "--apply");
    assert.equal(rotated.code, 0, rotated.stderr);
    const suspended = (await port.access.readChanges(0)).find(({ partnerName }) =>
      partnerName.endsWith(" 2"),
    );
    await port.access.setPartnerState(suspended?.partnerSiret ?? "", "suspended", "essai");
    await port.settle();
  });
  after(() => port[Symbol.asyncDispose]());

  test("every row is provoked, or says why not", () => {
    const covered = [...Object.keys(provocations), ...Object.keys(notProvoked)];
    assert.deepEqual(covered.toSorted(), rows.map(([id]) => id).toSorted());
  });

  for (const [id, provocation] of Object.entries(provocations) as [ErrorId, Provocation][]) {
    for (const surface of ["v3", "v2", "native", "grpc"] as const) {
      if (provocation[surface] === undefined) continue;
      test(`${id} on ${surface}`, async () => {
        const headers = (provocation.headers ?? withToken("whole").headers)(tokens);
        if (surface === "grpc") await assertGrpc(id, provocation.grpc as GrpcAsk, headers);
        else await assertRest(id, surface, provocation[surface] as Ask, headers);
      });
    }
  }

  async function assertRest(
    id: ErrorId,
    surface: "v3" | "v2" | "native",
    [target, init]: Ask,
    headers: Record<string, string>,
  ): Promise<void> {
    const request = { ...init, headers: { ...(init?.headers as object), ...headers, ...otherAddress() } };
    let sentAt = Date.now();
    let answer = await port.call(target, request);
    for (let again = 0; id === "rate_limited" && answer.status === 200 && again < 20; again += 1) {
      sentAt = Date.now();
      answer = await port.call(target, request);
    }
    const row = publicRow(errorTable[id]);
    const body = answer.body as Record<string, unknown>;
    assert.match(answer.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
    if (answer.status === 405) assert.match(answer.headers.get("allow") ?? "", /GET/);
    if (row.outcome === "limited") assert.match(answer.headers.get("retry-after") ?? "", /^[1-9][0-9]*$/);
    if (id === "rate_limited") assertReset(surface, answer.headers, sentAt);
    if (surface === "v3") {
      assert.equal(answer.status, row.v3.http, answer.text);
      const [first] = body["errors"] as { code: string; title: string }[];
      assert.equal(first?.code, id === "invalid_request" ? "00360" : row.v3.code);
      assert.equal(first?.title, row.v3.title);
    } else if (surface === "v2") {
      assert.equal(answer.status, row.v2.http, answer.text);
      assert.deepEqual([body["error"], body["reason"]], [row.v2.error, row.v2.reason]);
    } else {
      assert.equal(answer.status, row.http, answer.text);
      assert.equal((body["details"] as { reason: string }[])[0]?.reason, id.toUpperCase());
    }
  }

  /** Whoever waits by `RateLimit-Reset`, as clients of the public service do, waits as long as `Retry-After` says. */
  function assertReset(surface: string, headers: Headers, sentAt: number): void {
    const reset = Number(headers.get("ratelimit-reset"));
    const retryAfter = Number(headers.get("retry-after"));
    const waits = surface === "native" ? reset : Math.floor(reset - sentAt / 1000);
    assert.ok(waits >= retryAfter, `${waits} s, and not ${retryAfter} s`);
  }

  async function assertGrpc(
    id: ErrorId,
    [path, message = new Uint8Array()]: GrpcAsk,
    headers: Record<string, string>,
  ): Promise<void> {
    const request = { ...headers, ...otherAddress() };
    let answer = await callGrpc(port.service.origin, path, message, request);
    for (let again = 0; id === "rate_limited" && answer.code === 0 && again < 20; again += 1) {
      answer = await callGrpc(port.service.origin, path, message, request);
    }
    const row = errorTable[id];
    assert.equal(answer.code, row.rpc, answer.message);
    assert.ok(answer.message.startsWith(row.message), answer.message);
  }

  /** Strangers are limited by address: each request has one of its own. */
  function otherAddress(): Record<string, string> {
    asked += 1;
    return { "x-forwarded-for": `198.18.${asked >> 8}.${asked & 255}` };
  }

  test("address_limited on every surface", async () => {
    const headers = { "x-forwarded-for": "203.0.113.1" };
    const address = { "x-forwarded-for": "203.0.113.1" };
    const askAll = () =>
      Promise.all([
        callGrpc(port.service.origin, ask.grpc[0], ask.grpc[1], address),
        ...[ask.v3, ask.v2, ask.native].map(([target]) => port.call(target, { headers: address })),
      ]);
    const isLimited = ([grpc, ...rest]: Awaited<ReturnType<typeof askAll>>) =>
      grpc.code === Code.ResourceExhausted && rest.every(({ status }) => status === 429);
    let askedAll = await askAll();
    // An address gets one refusal back each tenth of a second: it is spent until none of four is left.
    for (let round = 0; !isLimited(askedAll) && round < 50; round += 1) {
      await Promise.all(Array.from({ length: 60 }, () => port.call(ask.v3[0], { headers })));
      askedAll = await askAll();
    }
    const [grpc, ...answers] = askedAll;
    assert.deepEqual(
      answers.map(({ status }) => status),
      [429, 429, 429],
    );
    assert.match(answers[0]?.text ?? "", /"00429"/);
    assert.match(answers[1]?.text ?? "", /"too_many_requests"/);
    assert.match(answers[2]?.text ?? "", /"ADDRESS_LIMITED"/);
    assert.equal(grpc.code, Code.ResourceExhausted);
  });

  test("trace_unavailable on every surface: no data without its trace", async () => {
    const lock = new Database(join(port.service.dataDir, "journal.db"));
    lock.exec("begin immediate");
    try {
      const answers = await Promise.all([ask.v3, ask.v2, ask.native].map(([target]) => port.call(target)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [504, 503, 503],
      );
      const body = JSON.parse(answers[0]?.text ?? "") as { errors: { code: string; meta: object }[] };
      assert.deepEqual(
        body.errors.map(({ code, meta }) => [code, meta]),
        [["00501", { provider: "MESRI", retry_in: 5 }]],
      );
      assert.match(answers[1]?.text ?? "", /"network_error"/);
      assert.match(answers[2]?.text ?? "", /"TRACE_UNAVAILABLE"/);
      for (const { text } of answers) assert.doesNotMatch(text, /AUTORBB/);
      const headers = { authorization: `Bearer ${port.service.token}` };
      const grpc = await callGrpc(port.service.origin, ask.grpc[0], ask.grpc[1], headers);
      assert.equal(grpc.code, Code.Unavailable);
    } finally {
      lock.exec("rollback");
      lock.close();
    }
  });
});

/** LookupByIneRequest: `ine` is field 1, `recipient` field 2. */
function lookupByIne(ine: string, forWhom: string): Uint8Array {
  return Buffer.concat([stringField(1, ine), stringField(2, forWhom)]);
}

/** A string field of a Protobuf message. */
function stringField(number: number, text: string): Uint8Array {
  const length: number[] = [];
  for (let rest = text.length; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), Buffer.from(text)]);
}

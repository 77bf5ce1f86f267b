// The frame of the pages, over the port of a running service: headers, sessions, forms, errors, traces.
import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { securityHeaders } from "../../src/dashboard/frame/security-headers.ts";
import { allPages } from "../../src/dashboard/pages.ts";
import { startService } from "../support/service.ts";
import { demonstrationCodes, fetchPatiently, formsOf, type Visited, visit } from "../support/visitor.ts";
import { assertWhole, bearer, journalKeys, readJournal } from "../support/whole-service.ts";

const service = await startService({ environment: { JOURNAL_KEYS: journalKeys } });
after(() => service[Symbol.asyncDispose]());
const codes = demonstrationCodes(service.printed());
/** All tests here are one address, whose strangers are limited. */
const stay = () => visit(service.origin, { isPatient: true });
const contact = stay();
await contact.signIn(codes.contact);

const expectedHeaders: Readonly<Record<string, RegExp>> = {
  "content-security-policy":
    /default-src 'none';.*form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
  "x-frame-options": /^deny$/,
  "x-content-type-options": /^nosniff$/,
  "x-permitted-cross-domain-policies": /^none$/,
  "x-dns-prefetch-control": /^off$/,
  "referrer-policy": /^same-origin$/,
  "cross-origin-opener-policy": /^same-origin$/,
  "cross-origin-embedder-policy": /^require-corp$/,
  "cross-origin-resource-policy": /^same-origin$/,
  "permissions-policy": /^accelerometer=\(\), .*geolocation=\(\)/,
  "cache-control": /^no-store$/,
  "x-request-id": /^[0-9a-f-]{36}$/,
};

function assertSafe({ headers }: Pick<Visited, "headers">): void {
  for (const [name, expected] of Object.entries(expectedHeaders))
    assert.match(headers.get(name) ?? "", expected, name);
  assert.doesNotMatch(headers.get("content-security-policy") ?? "", /unsafe|\*|http/);
}

suite("every answer of the dashboard", () => {
  test("has the headers of the OWASP list: pages, redirects and refusals", async () => {
    const stranger = stay();
    for (const path of ["/", "/connexion", "/conditions", "/compte", "/tableau-de-bord", "/nulle-part"]) {
      assertSafe(await stranger.get(path));
    }
    assertSafe(await contact.get("/tableau-de-bord"));
    assertSafe(await contact.send("/compte", { action: "sign-out" }));
  });

  test("asks browsers for TLS where it is served over TLS, and not on loopback", async () => {
    assert.equal((await contact.get("/")).headers.get("strict-transport-security"), null);
    assert.equal(securityHeaders(true)["strict-transport-security"], "max-age=31536000; includeSubDomains");
  });

  test("is compressed for whoever accepts it", async () => {
    for (const coding of ["br", "gzip"]) {
      const response = await fetchPatiently(service.origin, { headers: { "accept-encoding": coding } });
      assert.equal(response.headers.get("content-encoding"), coding);
      assert.match(await response.text(), /<\/html>\n$/);
    }
    const plain = await fetchPatiently(service.origin, { headers: { "accept-encoding": "identity" } });
    assert.equal(plain.headers.get("content-encoding"), null);
  });

  test("has no body for HEAD", async () => {
    const response = await fetchPatiently(service.origin, { method: "HEAD" });
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "");
  });
});

suite("the design system's files", () => {
  const filesOf = (page: string) =>
    [...page.matchAll(/(?:href|src)="(\/ressources\/[^"]+)"/g)].map(([, path = ""]) => path);

  test("are cached for a year and served compressed", async () => {
    const { text } = await contact.get("/");
    const files = filesOf(text);
    assert.ok(files.length >= 5);
    for (const path of new Set(files.map((file) => file.split("#")[0] ?? file))) {
      const response = await fetchPatiently(service.origin + path, { headers: { "accept-encoding": "br" } });
      assert.equal(response.status, 200, path);
      assert.equal(response.headers.get("cache-control"), "public, max-age=31536000, immutable");
      assert.equal(response.headers.get("content-encoding"), "br", path);
      assert.ok((await response.arrayBuffer()).byteLength > 0);
    }
  });

  test("are those that pages need, and no others", async () => {
    const bad = [
      "dsfr-1.14.4/dsfr.css",
      "dsfr-1.14.4/../../../../package.json",
      "dsfr-1.14.4/%2e%2e/package.json",
      "",
    ];
    for (const path of bad) assert.equal((await contact.get(`/ressources/${path}`)).status, 404, path);
  });
});

suite("a session", () => {
  test("is needed for every page that is not public; the page comes back after signing in", async () => {
    const parts = { proConnect: undefined, ministry: {} } as never;
    const paths = allPages(parts)
      .filter(({ audience }) => audience !== "public")
      .map(({ path }) => path.replaceAll(/\{\w+\}/g, "x_1"));
    assert.ok(paths.length > 5);
    for (const path of paths) {
      const answer = await stay().get(path);
      assert.deepEqual(
        [answer.status, answer.location],
        [303, `/connexion?retour=${encodeURIComponent(path)}`],
      );
      assert.equal(answer.text, "");
    }
  });

  test("leads on to where its owner wanted to go, on this site only", async () => {
    const reader = stay();
    await reader.get("/connexion?retour=%2Ftableau-de-bord%2Fregistre");
    const code = (
      await service.statut(
        "login-link",
        "dominique.bernard@partenaire.exemple",
        "--reason",
        "essai",
        "--json",
      )
    ).stdout;
    const { location } = await reader.signIn(JSON.parse(code).code);
    assert.equal(location, "/tableau-de-bord/registre");
    for (const bad of [
      "//evil.fr",
      "/\\evil.fr",
      "https://evil.fr",
      "/v1/token",
      "/compte?a=1",
      "javascript:x",
    ]) {
      const other = stay();
      await other.get(`/connexion?retour=${encodeURIComponent(bad)}`);
      assert.ok(!other.cookies.has("__Host-retour"), bad);
    }
  });

  test("has a secret of its own each time somebody signs in, and the one before is over", async () => {
    const before = contact.cookies.get("__Host-session");
    const { stdout } = await service.statut(
      "login-link",
      "dominique.bernard@partenaire.exemple",
      "--reason",
      "essai",
      "--json",
    );
    const { headers } = await contact.signIn(JSON.parse(stdout).code);
    const now = contact.cookies.get("__Host-session");
    assert.notEqual(now, before);
    // So that this browser is known when its owner asks for a link again.
    const browser = headers.getSetCookie().filter((cookie) => cookie.startsWith("__Host-navigateur="));
    assert.match(browser.join(), /^[^,]+; Max-Age=2592000$/);
    const old = stay();
    old.cookies.set("__Host-session", before ?? "");
    assert.equal((await old.get("/compte")).status, 303);
    assert.ok(!old.cookies.has("__Host-session"), "a session that is over is taken away");
  });

  test("is no session of another kind: a code, a token, a cut one", async () => {
    const secret = contact.cookies.get("__Host-session") ?? "";
    for (const bad of [
      service.token,
      codes.contact,
      secret.slice(0, -1),
      `${secret}A`,
      "",
      "x".repeat(5000),
    ]) {
      const other = stay();
      other.cookies.set("__Host-session", bad);
      assert.equal((await other.get("/compte")).status, 303);
    }
  });

  test("ends when its owner signs out, here or everywhere", async () => {
    const [here, there] = [stay(), stay()];
    for (const one of [here, there]) {
      const { stdout } = await service.statut(
        "login-link",
        "camille.martin@ministere.exemple",
        "--reason",
        "essai",
        "--json",
      );
      await one.signIn(JSON.parse(stdout).code);
    }
    const kept = here.cookies.get("__Host-session") ?? "";
    const left = await here.submit("/compte", "sign-out-everywhere");
    assert.deepEqual([left.status, left.location], [303, "/"]);
    assert.match(left.headers.get("clear-site-data") ?? "", /"cache"/);
    assert.ok(!here.cookies.has("__Host-session"));
    assert.match((await here.get("/")).text, /Toutes vos sessions sont fermées/);
    assert.doesNotMatch((await here.get("/")).text, /Toutes vos sessions sont fermées/);
    here.cookies.set("__Host-session", kept);
    for (const one of [here, there]) assert.equal((await one.get("/compte")).status, 303);
  });

  test("of a contact shows no operator's page, and the other way round", async () => {
    assert.equal((await contact.get("/administration")).status, 403);
  });
});

suite("a form", () => {
  const refused = async (answer: Promise<Visited>) => {
    const { status, text } = await answer;
    assert.equal(status, 403);
    assert.match(text, /Ce formulaire a expiré ou vient d&#39;un autre site/);
  };
  const fieldsOf = async (path: string, action: string) =>
    formsOf((await contact.get(path)).text).find(({ hidden }) => hidden["action"] === action)?.hidden ?? {};

  test("is refused without its token, with another session's, and from another site", async () => {
    const hidden = await fieldsOf("/compte", "sign-out");
    const { controle: _, ...without } = hidden;
    await refused(contact.send("/compte", without));
    const stranger = stay();
    const [form] = formsOf((await stranger.get("/connexion")).text);
    await refused(contact.send("/compte", { ...hidden, controle: form?.hidden["controle"] ?? "" }));
    await refused(contact.send("/compte", hidden, { origin: "https://evil.example" }));
    await refused(contact.send("/compte", hidden, { origin: "null" }));
    await refused(contact.send("/compte", hidden, { "sec-fetch-site": "cross-site" }));
    assert.equal((await contact.get("/compte")).status, 200, "still signed in");
  });

  test("of somebody who is not signed in is bound to the browser", async () => {
    const [one, other] = [stay(), stay()];
    const [form] = formsOf((await one.get("/connexion")).text);
    await other.get("/connexion");
    await refused(other.send("/connexion", { ...form?.hidden, email: "a@b.fr" }));
    assert.equal((await one.send("/connexion", { ...form?.hidden, email: "a@b.fr" })).status, 303);
  });

  test("is a form as browsers send them, of a bounded size, for an action that the page has", async () => {
    const hidden = await fieldsOf("/compte", "sign-out");
    const json = await contact.send("/compte", hidden, { "content-type": "application/json" });
    assert.equal(json.status, 415);
    assert.equal((await contact.send("/compte", { ...hidden, long: "x".repeat(70_000) })).status, 413);
    assert.equal((await contact.send("/compte", { ...hidden, action: "toString" })).status, 400);
    assert.equal((await contact.send("/tableau-de-bord", hidden)).status, 405);
  });

  test("that is refused shows what was typed, and what is wrong beside its field", async () => {
    const path = "/tableau-de-bord/organisme";
    const answer = await contact.submit(path, "add-contact", {
      name: "Ann<b>",
      email: "pas une adresse",
      roles: "2",
    });
    assert.equal(answer.status, 400);
    assert.match(answer.text, /<title>Erreur – /);
    assert.match(answer.text, /value="Ann&lt;b&gt;"/);
    assert.match(answer.text, /id="champ-add-contact-email"[^>]*aria-invalid="true"/);
    assert.match(answer.text, /href="#champ-add-contact-email"/);
    assert.match(answer.text, /value="2" checked/);
  });

  test("that is sent twice is done once", async () => {
    const path = "/tableau-de-bord/organisme";
    const hidden = await fieldsOf(path, "add-contact");
    const fields = { ...hidden, name: "Alix Durand", email: "alix@partenaire.exemple", roles: ["2", "4"] };
    for (const _ of [1, 2]) assert.equal((await contact.send(path, fields)).status, 303);
    const { text } = await contact.get(path);
    assert.equal(text.split("alix@partenaire.exemple").length - 1, 1);
    assert.match(text, /Le contact est ajouté/);
  });
});

suite("pages and the API", () => {
  test("browsers reach the pages, and still not the API", async () => {
    const browser = { origin: service.origin, "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate" };
    assert.equal((await contact.get("/", browser)).status, 200);
    const api = await fetchPatiently(`${service.origin}/v1/token`, {
      headers: { ...bearer(service.token), ...browser },
    });
    assert.equal(api.status, 403);
  });

  test("a session's cookie opens no method, and a session's secret no page", async () => {
    const secret = contact.cookies.get("__Host-session") ?? "";
    const cookie = { cookie: `__Host-session=${secret}` };
    assert.equal((await fetchPatiently(`${service.origin}/v1/session`, { headers: cookie })).status, 401);
    assert.equal(
      (await fetchPatiently(`${service.origin}/v1/session`, { headers: bearer(secret) })).status,
      200,
    );
    const page = await fetchPatiently(`${service.origin}/compte`, {
      headers: bearer(secret),
      redirect: "manual",
    });
    assert.equal(page.status, 303);
  });

  test("errors are pages for browsers and JSON for programs", async () => {
    const page = await contact.get("/nulle-part");
    assert.equal(page.status, 404);
    assert.match(page.text, /<h1>Page introuvable<\/h1>/);
    assert.match(page.text, new RegExp(page.headers.get("x-request-id") ?? "none"));
    const json = await fetchPatiently(`${service.origin}/nulle-part`);
    assert.match(json.headers.get("content-type") ?? "", /json/);
    assert.equal((await contact.send("/", {}, {})).status, 405);
  });

  test("a token in a page's address is refused", async () => {
    assert.equal((await contact.get(`/conditions?x=${service.token}`)).status, 400);
  });

  test("each page leaves one line, with its pattern's protocol and who looked", async () => {
    const { headers } = await contact.get("/tableau-de-bord/organisme");
    const lines = await readJournal({ file: `${service.dataDir}/journal.db` });
    const own = lines.filter(({ requestId }) => requestId === headers.get("x-request-id"));
    assert.equal(own.length, 1);
    assert.equal(own[0]?.protocol, "page");
    assert.match(own[0]?.tokenId ?? "", /^ctc_/);
  });
});

test("the service is whole", () => assertWhole(service));

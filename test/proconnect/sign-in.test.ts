// Signing in with ProConnect, against a real OpenID provider and the service as a process of its own.
import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { openBrowser } from "../support/browser.ts";
import { freePort } from "../support/free-port.ts";
import { startService } from "../support/service.ts";
import { visit } from "../support/visitor.ts";
import { type OidcServer, startOidcServer } from "./oidc-server.ts";

const partnerSiret = "99999999900017";
const contactUser = {
  sub: "a1",
  email: "Dominique.Bernard@partenaire.exemple",
  siret: partnerSiret,
  amr: ["pwd", "mfa"],
};
const operatorSiret = "11004401300040";
const operatorUser = {
  sub: "b2",
  email: "camille.martin@ministere.exemple",
  siret: operatorSiret,
  amr: ["mfa"],
};

interface World {
  readonly origin: string;
  readonly provider: OidcServer;
  readonly audit: () => Promise<string>;
}

async function start(options: { signsUserInfo: boolean; pkce: "on" | "off" }): Promise<World> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const provider = await startOidcServer(`${origin}/connexion/proconnect/retour`, {
    ...options,
    user: contactUser,
  });
  const service = await startService({
    environment: {
      PORT: String(port),
      PUBLIC_ORIGIN: origin,
      PROCONNECT_ISSUER: provider.issuer,
      PROCONNECT_CLIENT_ID: provider.clientId,
      PROCONNECT_CLIENT_SECRET: provider.clientSecret,
      PROCONNECT_PKCE: options.pkce,
      PROCONNECT_OPERATOR_SIRETS: operatorSiret,
    },
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });
  return { origin, provider, audit: async () => service.log() };
}

/** Goes to the provider, logs in there and comes back. */
async function signIn({ origin, provider }: World, change: (back: URL) => URL | string = (back) => back) {
  const browser = visit(origin);
  const away = await browser.get("/connexion/proconnect");
  assert.equal(away.status, 303);
  const back = new URL(change(new URL(await provider.logIn(away.location))));
  return { browser, answer: await browser.get(back.pathname + back.search), back };
}

for (const pkce of ["off", "on"] as const) {
  suite(`ProConnect, PKCE ${pkce}`, async () => {
    const world = await start({ signsUserInfo: true, pkce });
    const { provider, origin } = world;

    test("the sign-in page leads there", async () => {
      assert.match((await visit(origin).get("/connexion")).text, /href="\/connexion\/proconnect"/);
    });

    test("signs in a contact whose address and SIRET are known, in any case of letters", async () => {
      provider.user = contactUser;
      const { browser, answer } = await signIn(world);
      assert.deepEqual([answer.status, answer.location], [303, "/tableau-de-bord"]);
      assert.match((await browser.get("/compte")).text, /Dominique Bernard/);
      assert.ok(!browser.cookies.has("__Host-proconnect"));
    });

    test("asks for what ProConnect documents, and for nothing else", () => {
      const names = ["claims", "client_id", "nonce", "redirect_uri", "response_type", "scope", "state"];
      const withPkce = ["code_challenge", "code_challenge_method"];
      assert.deepEqual(
        [...provider.asked.keys()].sort(),
        [...names, ...(pkce === "on" ? withPkce : [])].sort(),
      );
      assert.ok((provider.asked.get("state") ?? "").length >= 32);
      assert.ok((provider.asked.get("nonce") ?? "").length >= 32);
      assert.match(provider.asked.get("claims") ?? "", /"amr"/);
    });

    test("signs out of ProConnect as well, and comes back", async () => {
      provider.user = contactUser;
      const { browser } = await signIn(world);
      const away = await browser.submit("/compte", "sign-out");
      assert.equal(away.status, 303);
      const url = new URL(away.location);
      assert.deepEqual([...url.searchParams.keys()].toSorted(), [
        "id_token_hint",
        "post_logout_redirect_uri",
        "state",
      ]);
      assert.equal(url.origin, provider.issuer);
      const policy = away.headers.get("content-security-policy") ?? "";
      assert.ok(policy.includes(`form-action 'self' ${provider.issuer}`), policy);
      assert.ok(![...browser.cookies.keys()].some((name) => /session|proconnect/.test(name)));
      const back = new URL(await provider.logOut(away.location));
      assert.equal(back.origin, origin);
      assert.equal((await browser.get(back.pathname)).location, "/");
      assert.match((await browser.get("/")).text, /déconnecté, de ProConnect aussi/);
      assert.equal((await browser.get("/compte")).status, 303);
    });

    test("signs in an operator of a listed SIRET", async () => {
      provider.user = operatorUser;
      assert.equal((await signIn(world)).answer.location, "/administration");
    });

    test("refuses an operator and a contact of another SIRET, and whoever is unknown", async () => {
      const strangers = [
        { ...operatorUser, siret: partnerSiret },
        { ...contactUser, siret: operatorSiret },
        { ...contactUser, email: "inconnu@partenaire.exemple" },
      ];
      for (const user of strangers) {
        provider.user = user;
        const { browser, answer } = await signIn(world);
        assert.equal(answer.status, 403);
        assert.match(answer.text, /ne sont ceux d&#39;aucun compte/);
        assert.ok(!browser.cookies.has("__Host-session"));
      }
    });

    test("refuses whoever used a password alone", async () => {
      provider.user = { ...contactUser, amr: ["pwd"] };
      const { answer } = await signIn(world);
      assert.equal(answer.status, 403);
      assert.match(answer.text, /second facteur/);
    });

    test("refuses an answer to something else: state, code, another browser, a second time", async () => {
      provider.user = contactUser;
      const changed = (name: string) => (back: URL) => {
        back.searchParams.set(name, "x".repeat(43));
        return back;
      };
      assert.equal((await signIn(world, changed("state"))).answer.status, 401);
      assert.equal((await signIn(world, changed("code"))).answer.status, 401);
      const { back, browser } = await signIn(world);
      assert.equal((await visit(origin).get(back.pathname + back.search)).status, 401);
      assert.equal((await browser.get(back.pathname + back.search)).status, 401);
    });
  });
}

suite("a real browser", async () => {
  const world = await start({ signsUserInfo: true, pkce: "off" });
  test("comes from ProConnect, and is let through to its way out", async () => {
    await using chromium = await openBrowser();
    const page = await chromium.context.newPage();
    await page.goto(`${world.origin}/connexion/proconnect`);
    await page.waitForURL(`${world.origin}/tableau-de-bord`);
    await page.getByRole("button", { name: "Se déconnecter" }).click();
    await page.getByRole("button", { name: "Yes, sign me out" }).click();
    await page.waitForURL(`${world.origin}/`);
    await page.getByText("Vous êtes déconnecté, de ProConnect aussi.").waitFor();
  });
});

suite("a provider that does not sign", async () => {
  const world = await start({ signsUserInfo: false, pkce: "off" });
  test("is not believed", async () => {
    const { answer, browser } = await signIn(world);
    assert.equal(answer.status, 503);
    assert.match(answer.text, /ProConnect ne répond pas comme attendu/);
    assert.ok(!browser.cookies.has("__Host-session"));
  });
});

suite("a provider that is away", async () => {
  const world = await start({ signsUserInfo: true, pkce: "off" });
  test("leaves the link by mail, and is asked again once it is back", async () => {
    await world.provider[Symbol.asyncDispose]();
    const answer = await visit(world.origin).get("/connexion/proconnect");
    assert.equal(answer.status, 503);
    assert.match(answer.text, /demandez un lien par courriel/);
  });
});

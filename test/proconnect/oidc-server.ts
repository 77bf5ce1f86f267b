// A real OpenID provider (oidc-provider), configured as ProConnect is: signed user info, claims `siret`, `uid` and
// `usual_name`, `amr` when it is asked for. Whoever comes is the user that the test names.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type Configuration } from "oidc-provider";

export interface ProConnectUser {
  readonly sub: string;
  readonly email: string;
  readonly siret: string;
  readonly amr: readonly string[];
}

export interface OidcServer extends AsyncDisposable {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who logs in from now on. */
  user: ProConnectUser;
  /** Parameters of the last authorization request. */
  readonly asked: URLSearchParams;
  /** Follows an authorization request to its end, and gives the address that the browser is sent back to. */
  logIn(authorizationUrl: string): Promise<string>;
  /** Confirms that the session of the last log-in ends, and gives the address that the browser is sent back to. */
  logOut(endSessionUrl: string): Promise<string>;
}

export async function startOidcServer(
  redirectUri: string,
  options: { readonly signsUserInfo: boolean; readonly user: ProConnectUser },
): Promise<OidcServer> {
  const clientId = "statut-etudiant";
  const clientSecret = "un-secret-d-essai-assez-long-pour-proconnect";
  const state = { user: options.user, asked: new URLSearchParams(), cookies: new Map<string, string>() };
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const configuration: Configuration = {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [new URL("/connexion/proconnect/deconnexion", redirectUri).href],
        token_endpoint_auth_method: "client_secret_post",
        ...(options.signsUserInfo && { userinfo_signed_response_alg: "RS256" }),
      },
    ],
    claims: {
      openid: ["sub"],
      email: ["email"],
      siret: ["siret"],
      uid: ["uid"],
      given_name: ["given_name"],
      usual_name: ["usual_name"],
      amr: null,
    },
    scopes: ["openid", "email", "siret", "uid", "given_name", "usual_name"],
    pkce: { required: () => false },
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      jwtUserinfo: { enabled: true },
    },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: async () => ({ ...state.user, amr: undefined, sub }),
    }),
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    ttl: { Session: 600, Grant: 600, Interaction: 600, AccessToken: 60, IdToken: 60 },
    // No consent page: this client is known.
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client?.clientId as string,
        accountId: context.oidc.session?.accountId as string,
      });
      grant.addOIDCScope("openid email siret uid given_name usual_name");
      grant.addOIDCClaims(["amr"]);
      await grant.save();
      return grant;
    },
  };
  const provider = new Provider(issuer, configuration);
  const callback = provider.callback();
  server.on("request", async (request, response) => {
    if (!request.url?.startsWith("/interaction/")) return callback(request, response);
    const login = { accountId: state.user.sub, amr: [...state.user.amr], remember: false };
    await provider.interactionFinished(request, response, { login });
  });
  const ask = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const cookie = [...state.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { ...init, headers: { cookie }, redirect: "manual" });
    for (const header of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      state.cookies.set(name, value);
    }
    return response;
  };
  return {
    issuer,
    clientId,
    clientSecret,
    get user() {
      return state.user;
    },
    set user(user) {
      state.user = user;
    },
    get asked() {
      return state.asked;
    },
    async logIn(authorizationUrl) {
      state.asked = new URL(authorizationUrl).searchParams;
      state.cookies = new Map();
      for (let url = authorizationUrl, hops = 0; hops < 8; hops += 1) {
        const response = await ask(url);
        const location = response.headers.get("location");
        if (location === null)
          throw new Error(`the provider answers ${response.status}: ${await response.text()}`);
        url = new URL(location, issuer).href;
        if (url.startsWith(redirectUri)) return url;
      }
      throw new Error("the provider leads nowhere");
    },
    async logOut(endSessionUrl) {
      const page = await (await ask(endSessionUrl)).text();
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1];
      if (xsrf === undefined) throw new Error(`the provider does not ask: ${page}`);
      const body = new URLSearchParams({ xsrf, logout: "yes" });
      const done = await ask(`${issuer}/session/end/confirm`, { method: "POST", body });
      return done.headers.get("location") ?? "";
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

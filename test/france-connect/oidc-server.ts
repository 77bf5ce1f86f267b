// A real OpenID provider (oidc-provider), configured as FranceConnect behaves: pivot scopes, opaque access tokens of
// one minute, introspection as a signed and encrypted JWT. Users log in by the authorization code flow.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import Provider, { type ClientMetadata, type Configuration } from "oidc-provider";

export interface OidcUser {
  readonly sub: string;
  readonly acr: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface DataProvider {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly signedBy: "ES256" | "RS256";
  /** Its public keys; none: answers are signed only. */
  readonly encryption:
    | { readonly alg: "RSA-OAEP-256" | "ECDH-ES"; readonly keys: readonly JWK[] }
    | undefined;
}

export interface OidcServer extends AsyncDisposable {
  readonly issuer: string;
  /** Logs a user in at a partner's client, and gives the access token that the partner receives. */
  logIn(user: OidcUser, clientId: string, scope: string): Promise<string>;
  /** Withdraws a token, as a user who logs out does. */
  revoke(token: string): Promise<void>;
}

const secretOfPartners = "un-secret-de-partenaire-d-essai-assez-long";
const redirectUri = "https://partenaire.exemple/retour";

/** Scopes beside those of OpenID Connect: the pivot identity's, and rights on data of other administrations. */
const scopes = [
  "openid",
  "identite_pivot",
  "mesri_admissions",
  "mesri_admission_inscrit",
  "mesri_admission_regime_formation",
  "mesri_admission_commune_etudes",
  "mesri_admission_etablissement_etudes",
  "autre_donnee",
];

export async function startOidcServer(
  partners: readonly string[],
  dataProviders: readonly DataProvider[],
  tokenLifeSeconds: (clientId: string) => number,
): Promise<OidcServer> {
  const users = new Map<string, OidcUser>();
  const jwks = { keys: await Promise.all([signingKey("ES256"), signingKey("RS256")]) };
  // The issuer is the address, which is known once the server listens.
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const configuration: Configuration = {
    jwks,
    scopes,
    clients: [...partners.map(partnerClient), ...dataProviders.map(dataProviderClient)],
    ttl: {
      AccessToken: (_context, _token, client) => tokenLifeSeconds(client.clientId),
      Grant: 600,
      Session: 600,
      Interaction: 600,
      IdToken: 60,
    },
    enabledJWA: {
      introspectionEncryptionAlgValues: ["RSA-OAEP-256", "ECDH-ES"],
      introspectionEncryptionEncValues: ["A256GCM"],
      introspectionSigningAlgValues: ["ES256", "RS256"],
    },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      jwtIntrospection: { enabled: true },
      encryption: { enabled: true },
      revocation: { enabled: true },
      // What makes `aud` of a token the partner's client, as FranceConnect writes it.
      resourceIndicators: {
        enabled: true,
        defaultResource: () => "urn:donnees",
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, _resource, client) => ({
          scope: scopes.join(" "),
          audience: client.clientId,
          accessTokenFormat: "opaque",
        }),
      },
    },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    extraTokenClaims: (_context, token) => {
      const user = users.get("accountId" in token ? (token.accountId ?? "") : "");
      return user === undefined ? undefined : { acr: user.acr, ...user.claims };
    },
    loadExistingGrant: async (context) => {
      const { oidc } = context;
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId as string,
        accountId: oidc.session?.accountId as string,
      });
      grant.addOIDCScope(scopes.join(" "));
      grant.addResourceScope("urn:donnees", scopes.join(" "));
      await grant.save();
      return grant;
    },
    interactions: { url: (_context, interaction) => `/connexion/${interaction.uid}` },
    cookies: { keys: ["une-cle-d-essai"] },
    pkce: { required: () => false },
  };
  const provider = new Provider(issuer, configuration);
  const serve = provider.callback();
  server.on("request", async (request, response) => {
    if (!request.url?.startsWith("/connexion/")) return serve(request, response);
    const { params } = await provider.interactionDetails(request, response);
    const accountId = String(params["login_hint"]);
    await provider.interactionFinished(request, response, { login: { accountId } });
  });
  return {
    issuer,
    async logIn(user, clientId, scope) {
      users.set(user.sub, user);
      const code = await authorize(issuer, { clientId, scope, loginHint: user.sub });
      const response = await post(`${issuer}/token`, {
        ...{ grant_type: "authorization_code", code, redirect_uri: redirectUri },
        ...{ client_id: clientId, client_secret: secretOfPartners },
      });
      const { access_token: token } = (await response.json()) as { access_token?: string };
      if (token === undefined) throw new Error(`no token: ${response.status}`);
      return token;
    },
    async revoke(token) {
      const [clientId = ""] = partners;
      await post(`${issuer}/token/revocation`, {
        token,
        client_id: clientId,
        client_secret: secretOfPartners,
      });
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function signingKey(alg: "ES256" | "RS256"): Promise<JWK & { kty: "EC" | "RSA" }> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg, use: "sig", kid: alg } as JWK & { kty: "EC" | "RSA" };
}

function partnerClient(clientId: string): ClientMetadata {
  return {
    client_id: clientId,
    client_secret: secretOfPartners,
    redirect_uris: [redirectUri],
    response_types: ["code"],
    grant_types: ["authorization_code"],
    token_endpoint_auth_method: "client_secret_post",
  };
}

function dataProviderClient({ clientId, clientSecret, signedBy, encryption }: DataProvider): ClientMetadata {
  return {
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uris: [],
    response_types: [],
    grant_types: [],
    token_endpoint_auth_method: "client_secret_post",
    introspection_signed_response_alg: signedBy,
    ...(encryption !== undefined && {
      jwks: { keys: encryption.keys as (JWK & { kty: "EC" | "RSA" })[] },
      introspection_encrypted_response_alg: encryption.alg,
      introspection_encrypted_response_enc: "A256GCM",
    }),
  };
}

/** Follows the authorization request through the login, as a browser does, to the partner's code. */
async function authorize(
  issuer: string,
  { clientId, scope, loginHint }: { clientId: string; scope: string; loginHint: string },
): Promise<string> {
  const query = new URLSearchParams({
    ...{ client_id: clientId, scope, login_hint: loginHint, redirect_uri: redirectUri },
    ...{ response_type: "code", state: "s".repeat(32), nonce: "n".repeat(32), prompt: "login" },
  });
  const cookies = new Map<string, string>();
  let url = `${issuer}/auth?${query}`;
  for (let step = 0; step < 6; step += 1) {
    const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    const response = await fetch(url, { redirect: "manual", headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    url = new URL(location, issuer).href;
    const code = url.startsWith(redirectUri) ? new URL(url).searchParams.get("code") : null;
    if (code !== null) return code;
    if (url.startsWith(redirectUri)) throw new Error(url);
  }
  throw new Error("the login does not end");
}

function post(url: string, form: Record<string, string>): Promise<Response> {
  return fetch(url, { method: "POST", body: new URLSearchParams(form) });
}

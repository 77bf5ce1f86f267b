// Signing in with ProConnect, the State's OpenID provider for those who work in public bodies: code flow with state and
// nonce, a signed ID token and a signed user info. `openid-client` runs the protocol.
import * as client from "openid-client";
import type { Person } from "../access/person.ts";
import { serviceError } from "../errors.ts";
import { type Candidate, judgeIdentity, readIdentity } from "./judge-identity.ts";

export interface ProConnectSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Whether the flow uses PKCE, which ProConnect refuses as any parameter that it does not document. */
  readonly pkce: boolean;
  /** Values of `amr` of which one must be there. */
  readonly secondFactors: readonly string[];
}

/** What the browser keeps between leaving for ProConnect and coming back. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface ProConnect {
  /** Where to send the browser. Errors: `proconnect_unavailable`. */
  start(redirectUri: string): Promise<{ readonly url: string; readonly pending: PendingSignIn }>;
  /**
   * The person who came back to this address. Errors: `sign_in_code_invalid` when the answer is not to what this browser
   * asked, `second_factor_missing`, `sign_in_not_linked`, `proconnect_unavailable`. The ID token ends the session at
   * ProConnect later.
   */
  finish(
    currentUrl: string,
    pending: PendingSignIn,
  ): Promise<{ readonly person: Person; readonly idToken: string }>;
  /**
   * Where to send the browser so that the session at ProConnect ends too (OpenID Connect RP-Initiated Logout 1.0);
   * undefined when the provider has no such address, or one on another host. Errors: `proconnect_unavailable`.
   */
  endSession(idToken: string, returnTo: string): Promise<string | undefined>;
}

/** Those who have an e-mail address here. */
export type FindCandidates = (email: string) => Promise<readonly Candidate[]>;

const scope = "openid given_name usual_name email uid siret";
/** Without this request ProConnect leaves `amr` out. */
const askedClaims = JSON.stringify({ id_token: { amr: { essential: true } } });
const timeoutSeconds = 5;

export function createProConnect(settings: ProConnectSettings, findCandidates: FindCandidates): ProConnect {
  let discovered: Promise<client.Configuration> | undefined;
  return { start, finish, endSession };

  async function start(redirectUri: string) {
    const configuration = await discover();
    const pending = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope,
      claims: askedClaims,
      state: pending.state,
      nonce: pending.nonce,
      ...(settings.pkce && {
        code_challenge: await client.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: "S256",
      }),
    });
    return { url: url.href, pending };
  }

  async function finish(currentUrl: string, pending: PendingSignIn) {
    const configuration = await discover();
    if (new URL(currentUrl).searchParams.get("state") !== pending.state)
      throw serviceError("sign_in_code_invalid");
    const { claims, idToken, userInfo } = await exchange(configuration, new URL(currentUrl), pending).catch(
      toError,
    );
    const identity = readIdentity(claims, userInfo);
    const candidates = await findCandidates(identity.email);
    return { person: judgeIdentity(identity, candidates, settings.secondFactors), idToken };
  }

  async function endSession(idToken: string, returnTo: string): Promise<string | undefined> {
    const configuration = await discover();
    const { end_session_endpoint: endpoint } = configuration.serverMetadata();
    // The policy of our pages lets forms lead to the issuer's host alone.
    if (endpoint === undefined || new URL(endpoint).origin !== new URL(settings.issuer).origin)
      return undefined;
    const url = client.buildEndSessionUrl(configuration, {
      id_token_hint: idToken,
      post_logout_redirect_uri: returnTo,
      state: client.randomState(),
    });
    // The ID token names the client; ProConnect documents no such parameter.
    url.searchParams.delete("client_id");
    return url.href;
  }

  async function exchange(configuration: client.Configuration, url: URL, pending: PendingSignIn) {
    const tokens = await client.authorizationCodeGrant(configuration, url, {
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      idTokenExpected: true,
      ...(settings.pkce && { pkceCodeVerifier: pending.verifier }),
    });
    // There is one: it is expected above.
    const claims = tokens.claims() as client.IDToken;
    const userInfo = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
    return { claims, idToken: tokens.id_token ?? "", userInfo };
  }

  /** Read once; again after a failure. */
  function discover(): Promise<client.Configuration> {
    discovered ??= load(settings).catch((cause: unknown) => {
      discovered = undefined;
      throw serviceError("proconnect_unavailable", { cause });
    });
    return discovered;
  }
}

async function load({ issuer, clientId, clientSecret }: ProConnectSettings): Promise<client.Configuration> {
  const isPlain = issuer.startsWith("http:");
  const configuration = await client.discovery(
    new URL(issuer),
    clientId,
    // Signed with a key of the provider: a bare JSON answer is refused.
    {
      client_secret: clientSecret,
      userinfo_signed_response_alg: "RS256",
      id_token_signed_response_alg: "RS256",
    },
    client.ClientSecretPost(clientSecret),
    { timeout: timeoutSeconds, ...(isPlain && { execute: [client.allowInsecureRequests] }) },
  );
  configuration.timeout = timeoutSeconds;
  client.enableNonRepudiationChecks(configuration);
  return configuration;
}

/** What the browser brought is not what it was sent for; or the provider does not answer as it should. */
function toError(cause: unknown): never {
  const isBrowsers =
    cause instanceof client.AuthorizationResponseError ||
    (cause instanceof client.ResponseBodyError && cause.error === "invalid_grant");
  throw serviceError(isBrowsers ? "sign_in_code_invalid" : "proconnect_unavailable", { cause });
}

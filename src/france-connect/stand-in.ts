// An imitation of FranceConnect for the demonstration: it knows a few fictitious users, whose tokens never expire, and
// answers as version 2 does (a JWE around a JWS, without `typ`). It listens on this machine only.
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CompactEncrypt,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
} from "jose";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { createServer } from "../node-http.ts";
import { createDecryptionKey } from "./create-decryption-key.ts";

/** A user who is logged in: the access token, and what FranceConnect says of it. */
export interface StandInUser {
  readonly token: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface StandIn {
  /** The settings with which the service asks the imitation. */
  readonly config: Pick<
    Config,
    | "FRANCE_CONNECT"
    | "FRANCE_CONNECT_URL"
    | "FRANCE_CONNECT_ISSUER"
    | "FRANCE_CONNECT_JWKS_URL"
    | "FRANCE_CONNECT_CLIENT_ID"
    | "FRANCE_CONNECT_CLIENT_SECRET"
    | "FRANCE_CONNECT_KEYS"
  >;
  close(): Promise<void>;
}

const clientId = "statut-etudiant";
const kid = "stand-in";
const maxBody = 10_000;
const tokenLifeSeconds = 60;

/** Starts the imitation on a free port of this machine. */
export async function startStandIn(
  users: readonly StandInUser[],
  clock: Pick<Clock, "now">,
): Promise<StandIn> {
  const [ours, theirs] = await Promise.all([createDecryptionKey("ECDH-ES"), generateKeyPair("ES256")]);
  const clientSecret = randomBytes(32).toString("base64url");
  const published = { keys: [{ ...(await exportJWK(theirs.publicKey)), kid, alg: "ES256", use: "sig" }] };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const encryptionKey = await importPublic(ours);
  return {
    config: {
      FRANCE_CONNECT: "v2",
      FRANCE_CONNECT_URL: `${issuer}/api/v2/checktoken`,
      FRANCE_CONNECT_ISSUER: issuer,
      FRANCE_CONNECT_JWKS_URL: `${issuer}/api/v2/jwks`,
      FRANCE_CONNECT_CLIENT_ID: clientId,
      FRANCE_CONNECT_CLIENT_SECRET: clientSecret,
      FRANCE_CONNECT_KEYS: JSON.stringify({ keys: [ours] }),
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/api/v2/jwks") {
      response.setHeader("content-type", "application/json").end(JSON.stringify(published));
      return;
    }
    const form = new URLSearchParams(await readText(request));
    if (form.get("client_id") !== clientId || form.get("client_secret") !== clientSecret) {
      response.writeHead(401).end();
      return;
    }
    const user = users.find(({ token }) => token === form.get("token"));
    const jwt = await protect(user === undefined ? { active: false } : describe(user));
    response.setHeader("content-type", "application/token-introspection+jwt").end(jwt);
  }

  function describe({ claims }: StandInUser): Record<string, unknown> {
    const iat = Math.floor(clock.now() / 1000);
    const jti = randomBytes(16).toString("base64url");
    return { active: true, iat, exp: iat + tokenLifeSeconds, jti, ...claims };
  }

  async function protect(introspection: Record<string, unknown>): Promise<string> {
    const jws = await new SignJWT({ token_introspection: introspection })
      .setProtectedHeader({ alg: "ES256", kid })
      .setIssuer(issuer)
      .setAudience(clientId)
      .setIssuedAt(Math.floor(clock.now() / 1000))
      .sign(theirs.privateKey);
    return await new CompactEncrypt(Buffer.from(jws))
      .setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM", cty: "JWT", kid: ours.kid ?? "" })
      .encrypt(encryptionKey);
  }
}

async function importPublic({ kty, crv, x, y }: JWK): Promise<CryptoKey> {
  return (await importJWK({ kty, crv, x, y } as JWK, "ECDH-ES")) as CryptoKey;
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > maxBody) throw new Error("the question is too large");
  }
  return text;
}

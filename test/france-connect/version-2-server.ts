// FranceConnect as version 2 answers data providers: a JWE around a JWS, neither with `typ`. Each token that a test
// gives out has a behaviour of its own, good or bad.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import {
  CompactEncrypt,
  CompactSign,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
} from "jose";
import { createDecryptionKey } from "../../src/france-connect/create-decryption-key.ts";

export interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Signature {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: CryptoKey | Uint8Array;
}

export interface Encryption {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: CryptoKey | Uint8Array;
}

export type Behaviour = () => Answer | Promise<Answer>;

export const clientId = "statut-etudiant-essai";
export const clientSecret = "un-secret-de-client-d-essai";
export const introspectionType = "application/token-introspection+jwt";

export class Version2Server {
  readonly behaviours = new Map<string, Behaviour>();
  /** Forms that were posted, in their order. */
  readonly questions: URLSearchParams[] = [];
  keyReadings = 0;
  publishedKeys: JWK[] = [];
  signingKey: CryptoKey;
  kid = "fc-1";
  readonly #server;
  readonly #encryptionJwk: JWK;
  #encryptionKey: CryptoKey | undefined;

  private constructor(signingKey: CryptoKey, publishedKeys: JWK[], encryptionJwk: JWK) {
    this.signingKey = signingKey;
    this.publishedKeys = publishedKeys;
    this.#encryptionJwk = encryptionJwk;
    this.#server = createServer(async (request, response) => {
      const { status = 200, type = introspectionType, headers, body } = await this.#answer(request);
      response.writeHead(status, { "content-type": type, ...headers }).end(body);
    });
  }

  static async start(port = 0): Promise<Version2Server> {
    const [pair, decryption] = await Promise.all([generateKeyPair("ES256"), createDecryptionKey("ECDH-ES")]);
    const published = { ...(await exportJWK(pair.publicKey)), kid: "fc-1", alg: "ES256", use: "sig" };
    const server = new Version2Server(pair.privateKey, [published], decryption);
    await new Promise<void>((resolve) => server.#server.listen(port, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}/api/v2`;
  }

  /** The private key set of the service. */
  get decryptionKeys(): string {
    return JSON.stringify({ keys: [this.#encryptionJwk] });
  }

  /** The environment of a service that asks this server. */
  get environment(): Record<string, string> {
    return {
      FRANCE_CONNECT: "v2",
      FRANCE_CONNECT_URL: `${this.issuer}/checktoken`,
      FRANCE_CONNECT_ISSUER: this.issuer,
      FRANCE_CONNECT_JWKS_URL: `${this.issuer}/jwks`,
      FRANCE_CONNECT_CLIENT_ID: clientId,
      FRANCE_CONNECT_CLIENT_SECRET: clientSecret,
      FRANCE_CONNECT_KEYS: this.decryptionKeys,
    };
  }

  /** What the service asks gets this answer for the token. */
  behave(token: string, behaviour: Behaviour): void {
    this.behaviours.set(token, behaviour);
  }

  /** The token is good, and stands for this. */
  give(token: string, introspection: Readonly<Record<string, unknown>>): void {
    this.behave(token, async () => ({ body: await this.protect(introspection) }));
  }

  async sign(introspection: unknown, { claims, header, key }: Signature = {}): Promise<string> {
    const iat = now();
    const payload = { iss: this.issuer, aud: clientId, iat, token_introspection: introspection, ...claims };
    return await new SignJWT(JSON.parse(JSON.stringify(payload)))
      .setProtectedHeader({ alg: "ES256", kid: this.kid, ...header })
      .sign(key ?? this.signingKey);
  }

  /** Signs a payload whose introspection is a JSON text, as it stands. */
  async signText(introspection: string): Promise<string> {
    const payload = JSON.stringify({ iss: this.issuer, aud: clientId, iat: now() });
    return await new CompactSign(
      Buffer.from(`${payload.slice(0, -1)},"token_introspection":${introspection}}`),
    )
      .setProtectedHeader({ alg: "ES256", kid: this.kid })
      .sign(this.signingKey);
  }

  async encrypt(text: string, { header, key }: Encryption = {}): Promise<string> {
    const { kty, crv, x, y, kid = "" } = this.#encryptionJwk;
    this.#encryptionKey ??= (await importJWK({ kty, crv, x, y } as JWK, "ECDH-ES")) as CryptoKey;
    return await new CompactEncrypt(Buffer.from(text))
      .setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM", cty: "JWT", kid, ...header })
      .encrypt(key ?? this.#encryptionKey);
  }

  async protect(introspection: unknown, signature?: Signature, encryption?: Encryption): Promise<string> {
    return await this.encrypt(await this.sign(introspection, signature), encryption);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    if (request.url === "/api/v2/jwks") {
      this.keyReadings += 1;
      return { type: "application/json", body: JSON.stringify({ keys: this.publishedKeys }) };
    }
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const form = new URLSearchParams(text);
    this.questions.push(form);
    if (form.get("client_id") !== clientId || form.get("client_secret") !== clientSecret) {
      return { status: 401, type: "application/json", body: "{}" };
    }
    const behaviour = this.behaviours.get(form.get("token") ?? "");
    return behaviour === undefined ? { body: await this.protect({ active: false }) } : await behaviour();
  }
}

export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** An answer that comes after everybody has stopped waiting. */
export async function tooLate(): Promise<Answer> {
  await pause(60_000, undefined, { ref: false });
  return { body: "" };
}

/** The pivot identity of the demonstration's student, and what else a good introspection says. */
export function goodIntrospection(
  different: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    active: true,
    aud: "client-du-partenaire",
    sub: "b6048e95bb134ec5b1d1e1fa69f287172e91722b9354d637a1bcf2ebb0fd2ef5v1",
    iat: now(),
    exp: now() + 60,
    acr: "eidas2",
    jti: "jti-7f0c2a",
    scope: `openid identite_pivot ${scopes.join(" ")}`,
    gender: "male",
    family_name: "Autorbb",
    given_name: "Lance",
    given_name_array: ["Lance"],
    birthdate: "2005-02-05",
    birthplace: "",
    birthcountry: "99138",
    ...different,
  };
}

export const scopes = [
  "mesri_admissions",
  "mesri_admission_inscrit",
  "mesri_admission_regime_formation",
  "mesri_admission_commune_etudes",
  "mesri_admission_etablissement_etudes",
];

// Judges what version 2 of FranceConnect answers about a token: a JWS (RFC 9701), within a JWE when we have keys. It
// needs no network: whose keys verify it is given.
import {
  type CompactDecryptResult,
  compactDecrypt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import { type ErrorId, ServiceError, serviceError } from "../errors.ts";
import { type DecryptionKey, keysFor } from "./decryption-keys.ts";
import type { HttpAnswer } from "./http-exchange.ts";
import {
  type ActiveToken,
  asClaims,
  type Claims,
  type Introspection,
  member,
  optionalText,
  readAnswer,
  readPivotClaims,
  requiredText,
  UnreadableAnswer,
} from "./introspection.ts";

/** What an answer must be to be believed. */
export interface Expectations {
  readonly issuer: string;
  /** We, as FranceConnect knows us. */
  readonly audience: string;
  /** None: answers are signed only. Some: they must be encrypted too. */
  readonly decryptionKeys: readonly DecryptionKey[];
}

const mediaType = "application/token-introspection+jwt";
/** RFC 9701, 5. FranceConnect writes no `typ` at all, which its media type and its one claim make up for. */
const type = "token-introspection+jwt";
const keyAlgorithms = ["RSA-OAEP-256", "ECDH-ES"];
const contentAlgorithms = ["A256GCM"];
const signatureAlgorithms = ["ES256", "RS256"];
/** Oldest answer that is believed, and how far its clock may be from ours, in seconds. */
const maxAgeSeconds = 30;
export const clockToleranceSeconds = 10;

/** Beyond it are milliseconds, by which a token would never expire. */
const latestExp = 1e11;

/** Whether keys that were read anew could change the judgement of an answer. */
export function mayHelpToRenewKeys(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWSSignatureVerificationFailed;
}

/**
 * Gives what the answer says. Errors: `france_connect_answer_unreadable`, `…_signature_refused` (also of what we
 * cannot decrypt), `…_algorithm_refused`, `…_issuer_refused`, `…_audience_refused` and `…_answer_stale`, with a cause
 * for the log that quotes nothing; `france_connect_down` when FranceConnect says that it is.
 */
export async function judgeVersion2(
  answer: HttpAnswer,
  expected: Expectations,
  keys: JWTVerifyGetKey,
  nowMs: number,
): Promise<Introspection> {
  if (answer.mediaType !== mediaType) throw unreadable(`the media type is not ${mediaType}`);
  try {
    const signed = expected.decryptionKeys.length > 0 ? await open(answer.body, expected) : answer.body;
    const { payload, protectedHeader } = await jwtVerify(signed, keys, {
      issuer: expected.issuer,
      audience: expected.audience,
      algorithms: signatureAlgorithms,
      maxTokenAge: maxAgeSeconds,
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(nowMs),
    });
    if (protectedHeader.typ !== undefined && protectedHeader.typ !== type) throw unreadable("typ is another");
    return readAnswer(() => readIntrospection(payload));
  } catch (error) {
    throw refuse(error);
  }
}

/** Opens a JWE with the key that it names, or with the first that fits. */
async function open(body: string, { decryptionKeys }: Expectations): Promise<string> {
  const { kid, alg = "" } = decodeHeader(body);
  if (body.split(".").length !== 5) throw unreadable("the answer is not encrypted");
  if (!keyAlgorithms.includes(alg)) throw new errors.JOSEAlgNotAllowed("key management algorithm");
  let failure: unknown = new errors.JWEDecryptionFailed("no key of ours");
  for (const { key } of keysFor(decryptionKeys, kid, alg)) {
    try {
      const { plaintext }: CompactDecryptResult = await compactDecrypt(body, key, {
        keyManagementAlgorithms: keyAlgorithms,
        contentEncryptionAlgorithms: contentAlgorithms,
      });
      return Buffer.from(plaintext).toString("utf8");
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function decodeHeader(body: string): { readonly kid: string | undefined; readonly alg: string | undefined } {
  try {
    const { kid, alg } = decodeProtectedHeader(body);
    return { kid: typeof kid === "string" ? kid : undefined, alg: typeof alg === "string" ? alg : undefined };
  } catch {
    throw unreadable("the answer is no JWT");
  }
}

function readIntrospection(payload: JWTPayload): Introspection {
  const claims = asClaims(member(payload, "token_introspection"), "token_introspection");
  const active = member(claims, "active");
  if (active === false) return { isActive: false };
  if (active !== true) throw new UnreadableAnswer("active is neither true nor false");
  return readActive(claims);
}

function readActive(claims: Claims): ActiveToken {
  const exp = member(claims, "exp");
  if (typeof exp !== "number" || !(exp < latestExp))
    throw new UnreadableAnswer("exp is no instant in seconds");
  return {
    isActive: true,
    clientId: requiredText(claims, "aud"),
    scopes: new Set((optionalText(claims, "scope") ?? "").split(" ").filter((scope) => scope !== "")),
    acr: optionalText(claims, "acr"),
    expiresAt: exp * 1000,
    jti: optionalText(claims, "jti"),
    identity: readPivotClaims(claims),
  };
}

/** The row of what jose, or we, found wrong. Its messages name claims and algorithms; its errors carry the payload. */
function refuse(error: unknown): unknown {
  if (error instanceof ServiceError) return error;
  if (!(error instanceof errors.JOSEError)) {
    // WebCrypto's own, of a key or a point that is none; its message may quote the answer.
    const { name } = error as Error;
    return serviceError("france_connect_signature_refused", { cause: new Error(`FranceConnect: ${name}`) });
  }
  const id = rowOf(error);
  return serviceError(id, { cause: new (error.constructor as typeof errors.JOSEError)(error.message) });
}

function rowOf(error: errors.JOSEError): ErrorId {
  if (error instanceof errors.JWTExpired) return "france_connect_answer_stale";
  if (error instanceof errors.JWTClaimValidationFailed) return rowsByClaim[error.claim] ?? unreadableId;
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return "france_connect_algorithm_refused";
  }
  const isForgery = forgeries.some((kind) => error instanceof kind);
  return isForgery ? "france_connect_signature_refused" : unreadableId;
}

const unreadableId = "france_connect_answer_unreadable" satisfies ErrorId;

const rowsByClaim: Readonly<Record<string, ErrorId>> = {
  iss: "france_connect_issuer_refused",
  aud: "france_connect_audience_refused",
  iat: "france_connect_answer_stale",
  nbf: "france_connect_answer_stale",
  exp: "france_connect_answer_stale",
};

const forgeries = [
  errors.JWEDecryptionFailed,
  errors.JWSSignatureVerificationFailed,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

function unreadable(why: string): ServiceError {
  return serviceError(unreadableId, { cause: new UnreadableAnswer(why) });
}

// The one table of errors. A row says what a caller gets on every surface and what the journal records; the
// documentation and the tests read the same table.
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.ts";

/** How a call ended, as the journal and the statistics count it. */
export type Outcome =
  | "answered"
  | "not_found"
  | "invalid"
  | "unauthenticated"
  | "denied"
  | "limited"
  | "failed"
  | "cancelled";

export interface ErrorRow {
  /** Code on gRPC, gRPC-Web and Connect. */
  readonly rpc: Code;
  /** HTTP status on REST, and on the version 3 surface unless it says otherwise. */
  readonly http: number;
  readonly outcome: Outcome;
  /** What the caller reads, in French. */
  readonly message: string;
}

const rows = {
  invalid_request: {
    rpc: Code.InvalidArgument,
    http: 400,
    outcome: "invalid",
    message: "La requête comporte des paramètres mal formés ou manquants.",
  },
  unreadable_request: {
    rpc: Code.InvalidArgument,
    http: 400,
    outcome: "invalid",
    message: "Le corps ou l'adresse de la requête est illisible.",
  },
  token_in_url: {
    rpc: Code.InvalidArgument,
    http: 400,
    outcome: "invalid",
    message:
      "Un jeton ne se transmet jamais dans une adresse : utilisez l'en-tête Authorization ou X-API-Key. Considérez ce jeton comme divulgué.",
  },
  token_missing: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "Aucun jeton n'est renseigné : utilisez l'en-tête Authorization: Bearer ou X-API-Key.",
  },
  token_unknown: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "Votre jeton n'est pas valide.",
  },
  token_not_yet_valid: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "Votre jeton n'est pas encore valide.",
  },
  token_expired: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "Votre jeton est expiré. Vous devez refaire une demande.",
  },
  token_revoked: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "Votre jeton est révoqué.",
  },
  partner_suspended: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message: "L'accès de votre organisme au service est suspendu (conditions générales, article 5).",
  },
  address_refused: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message: "Votre jeton n'est pas accepté depuis cette adresse.",
  },
  scope_missing: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message: "Votre jeton est valide mais ses droits sont insuffisants pour cet appel.",
  },
  browser_refused: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message:
      "Le service ne répond pas aux pages web : appelez-le depuis un serveur que vous contrôlez (conditions générales, article 2).",
  },
  student_not_found: {
    rpc: Code.NotFound,
    http: 404,
    outcome: "not_found",
    message: "Aucun étudiant n'a pu être trouvé avec les critères de recherche fournis.",
  },
  route_unknown: {
    rpc: Code.NotFound,
    http: 404,
    outcome: "invalid",
    message: "Cette adresse ne correspond à aucune méthode du service.",
  },
  method_unknown: {
    rpc: Code.Unimplemented,
    http: 404,
    outcome: "invalid",
    message: "Le service n'a pas cette méthode gRPC.",
  },
  method_not_allowed: {
    rpc: Code.Unimplemented,
    http: 405,
    outcome: "invalid",
    message: "Cette adresse n'accepte pas cette méthode HTTP.",
  },
  not_acceptable: {
    rpc: Code.InvalidArgument,
    http: 406,
    outcome: "invalid",
    message: "Le service ne sait pas répondre dans le format demandé.",
  },
  request_timeout: {
    rpc: Code.DeadlineExceeded,
    http: 408,
    outcome: "invalid",
    message: "La requête n'est pas arrivée entière à temps.",
  },
  request_too_large: {
    rpc: Code.ResourceExhausted,
    http: 413,
    outcome: "invalid",
    message: "Le corps de la requête est trop grand.",
  },
  media_type_unsupported: {
    rpc: Code.InvalidArgument,
    http: 415,
    outcome: "invalid",
    message: "Le type ou l'encodage du corps de la requête n'est pas accepté.",
  },
  rate_limited: {
    rpc: Code.ResourceExhausted,
    http: 429,
    outcome: "limited",
    message: "Votre jeton a épuisé sa part du débit du service. Réessayez après le délai indiqué.",
  },
  service_saturated: {
    rpc: Code.ResourceExhausted,
    http: 429,
    outcome: "limited",
    message: "Le service a atteint son débit maximal. Réessayez après le délai indiqué.",
  },
  address_limited: {
    rpc: Code.ResourceExhausted,
    http: 429,
    outcome: "limited",
    message: "Trop de requêtes refusées depuis cette adresse. Réessayez après le délai indiqué.",
  },
  cancelled: {
    rpc: Code.Canceled,
    http: 499,
    outcome: "cancelled",
    message: "L'appelant a interrompu la requête.",
  },
  deadline_exceeded: {
    rpc: Code.DeadlineExceeded,
    http: 504,
    outcome: "failed",
    message: "Le service n'a pas pu répondre dans le délai demandé.",
  },
  internal: {
    rpc: Code.Internal,
    http: 500,
    outcome: "failed",
    message: "Une erreur interne s'est produite. Citez l'identifiant de requête au support.",
  },
  trace_unavailable: {
    rpc: Code.Unavailable,
    http: 503,
    outcome: "failed",
    message: "L'appel n'a pas pu être journalisé : aucune donnée n'est délivrée. Réessayez.",
  },
  storage_unavailable: {
    rpc: Code.Unavailable,
    http: 503,
    outcome: "failed",
    message: "Le référentiel est momentanément indisponible. Réessayez.",
  },
  shutting_down: {
    rpc: Code.Unavailable,
    http: 503,
    outcome: "failed",
    message: "Cette instance s'arrête. Réessayez.",
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorId = keyof typeof rows;
export const errorTable: Readonly<Record<ErrorId, ErrorRow>> = rows;

/** One bad field of a request. */
export interface FieldViolation {
  /** Path of the field, as the contract names it (`birth_date`, `given_names[1]`). */
  readonly field: string;
  readonly description: string;
  /** Identifier of the broken rule, e.g. `string.siret`. */
  readonly rule?: string;
}

export interface ServiceErrorOptions {
  readonly violations?: readonly FieldViolation[];
  /** Milliseconds after which the same call can succeed. */
  readonly retryAfterMs?: number;
  /** A sentence that is added to the row's message. It must hold no personal data. */
  readonly hint?: string;
  /** Facts for programs, sent as `google.rpc.ErrorInfo` metadata. They must hold no personal data. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Kept for the log, never sent. */
  readonly cause?: unknown;
}

/** An error of the table, ready to be sent on any surface. */
export class ServiceError extends ConnectError {
  readonly id: ErrorId;
  readonly row: ErrorRow;
  readonly options: ServiceErrorOptions;

  constructor(id: ErrorId, options: ServiceErrorOptions = {}) {
    const row = errorTable[id];
    const message = options.hint === undefined ? row.message : `${row.message} ${options.hint}`;
    super(message, row.rpc, undefined, describe(id, options), options.cause);
    this.id = id;
    this.row = row;
    this.options = options;
  }

  // ConnectError tells its instances by their name and shape, so that ours keep its name and are told by their row.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && "row" in value && "options" in value;
  }
}

/** Makes an error of the table. */
export function serviceError(id: ErrorId, options?: ServiceErrorOptions): ServiceError {
  return new ServiceError(id, options);
}

/** Domain of our `google.rpc.ErrorInfo` reasons, which are the upper-cased identifiers of the table. */
export const errorDomain = "statutetudiant";

function describe(id: ErrorId, options: ServiceErrorOptions): ConstructorParameters<typeof ConnectError>[3] {
  const details: NonNullable<ConstructorParameters<typeof ConnectError>[3]> = [
    {
      desc: ErrorInfoSchema,
      value: { reason: id.toUpperCase(), domain: errorDomain, metadata: { ...options.metadata } },
    },
  ];
  if (options.violations !== undefined) {
    const fieldViolations = options.violations.map(({ field, description, rule = "" }) => ({
      field,
      description,
      reason: rule,
    }));
    details.push({ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) });
  }
  if (options.retryAfterMs !== undefined) {
    const retryDelay = durationFromMs(Math.ceil(options.retryAfterMs));
    details.push({ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) });
  }
  return details;
}

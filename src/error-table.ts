// The one table of errors. A row says what a caller gets on every surface and what the journal records; the
// documentation and the tests read the same table.
import { Code } from "@connectrpc/connect";
import {
  type Version2Error,
  type Version3Error,
  v2Token,
  v2TooMany,
  v2Unavailable,
  v3Blacklisted,
  v3Expired,
  v3Forbidden,
  v3Insufficient,
  v3Token,
  v3TooMany,
  v3Unavailable,
  v3Unknown,
  whereToAsk,
} from "./public-errors.ts";

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
  /** HTTP status on REST. */
  readonly http: number;
  readonly outcome: Outcome;
  /** What the caller reads, in French. */
  readonly message: string;
  /** On version 3 of the public contract (docs/api-particulier.md); absent: only our own contracts meet it. */
  readonly v3?: Version3Error;
  /** On version 2 of the public contract. */
  readonly v2?: Version2Error;
}

/** A row of what only our own contracts have: people and what they administer. */
function administrationRow(rpc: Code, http: number, outcome: Outcome, message: string): ErrorRow {
  return { rpc, http, outcome, message };
}

const rows = {
  invalid_request: {
    rpc: Code.InvalidArgument,
    http: 400,
    outcome: "invalid",
    message: "La requête comporte des paramètres mal formés ou manquants.",
    v3: { http: 422, code: "00400", title: "Entité non traitable" },
    v2: { http: 400, error: "bad_request", reason: "Invalid parameters" },
  },
  unreadable_request: {
    rpc: Code.InvalidArgument,
    http: 400,
    outcome: "invalid",
    message: "Le corps ou l'adresse de la requête est illisible.",
    v3: { http: 400, code: "00400", title: "Requête illisible" },
    v2: { http: 400, error: "bad_request", reason: "Unreadable request" },
  },
  token_in_url: {
    rpc: Code.InvalidArgument,
    http: 400,
    outcome: "invalid",
    message:
      "Un jeton ne se transmet jamais dans une adresse : utilisez l'en-tête Authorization ou X-API-Key. Considérez ce jeton comme divulgué.",
    v3: v3Token,
    v2: v2Token,
  },
  token_missing: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "Aucun jeton n'est renseigné : utilisez l'en-tête Authorization: Bearer ou X-API-Key.",
    v3: v3Unknown,
    v2: v2Token,
  },
  token_unknown: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "Votre jeton n'est pas valide.",
    v3: v3Unknown,
    v2: v2Token,
  },
  token_not_yet_valid: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "Votre jeton n'est pas encore valide.",
    v3: v3Token,
    v2: v2Token,
  },
  token_expired: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "Votre jeton est expiré. Vous devez refaire une demande.",
    v3: v3Expired,
    v2: v2Token,
  },
  token_revoked: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "Votre jeton est révoqué.",
    v3: { ...v3Blacklisted, detail: `Votre token est révoqué. ${whereToAsk}` },
    v2: v2Token,
  },
  partner_suspended: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message: "L'accès de votre organisme au service est suspendu (conditions générales, article 5).",
    v3: {
      ...v3Blacklisted,
      detail: `L'accès de votre organisme est suspendu (conditions générales, article 5). ${whereToAsk}`,
    },
    v2: v2Token,
  },
  address_refused: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message: "Votre jeton n'est pas accepté depuis cette adresse.",
    v3: v3Forbidden,
    v2: { http: 403, error: "forbidden", reason: "Address not allowed" },
  },
  scope_missing: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message: "Votre jeton est valide mais ses droits sont insuffisants pour cet appel.",
    v3: v3Insufficient,
    v2: { http: 403, error: "forbidden", reason: "Insufficient privileges" },
  },
  browser_refused: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message:
      "Le service ne répond pas aux pages web : appelez-le depuis un serveur que vous contrôlez (conditions générales, article 2).",
    v3: v3Forbidden,
    v2: { http: 403, error: "forbidden", reason: "Browser requests are refused" },
  },
  student_not_found: {
    rpc: Code.NotFound,
    http: 404,
    outcome: "not_found",
    message: "Aucun étudiant n'a pu être trouvé avec les critères de recherche fournis.",
    v3: { http: 404, code: "25003", title: "Entité non trouvée", provider: true },
    v2: { http: 404, error: "not_found", reason: "Student not found" },
  },
  route_unknown: {
    rpc: Code.NotFound,
    http: 404,
    outcome: "invalid",
    message: "Cette adresse ne correspond à aucune méthode du service.",
    v3: { http: 404, code: "00404", title: "Adresse inconnue" },
    v2: { http: 404, error: "not_found", reason: "Route not found" },
  },
  method_unknown: {
    rpc: Code.Unimplemented,
    http: 404,
    outcome: "invalid",
    message: "Le service n'a pas cette méthode gRPC.",
    v3: { http: 404, code: "00404", title: "Adresse inconnue" },
    v2: { http: 404, error: "not_found", reason: "Route not found" },
  },
  method_not_allowed: {
    rpc: Code.Unimplemented,
    http: 405,
    outcome: "invalid",
    message: "Cette adresse n'accepte pas cette méthode HTTP.",
    v3: { http: 405, code: "00405", title: "Méthode non autorisée" },
    v2: { http: 405, error: "method_not_allowed", reason: "Method not allowed" },
  },
  not_acceptable: {
    rpc: Code.InvalidArgument,
    http: 406,
    outcome: "invalid",
    message: "Le service ne sait pas répondre dans le format demandé.",
    v3: { http: 406, code: "00406", title: "Format non disponible" },
    v2: { http: 406, error: "not_acceptable", reason: "Not acceptable" },
  },
  request_timeout: {
    rpc: Code.DeadlineExceeded,
    http: 408,
    outcome: "invalid",
    message: "La requête n'est pas arrivée entière à temps.",
    v3: { http: 408, code: "00408", title: "Requête trop lente" },
    v2: { http: 408, error: "request_timeout", reason: "Request timeout" },
  },
  request_too_large: {
    rpc: Code.ResourceExhausted,
    http: 413,
    outcome: "invalid",
    message: "Le corps de la requête est trop grand.",
    v3: { http: 413, code: "00413", title: "Requête trop grande" },
    v2: { http: 413, error: "request_too_large", reason: "Request too large" },
  },
  target_too_long: {
    rpc: Code.InvalidArgument,
    http: 414,
    outcome: "invalid",
    message: "L'adresse de la requête dépasse 2048 caractères : transmettez les paramètres dans le corps.",
    v3: { http: 414, code: "00414", title: "Adresse trop longue" },
    v2: { http: 414, error: "uri_too_long", reason: "URI too long" },
  },
  media_type_unsupported: {
    rpc: Code.InvalidArgument,
    http: 415,
    outcome: "invalid",
    message: "Le type ou l'encodage du corps de la requête n'est pas accepté.",
    v3: { http: 415, code: "00415", title: "Format non accepté" },
    v2: { http: 415, error: "unsupported_media_type", reason: "Unsupported media type" },
  },
  rate_limited: {
    rpc: Code.ResourceExhausted,
    http: 429,
    outcome: "limited",
    message: "Votre jeton a épuisé sa part du débit du service. Réessayez après le délai indiqué.",
    v3: v3TooMany,
    v2: v2TooMany,
  },
  service_saturated: {
    rpc: Code.ResourceExhausted,
    http: 429,
    outcome: "limited",
    message: "Le service a atteint son débit maximal. Réessayez après le délai indiqué.",
    v3: v3TooMany,
    v2: v2TooMany,
  },
  address_limited: {
    rpc: Code.ResourceExhausted,
    http: 429,
    outcome: "limited",
    message: "Trop de requêtes refusées depuis cette adresse. Réessayez après le délai indiqué.",
    v3: v3TooMany,
    v2: v2TooMany,
  },
  france_connect_unavailable: {
    rpc: Code.Unimplemented,
    http: 501,
    outcome: "invalid",
    message:
      "Le service ne répond pas encore aux jetons FranceConnect : utilisez l'INE ou l'identité civile.",
    v3: { http: 501, code: "25501", title: "Non disponible", provider: true },
    v2: { http: 501, error: "not_implemented", reason: "Not implemented" },
  },
  session_missing: administrationRow(
    Code.Unauthenticated,
    401,
    "unauthenticated",
    "Cette méthode demande la session d'une personne : utilisez l'en-tête Authorization: Bearer.",
  ),
  session_unknown: administrationRow(
    Code.Unauthenticated,
    401,
    "unauthenticated",
    "La session n'est pas valide ou a pris fin : connectez-vous de nouveau.",
  ),
  sign_in_code_invalid: administrationRow(
    Code.Unauthenticated,
    401,
    "unauthenticated",
    "Le code de connexion n'est pas valide, a expiré ou a déjà servi.",
  ),
  role_insufficient: administrationRow(
    Code.PermissionDenied,
    403,
    "denied",
    "Votre rôle ne permet pas cette action.",
  ),
  person_limited: administrationRow(
    Code.ResourceExhausted,
    429,
    "limited",
    "Trop de requêtes de la même personne. Réessayez après le délai indiqué.",
  ),
  record_not_found: administrationRow(
    Code.NotFound,
    404,
    "not_found",
    "Aucun élément accessible ne porte cet identifiant.",
  ),
  request_id_reused: administrationRow(
    Code.AlreadyExists,
    409,
    "invalid",
    "Cet identifiant de requête a déjà servi à une autre demande : choisissez-en un nouveau.",
  ),
  edit_conflict: administrationRow(
    Code.Aborted,
    409,
    "invalid",
    "L'élément a été modifié depuis sa lecture : relisez-le, puis refaites la modification.",
  ),
  cancelled: {
    rpc: Code.Canceled,
    http: 499,
    outcome: "cancelled",
    message: "L'appelant a interrompu la requête.",
    v3: { http: 499, code: "00499", title: "Requête interrompue" },
    v2: { http: 499, error: "cancelled", reason: "Request cancelled" },
  },
  deadline_exceeded: {
    rpc: Code.DeadlineExceeded,
    http: 504,
    outcome: "failed",
    message: "Le service n'a pas pu répondre dans le délai demandé.",
    v3: { http: 504, code: "25002", title: "Délai dépassé", provider: true },
    v2: { http: 503, error: "network_error", reason: "Timeout" },
  },
  internal: {
    rpc: Code.Internal,
    http: 500,
    outcome: "failed",
    message: "Une erreur interne s'est produite. Citez l'identifiant de requête au support.",
    v3: { http: 502, code: "25999", title: "Erreur inconnue du fournisseur", provider: true },
    v2: { http: 500, error: "error", reason: "Internal server error" },
  },
  trace_unavailable: {
    rpc: Code.Unavailable,
    http: 503,
    outcome: "failed",
    message: "L'appel n'a pas pu être journalisé : aucune donnée n'est délivrée. Réessayez.",
    v3: v3Unavailable,
    v2: v2Unavailable,
  },
  storage_unavailable: {
    rpc: Code.Unavailable,
    http: 503,
    outcome: "failed",
    message: "Le référentiel est momentanément indisponible. Réessayez.",
    v3: { http: 504, code: "25001", title: "Fournisseur indisponible", provider: true },
    v2: v2Unavailable,
  },
  shutting_down: {
    rpc: Code.Unavailable,
    http: 503,
    outcome: "failed",
    message: "Cette instance s'arrête. Réessayez.",
    v3: v3Unavailable,
    v2: v2Unavailable,
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorId = keyof typeof rows;
export const errorTable: Readonly<Record<ErrorId, ErrorRow>> = rows;

/** A row that the public contracts have words for. */
export type PublicRow = ErrorRow & Required<Pick<ErrorRow, "v2" | "v3">>;

/** The row as the public contracts word it: what they have no words for is a failure of ours on them. */
export function publicRow(row: ErrorRow): PublicRow {
  return row.v3 === undefined || row.v2 === undefined ? rows.internal : (row as PublicRow);
}

// What callers of the public API Particulier contract read of an error (docs/api-particulier.md): the shape of the
// table's columns, and the entries that several rows share. What the public contract fixes is worded as it is there.
export interface Version3Error {
  readonly http: number;
  readonly code: string;
  readonly title: string;
  /** The wording that the public contract fixes; absent: the row's message. */
  readonly detail?: string;
  /** What `source.parameter` names. */
  readonly parameter?: string;
  /** Whom `meta.provider` names: true, who holds the data; FranceConnect, who knows the user. */
  readonly provider?: true | "FranceConnect";
  /** `meta.retry_in`, in seconds, when the error itself does not know better. */
  readonly retryInSeconds?: number;
}

export interface Version2Error {
  readonly http: number;
  readonly error: string;
  readonly reason: string;
}

export const v3Token = { http: 401, code: "00101", title: "Interdit", parameter: "token" };
export const v3Unknown = { ...v3Token, detail: "Votre token n'est pas valide ou n'est pas renseigné" };
export const v3Expired = {
  ...v3Token,
  code: "00103",
  title: "Jeton expiré",
  detail: "Votre token est expiré. Vous devez refaire une demande",
};
export const v3Blacklisted = { ...v3Token, code: "00105", title: "Jeton sur liste noire" };
export const v3Forbidden = { http: 403, code: "00100", title: "Privilèges insuffisants", parameter: "token" };
export const v3Insufficient = {
  ...v3Forbidden,
  detail:
    "Votre token est valide mais vos privilèges sont insuffisants. Listez vos privilèges sur /api/introspect",
};
export const v3TooMany = {
  http: 429,
  code: "00429",
  title: "Trop de requêtes",
  detail: "Vous avez effectué trop de requêtes",
};
export const v3Unavailable = {
  http: 504,
  code: "00501",
  title: "Service indisponible",
  provider: true,
  retryInSeconds: 5,
} as const;
/** FranceConnect does not answer. */
export const v3FranceConnectDown = {
  http: 504,
  title: "Fournisseur indisponible",
  provider: "FranceConnect",
  retryInSeconds: 5,
} as const;
/** What FranceConnect answered is not believed. */
export const v3FranceConnectRefused = {
  http: 502,
  title: "Réponse du fournisseur refusée",
  provider: "FranceConnect",
} as const;
export const v2FranceConnectRefused = { http: 500, error: "error", reason: "Internal server error" };
export const v2Token = { http: 401, error: "access_denied", reason: "Token not found or inactive" };
export const v2TooMany = { http: 429, error: "too_many_requests", reason: "Too many requests" };
export const v2Unavailable = { http: 503, error: "network_error", reason: "Service unavailable" };

/** The terms of use (article 6.2) give the address. */
export const whereToAsk =
  "Le motif et la marche à suivre vous sont donnés par le support : statutetudiant@enseignementsup.gouv.fr";

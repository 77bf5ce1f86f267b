// The one table of errors. A row says what a caller gets on every surface and what the journal records; the
// documentation and the tests read the same table.
import { Code } from "@connectrpc/connect";
import {
  type Version2Error,
  type Version3Error,
  v2FranceConnectRefused,
  v2Token,
  v2TooMany,
  v2Unavailable,
  v3Blacklisted,
  v3Expired,
  v3Forbidden,
  v3FranceConnectDown,
  v3FranceConnectRefused,
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
  /** Who failed, when it was not this service: the availability that the terms promise (article 3) does not count it. */
  readonly fault?: "france_connect";
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

/** Refused as things stand: the same request can be right later. */
function refusedNow(message: string): ErrorRow {
  return administrationRow(Code.FailedPrecondition, 400, "invalid", message);
}

/** Refused to this person. */
function refusedToYou(message: string): ErrorRow {
  return administrationRow(Code.PermissionDenied, 403, "denied", message);
}

/** Refused because there is one already. */
function refusedTwice(message: string): ErrorRow {
  return administrationRow(Code.AlreadyExists, 409, "invalid", message);
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
  secret_replaced: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "Ce secret a été remplacé lors d'une rotation : utilisez le nouveau secret du jeton.",
    v3: v3Token,
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
    message: "Le service ne sait répondre dans aucun des encodages que l'en-tête Accept-Encoding accepte.",
    v3: { http: 406, code: "00406", title: "Encodage non disponible" },
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
  headers_too_large: {
    rpc: Code.InvalidArgument,
    http: 431,
    outcome: "invalid",
    message: "Les en-têtes de la requête sont trop grands : 16 Kio et 100 en-têtes au plus.",
    v3: { http: 431, code: "00431", title: "En-têtes trop grands" },
    v2: { http: 431, error: "request_header_fields_too_large", reason: "Request header fields too large" },
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
  compression_unsupported: administrationRow(
    Code.Unimplemented,
    415,
    "invalid",
    "Cette compression n'est pas acceptée : le service lit gzip, br et les messages sans compression.",
  ),
  service_unknown: administrationRow(
    Code.NotFound,
    404,
    "invalid",
    "Aucun service de ce nom n'est connu : laissez-le vide pour l'état de l'ensemble.",
  ),
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
    message: "Ce service n'est pas raccordé à FranceConnect : utilisez l'INE ou l'identité civile.",
    v3: { http: 501, code: "25501", title: "Non disponible", provider: true },
    v2: { http: 501, error: "not_implemented", reason: "Not implemented" },
  },
  france_connect_token_inactive: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "FranceConnect ne reconnaît pas ce jeton d'accès, ou ne le reconnaît plus.",
    v3: { ...v3Token, code: "25510" },
    v2: v2Token,
  },
  france_connect_token_expired: {
    rpc: Code.Unauthenticated,
    http: 401,
    outcome: "unauthenticated",
    message: "Ce jeton d'accès FranceConnect est expiré : l'usager doit se reconnecter.",
    v3: { ...v3Token, code: "25511", title: "Jeton expiré" },
    v2: v2Token,
  },
  france_connect_client_unknown: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message: "Ce jeton a été délivré à un client FranceConnect qui n'est pas enregistré auprès du service.",
    v3: { ...v3Forbidden, code: "25512" },
    v2: { http: 403, error: "forbidden", reason: "FranceConnect client unknown" },
  },
  france_connect_client_revoked: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message: "L'enregistrement de ce client FranceConnect auprès du service est révoqué.",
    v3: { ...v3Forbidden, code: "25513" },
    v2: { http: 403, error: "forbidden", reason: "FranceConnect client revoked" },
  },
  france_connect_recipient_refused: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message:
      "Le destinataire n'est pas un de ceux que déclare le partenaire à qui ce jeton FranceConnect a été délivré.",
    v3: { ...v3Forbidden, code: "25514" },
    v2: { http: 403, error: "forbidden", reason: "Recipient not allowed" },
  },
  france_connect_scope_missing: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message:
      "Ce jeton FranceConnect ou l'enregistrement de son client ne donne pas le droit aux admissions (mesri_admissions).",
    v3: { ...v3Forbidden, code: "25515" },
    v2: { http: 403, error: "forbidden", reason: "Insufficient privileges" },
  },
  france_connect_assurance_too_low: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message: "L'usager s'est identifié auprès de FranceConnect à un niveau de garantie insuffisant.",
    v3: { ...v3Forbidden, code: "25516" },
    v2: { http: 403, error: "forbidden", reason: "Level of assurance too low" },
  },
  france_connect_identity_incomplete: {
    rpc: Code.PermissionDenied,
    http: 403,
    outcome: "denied",
    message:
      "Ce jeton FranceConnect ne donne pas l'identité pivot entière : nom, prénoms, date de naissance et sexe.",
    v3: { ...v3Forbidden, code: "25517" },
    v2: { http: 403, error: "forbidden", reason: "Pivot identity incomplete" },
  },
  france_connect_down: {
    rpc: Code.Unavailable,
    http: 504,
    outcome: "failed",
    fault: "france_connect",
    message: "FranceConnect est momentanément injoignable. Réessayez après le délai indiqué.",
    v3: { ...v3FranceConnectDown, code: "25520" },
    v2: v2Unavailable,
  },
  france_connect_slow: {
    rpc: Code.DeadlineExceeded,
    http: 504,
    outcome: "failed",
    fault: "france_connect",
    message: "FranceConnect n'a pas répondu à temps. Réessayez après le délai indiqué.",
    v3: { ...v3FranceConnectDown, code: "25521", title: "Délai dépassé" },
    v2: v2Unavailable,
  },
  france_connect_answer_unreadable: {
    rpc: Code.Internal,
    http: 502,
    outcome: "failed",
    message: "La réponse de FranceConnect est illisible : aucune donnée n'est délivrée.",
    v3: { ...v3FranceConnectRefused, code: "25530" },
    v2: v2FranceConnectRefused,
  },
  france_connect_signature_refused: {
    rpc: Code.Internal,
    http: 502,
    outcome: "failed",
    message: "La réponse de FranceConnect n'a pas pu être authentifiée : aucune donnée n'est délivrée.",
    v3: { ...v3FranceConnectRefused, code: "25531" },
    v2: v2FranceConnectRefused,
  },
  france_connect_algorithm_refused: {
    rpc: Code.Internal,
    http: 502,
    outcome: "failed",
    message: "La réponse de FranceConnect est protégée d'une façon que le service n'admet pas.",
    v3: { ...v3FranceConnectRefused, code: "25532" },
    v2: v2FranceConnectRefused,
  },
  france_connect_issuer_refused: {
    rpc: Code.Internal,
    http: 502,
    outcome: "failed",
    message: "La réponse reçue n'a pas FranceConnect pour émetteur : aucune donnée n'est délivrée.",
    v3: { ...v3FranceConnectRefused, code: "25533" },
    v2: v2FranceConnectRefused,
  },
  france_connect_audience_refused: {
    rpc: Code.Internal,
    http: 502,
    outcome: "failed",
    message: "La réponse de FranceConnect est destinée à un autre service : aucune donnée n'est délivrée.",
    v3: { ...v3FranceConnectRefused, code: "25534" },
    v2: v2FranceConnectRefused,
  },
  france_connect_answer_stale: {
    rpc: Code.Internal,
    http: 502,
    outcome: "failed",
    message: "La réponse de FranceConnect n'est pas datée de cet instant : aucune donnée n'est délivrée.",
    v3: { ...v3FranceConnectRefused, code: "25535" },
    v2: v2FranceConnectRefused,
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
  second_factor_missing: administrationRow(
    Code.PermissionDenied,
    403,
    "denied",
    "La connexion avec ProConnect demande un second facteur : activez-le chez votre fournisseur d'identité.",
  ),
  sign_in_not_linked: administrationRow(
    Code.PermissionDenied,
    403,
    "denied",
    "L'adresse et le SIRET que ProConnect transmet ne sont ceux d'aucun compte du service.",
  ),
  proconnect_unavailable: administrationRow(
    Code.Unavailable,
    503,
    "failed",
    "ProConnect ne répond pas comme attendu. Réessayez, ou demandez un lien par courriel.",
  ),
  form_refused: administrationRow(
    Code.PermissionDenied,
    403,
    "denied",
    "Ce formulaire a expiré ou vient d'un autre site : rechargez la page et recommencez.",
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
  body_not_yours: refusedToYou("Une décision est prise au nom de l'organisme pour lequel vous agissez."),
  partner_siret_taken: refusedTwice("Un partenaire porte déjà ce SIRET."),
  partner_details_settled: refusedToYou(
    "Une fois la demande acceptée, seul le ministère modifie le nom et le fondement légal du partenaire.",
  ),
  partner_closed: refusedNow("Ce partenaire est résilié : plus rien de lui ne se modifie."),
  eligibility_incomplete: refusedNow(
    "L'éligibilité ne se vérifie pas sans catégorie juridique et texte qui habilite le partenaire.",
  ),
  activation_incomplete: refusedNow("Ce partenaire ne remplit pas encore les conditions de l'activation."),
  partner_activate_active: refusedNow("Ce partenaire est déjà actif."),
  partner_activate_suspended: refusedNow("Un partenaire suspendu se rétablit, il ne s'active pas."),
  partner_activate_terminated: refusedNow("Un partenaire résilié ne s'active plus."),
  partner_suspend_requested: refusedNow("Une demande de partenaire ne se suspend pas."),
  partner_suspend_suspended: refusedNow("Ce partenaire est déjà suspendu."),
  partner_suspend_terminated: refusedNow("Un partenaire résilié ne se suspend plus."),
  partner_reinstate_requested: refusedNow("Une demande de partenaire s'active, elle ne se rétablit pas."),
  partner_reinstate_active: refusedNow("Ce partenaire est actif : il n'est pas à rétablir."),
  partner_reinstate_terminated: refusedNow("Un partenaire résilié ne se rétablit plus."),
  partner_terminate_terminated: refusedNow("Ce partenaire est déjà résilié."),
  contact_email_taken: refusedTwice("Un autre contact de ce partenaire a déjà cette adresse."),
  contacts_limited: refusedNow("Un partenaire a au plus 50 contacts."),
  address_code_invalid: administrationRow(
    Code.Unauthenticated,
    401,
    "unauthenticated",
    "Le code de confirmation de cette adresse n'est pas valide, a expiré ou a été remplacé par un autre.",
  ),
  address_changes_limited: administrationRow(
    Code.ResourceExhausted,
    429,
    "limited",
    "Trop de changements d'adresse ont été demandés en un jour pour cet organisme. Réessayez après le délai indiqué.",
  ),
  contact_not_yours: refusedToYou(
    "Seul un contact administratif modifie les coordonnées d'un autre contact.",
  ),
  contact_roles_not_yours: refusedToYou("Seul un contact administratif modifie les rôles des contacts."),
  last_administrative_contact: refusedNow(
    "Un partenaire garde au moins un contact administratif : désignez-en d'abord un autre.",
  ),
  last_technical_contact: refusedNow(
    "Un partenaire garde au moins un contact technique : désignez-en d'abord un autre.",
  ),
  terms_version_taken: refusedTwice("Une version des conditions générales porte déjà ce nom."),
  terms_date_past: refusedNow("Une nouvelle version n'entre pas en vigueur avant le jour de sa publication."),
  terms_not_later: refusedNow("Une nouvelle version entre en vigueur après toutes celles qui sont publiées."),
  terms_superseded: refusedNow("Cette version des conditions générales n'est plus en vigueur."),
  terms_already_accepted: refusedTwice(
    "Votre organisme a déjà accepté cette version des conditions générales.",
  ),
  terms_text_differs: refusedNow("L'empreinte n'est pas celle du texte de cette version : relisez-le."),
  breach_partner_state: refusedNow("Un manquement s'enregistre pour un partenaire actif ou suspendu."),
  breach_deadline_past: refusedNow("Le délai pour remédier se termine après aujourd'hui."),
  breach_deadline_not_later: refusedNow("Un nouveau délai se termine après le précédent."),
  breach_assess_remedied: refusedNow("La gravité d'un manquement réglé ne change plus."),
  breach_assess_closed: refusedNow("La gravité d'un manquement classé ne change plus."),
  breach_notify_remedied: refusedNow("Un manquement réglé ne se notifie plus."),
  breach_notify_closed: refusedNow("Un manquement classé ne se notifie plus."),
  breach_answer_remedied: refusedNow("Ce manquement est réglé : il n'attend plus de réponse."),
  breach_answer_closed: refusedNow("Ce manquement est classé : il n'attend plus de réponse."),
  breach_remedy_recorded: refusedNow(
    "Le partenaire ne peut remédier à un manquement avant d'en être informé.",
  ),
  breach_remedy_remedied: refusedNow("Le partenaire a déjà remédié à ce manquement."),
  breach_remedy_closed: refusedNow("Un manquement classé ne se règle plus."),
  breach_close_remedied: refusedNow("Un manquement réglé ne se classe plus sans suite."),
  breach_close_closed: refusedNow("Ce manquement est déjà classé."),
  breach_suspend_without_notice: refusedNow(
    "Un manquement ordinaire ne suspend pas le partenaire avant une mise en demeure (article 5).",
  ),
  breach_suspend_before_deadline: refusedNow(
    "Un manquement ordinaire ne suspend pas le partenaire avant la fin du délai donné (article 5).",
  ),
  breach_suspend_suspended: refusedNow("Le partenaire a déjà été suspendu pour ce manquement."),
  breach_suspend_remedied: refusedNow("Un manquement réglé ne suspend plus le partenaire."),
  breach_suspend_closed: refusedNow("Un manquement classé ne suspend plus le partenaire."),
  breach_entries_limited: refusedNow("Un dossier de manquement a au plus 500 pièces."),
  operator_email_taken: refusedTwice("Un autre opérateur a déjà cette adresse."),
  operator_disabled: refusedNow("Ce compte d'opérateur est désactivé, ce qui est définitif."),
  own_account: refusedToYou("Personne ne change son propre rôle ni ne désactive son propre compte."),
  last_administrator: refusedNow(
    "Le service garde au moins un administrateur : désignez-en d'abord un autre.",
  ),
  procedure_under_review: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche est en cours d'instruction : retirez-la d'abord.",
  ),
  procedure_not_submitted: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche n'est pas soumise à l'instruction.",
  ),
  procedure_already_refused: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche est refusée : modifiez-la avant de la soumettre de nouveau.",
  ),
  procedure_already_approved: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche est approuvée et rien n'y est en attente.",
  ),
  procedure_withdrawn: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche est retirée : modifiez-la avant de la soumettre de nouveau.",
  ),
  procedure_closed: administrationRow(Code.FailedPrecondition, 400, "invalid", "La démarche est close."),
  procedure_incomplete: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche est incomplète : ce qui manque est indiqué.",
  ),
  procedure_name_taken: administrationRow(
    Code.AlreadyExists,
    409,
    "invalid",
    "Une autre démarche de l'organisme porte déjà ce nom.",
  ),
  procedure_in_use: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Un jeton sert encore cette démarche : révoquez-le, ou faites-la d'abord quitter ce jeton.",
  ),
  procedures_limited: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "L'organisme a trop de démarches ouvertes : clôturez-en avant d'en créer.",
  ),
  procedure_not_approved: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche n'est pas approuvée.",
  ),
  procedure_has_token: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche a déjà un jeton (conditions générales, article 2).",
  ),
  closeness_not_declared: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche ne se déclare pas de finalité voisine (conditions générales, article 2).",
  ),
  closeness_unfounded: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche déclarée voisine n'existe pas, est close ou relève d'un autre organisme.",
  ),
  closeness_not_approved: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La finalité voisine de cette démarche n'a pas été approuvée (conditions générales, article 2).",
  ),
  scopes_not_the_same: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Les deux démarches ne nécessitent pas exactement les mêmes droits (conditions générales, article 2).",
  ),
  scopes_exceed_procedure: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Les droits demandés dépassent ceux de la démarche approuvée.",
  ),
  shared_scopes_differ: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche partage un jeton avec une autre, dont les droits ne seraient plus les mêmes : faites-la d'abord quitter ce jeton.",
  ),
  shared_purpose_not_close: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche partage un jeton sans que sa finalité y soit encore approuvée comme voisine : faites-la d'abord quitter ce jeton.",
  ),
  partner_not_active: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "L'organisme n'est pas actif : cette action lui est fermée.",
  ),
  token_already_revoked: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Le jeton est révoqué, ou le sera à une date fixée.",
  ),
  token_already_expired: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Le jeton est expiré : demandez-en un autre.",
  ),
  token_already_leaked: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Le jeton est déjà signalé comme divulgué.",
  ),
  rotation_running: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Deux secrets du jeton sont déjà valables : attendez la fin de la rotation, ou indiquez que le dernier est perdu.",
  ),
  revocation_in_past: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Une révocation ne peut pas être antérieure à la demande.",
  ),
  revocation_after_end: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Le jeton sera déjà expiré à la date de révocation demandée.",
  ),
  revocation_already_sooner: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La révocation du jeton est déjà fixée à une date plus proche.",
  ),
  prolonged_too_early: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Un jeton se prolonge dans les 90 jours qui précèdent sa fin.",
  ),
  not_prolonged: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La durée demandée ne repousse pas la fin du jeton.",
  ),
  confirmation_missing: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La prolongation demande de confirmer les contacts, les finalités et les droits : ce qui manque est indiqué.",
  ),
  confirmation_stale: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Une confirmation porte sur un état qui a changé depuis sa lecture : relisez ce qui est indiqué.",
  ),
  procedure_not_on_token: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "La démarche n'utilise pas ce jeton.",
  ),
  token_own_procedure: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Le jeton a été délivré pour cette démarche : elle ne peut pas le quitter.",
  ),
  secrets_limited: administrationRow(
    Code.ResourceExhausted,
    429,
    "limited",
    "L'organisme a reçu trop de secrets de jetons en un jour. Réessayez après le délai indiqué.",
  ),
  notice_ended: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Cette information n'a plus cours : elle est résolue, retirée, annulée ou échue.",
  ),
  change_too_soon: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Une évolution technique s'annonce au moins six mois avant sa mise en production (conditions générales, article 6.1).",
  ),
  mail_not_stuck: administrationRow(
    Code.FailedPrecondition,
    400,
    "invalid",
    "Seul un courriel refusé ou sans confirmation peut être envoyé de nouveau.",
  ),
  job_running: refusedNow("Ce traitement est en cours : attendez la fin de son exécution."),
  mail_unsafe: administrationRow(
    Code.InvalidArgument,
    400,
    "invalid",
    "Le texte contient un secret ou un numéro d'étudiant, qui ne doivent jamais partir par courriel.",
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

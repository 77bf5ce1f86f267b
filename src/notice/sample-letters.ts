// One letter of each kind, with invented facts: for `statut mail preview`, and for the tests that keep their words.
import { contactRoleWords } from "../access/person.ts";
import type { Letter } from "../mail/mail-content.ts";
import { addressChangeLetter, addressLetter } from "./address-letter.ts";
import {
  changeAnnouncedLetter,
  changeReminderLetter,
  changeRescheduledLetter,
  changeWithdrawnLetter,
} from "./change-letter.ts";
import type { ChangeRecord } from "./change-storage.ts";
import { contactGainLetter } from "./contact-letter.ts";
import { breachNoticeLetter, decisionLetter, type PartnerDecision } from "./decision-letter.ts";
import { incidentLetter } from "./incident-letter.ts";
import type { IncidentRecord } from "./incident-storage.ts";
import { maintenanceLetter } from "./maintenance-letter.ts";
import type { MaintenanceRecord } from "./maintenance-storage.ts";
import { signInLetter } from "./sign-in-letter.ts";
import { termsLetter } from "./terms-letter.ts";
import { type ExpiringToken, tokenExpiryLetter, tokenLeakLetter } from "./token-letter.ts";

const hourMs = 3_600_000;
const start = Date.UTC(2026, 10, 25, 8, 30);

const incident: IncidentRecord = {
  id: "inc_4a0c2f",
  title: "Réponses lentes",
  impact: "degraded",
  parts: ["lookup_by_ine", "lookup_by_identity"],
  state: "investigating",
  startedAt: start,
  openedAt: start + hourMs,
  resolvedAt: undefined,
  revision: 1,
  updates: [
    {
      toldAt: start + hourMs,
      state: "investigating",
      message: "Les réponses prennent plusieurs secondes.\nVos appels aboutissent : ne les répétez pas.",
    },
  ],
};

const resolved: IncidentRecord = {
  ...incident,
  state: "resolved",
  resolvedAt: start + 3 * hourMs,
  updates: [
    {
      toldAt: start + 3 * hourMs,
      state: "resolved",
      message: "Un index de la base de données manquait ; il est rétabli.",
    },
  ],
};

const change: ChangeRecord = {
  id: "chg_9b1d7e",
  title: "Fin de la recherche par adresse",
  description: "La recherche par identité civile n'acceptera plus de noms dans l'adresse : utilisez POST.",
  targets: ["GET /v1/students:lookupByIdentity"],
  url: "https://api.gouv.fr/documentation/api-statutetudiant",
  state: "announced",
  announcedAt: start,
  goLiveAt: Date.UTC(2027, 8, 1, 4, 0),
  revision: 1,
};

const maintenance: MaintenanceRecord = {
  id: "mnt_77e210",
  title: "Mise à jour des serveurs",
  description: "Le service sera arrêté quelques minutes, puis reprendra sans action de votre part.",
  parts: ["lookup_by_ine", "lookup_by_identity", "api_particulier"],
  state: "announced",
  announcedAt: start,
  startsAt: Date.UTC(2026, 11, 6, 21, 0),
  endsAt: Date.UTC(2026, 11, 6, 22, 0),
  revision: 1,
};

const origin = "https://statut-etudiant.example";

const token: ExpiringToken = {
  id: "tok_31c5aa",
  procedureName: "Tarification des transports",
  expiresAt: Date.UTC(2027, 0, 24, 9, 0),
  url: `${origin}/tableau-de-bord/jetons/tok_31c5aa`,
};

function decided(decision: PartnerDecision, reason: string): Letter {
  const told = { partnerName: "Ville d'Exemple", body: "ministry", decidedAt: start } as const;
  return decisionLetter({ ...told, decision, reason, url: `${origin}/tableau-de-bord` });
}

const gain = {
  contactName: "Camille Exemple",
  roles: [contactRoleWords.administrative, contactRoleWords.technical],
  url: `${origin}/tableau-de-bord/contacts/ctc_1f02`,
};

/** Letters by the name of their kind. */
export const sampleLetters: Readonly<Record<string, () => Letter>> = {
  "incident-opened": () => incidentLetter(incident, "opened"),
  "incident-updated": () => incidentLetter({ ...incident, state: "identified" }, "updated"),
  "incident-resolved": () => incidentLetter(resolved, "resolved"),
  "change-announced": () => changeAnnouncedLetter(change),
  "change-reminder": () => changeReminderLetter(change, 30),
  "change-rescheduled": () =>
    changeRescheduledLetter(
      change,
      Date.UTC(2027, 5, 1, 4, 0),
      "Plusieurs partenaires ont demandé plus de temps.",
    ),
  "change-withdrawn": () => changeWithdrawnLetter(change, "La recherche par adresse est maintenue."),
  "maintenance-announced": () => maintenanceLetter(maintenance),
  "maintenance-cancelled": () =>
    maintenanceLetter(maintenance, "La mise à jour est reportée à une date à définir."),
  "terms-major": () =>
    termsLetter({
      id: "trm_2",
      number: "2.0",
      summary: "L'article 4 précise la durée de conservation des données de traçabilité.",
      effectiveAt: Date.UTC(2027, 2, 1, 0, 0),
      url: `${origin}/tableau-de-bord/conditions/2.0`,
    }),
  "token-expiry": () => tokenExpiryLetter(token, 60),
  "token-expiry-unnamed": () => tokenExpiryLetter({ ...token, procedureName: "" }, 60),
  "token-expired": () => tokenExpiryLetter(token, 0),
  "token-leaked": () => tokenLeakLetter(token, Date.UTC(2026, 10, 25, 8, 30)),
  "partner-activate": () => decided("activate", "Le dossier est complet."),
  "partner-suspend": () => decided("suspend", "Le manquement signalé n'a pas été corrigé dans le délai."),
  "partner-reinstate": () => decided("reinstate", "Le manquement est corrigé."),
  "partner-terminate": () => decided("terminate", "L'organisme a demandé la fin de son accès."),
  "breach-notice": () =>
    breachNoticeLetter({
      id: "brc_5e77d1",
      commitment: "sécurité des données à caractère personnel",
      text: "Le secret d'un jeton a été trouvé dans un dépôt public. Remplacez-le, et dites-nous comment vous l'évitez désormais.",
      remedyBy: "2026-12-15",
      body: "dinum",
      url: `${origin}/tableau-de-bord/manquements/brc_5e77d1`,
    }),
  "contact-added": () => contactGainLetter({ ...gain, isNew: true, isOwn: false }),
  "contact-roles": () => contactGainLetter({ ...gain, isNew: false, isOwn: true }),
  "sign-in-link": () =>
    signInLetter([{ account: "Ville d'Exemple", url: `${origin}/connexion/lien?code=…` }]),
  "address-confirmation": () => addressLetter(`${origin}/connexion/adresse?code=…`),
  "address-change": () => addressChangeLetter(),
};

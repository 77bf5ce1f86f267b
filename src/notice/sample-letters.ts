// One letter of each kind, with invented facts: for `statut mail preview`, and for the tests that keep their words.
import type { Letter } from "../mail/mail-content.ts";
import { addressChangeLetter, addressLetter } from "./address-letter.ts";
import {
  changeAnnouncedLetter,
  changeReminderLetter,
  changeRescheduledLetter,
  changeWithdrawnLetter,
} from "./change-letter.ts";
import type { ChangeRecord } from "./change-storage.ts";
import { incidentLetter } from "./incident-letter.ts";
import type { IncidentRecord } from "./incident-storage.ts";
import { maintenanceLetter } from "./maintenance-letter.ts";
import type { MaintenanceRecord } from "./maintenance-storage.ts";
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

const token: ExpiringToken = {
  id: "tok_31c5aa",
  procedureName: "Tarification des transports",
  expiresAt: Date.UTC(2027, 0, 24, 9, 0),
  url: "https://statut-etudiant.example/jetons/tok_31c5aa",
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
      url: "https://statut-etudiant.example/conditions",
    }),
  "token-expiry": () => tokenExpiryLetter(token, 60),
  "token-expired": () => tokenExpiryLetter(token, 0),
  "token-leaked": () => tokenLeakLetter(token, Date.UTC(2026, 10, 25, 8, 30)),
  "address-confirmation": () => addressLetter("https://statut-etudiant.example/connexion/adresse?code=…"),
  "address-change": () => addressChangeLetter(),
};

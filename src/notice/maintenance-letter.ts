import type { Letter } from "../mail/mail-content.ts";
import { frenchDate, frenchInstant } from "./french-time.ts";
import type { MaintenanceRecord } from "./maintenance-storage.ts";
import { frenchParts } from "./words.ts";

/** Announces a maintenance, or with a reason tells that it was given up (terms, article 3). */
export function maintenanceLetter(maintenance: MaintenanceRecord, cancelledBecause?: string): Letter {
  const isCancelled = cancelledBecause !== undefined;
  const day = frenchDate(maintenance.startsAt);
  return {
    subject: `Maintenance ${isCancelled ? "annulée, " : ""}le ${day} : ${maintenance.title}`,
    blocks: [
      {
        paragraph: isCancelled
          ? "La maintenance que nous vous avons annoncée n'aura pas lieu."
          : "Une maintenance du service est prévue.",
      },
      {
        facts: [
          ["Maintenance", maintenance.title],
          ["Début", frenchInstant(maintenance.startsAt)],
          ["Fin au plus tard", frenchInstant(maintenance.endsAt)],
          ["Services concernés", maintenance.parts.map((part) => frenchParts[part]).join(", ")],
          ["Référence", maintenance.id],
        ],
      },
      { paragraph: cancelledBecause ?? maintenance.description },
    ],
    because:
      "Vous recevez ce message en tant que contact technique d'un organisme partenaire : le ministère vous informe de ce qui peut affecter le service (conditions générales d'utilisation, article 3).",
  };
}

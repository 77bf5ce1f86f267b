// What the service does by itself, in words: what a job is called, what it does, and when.

interface JobWords {
  readonly label: string;
  readonly purpose: string;
}

export const jobWords: Readonly<Record<string, JobWords>> = {
  "token-notices": {
    label: "Avis de fin des jetons",
    purpose:
      "Prévient les contacts 90, 60, 30, 14, 7 et 0 jours avant la fin d’un jeton, ou d’une divulgation.",
  },
  "change-reminders": {
    label: "Rappels des évolutions",
    purpose: "Rappelle les évolutions techniques 90, 30, 7 et 1 jours avant leur mise en production.",
  },
  "terms-mail": {
    label: "Envoi des conditions",
    purpose: "Envoie aux partenaires les versions majeures des conditions d’utilisation.",
  },
  "availability-freezing": {
    label: "Relevé mensuel de disponibilité",
    purpose: "Fige le relevé de disponibilité de chaque mois une fois qu’il est terminé.",
  },
  "trace-retention": {
    label: "Suppression des traces",
    purpose: "Supprime les traces des partenaires qui n’ont pas appelé depuis deux ans.",
  },
  "mail-retention": {
    label: "Suppression des courriels",
    purpose: "Supprime les courriels envoyés ou abandonnés depuis plus de deux ans.",
  },
  "session-retention": {
    label: "Suppression des sessions",
    purpose:
      "Supprime les sessions, les codes de connexion et les adresses non confirmées, finis depuis trente jours.",
  },
};

/** `every 15 min`, `daily at 03:30`, `monthly on day 1 at 03:00` in French; anything else stays as it is. */
export function describeRecurrence(recurrence: string): string {
  const [, minutes] = /^every (\d+) min$/.exec(recurrence) ?? [];
  if (minutes !== undefined) return minutes === "60" ? "Toutes les heures" : `Toutes les ${minutes} minutes`;
  const [, hour] = /^daily at (\d\d:\d\d)$/.exec(recurrence) ?? [];
  if (hour !== undefined) return `Tous les jours à ${hour}`;
  const [, day, at] = /^monthly on day (\d+) at (\d\d:\d\d)$/.exec(recurrence) ?? [];
  return day === undefined ? recurrence : `Le ${day === "1" ? "1er" : day} du mois à ${at}`;
}

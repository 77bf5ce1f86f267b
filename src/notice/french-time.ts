const dateAndTime = new Intl.DateTimeFormat("fr-FR", {
  timeZone: "Europe/Paris",
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

const date = new Intl.DateTimeFormat("fr-FR", {
  timeZone: "Europe/Paris",
  day: "numeric",
  month: "long",
  year: "numeric",
});

/** `mardi 25 mai 2027 à 09:30, heure de Paris` */
export function frenchInstant(instant: number): string {
  return `${dateAndTime.format(instant)}, heure de Paris`;
}

/** `25 mai 2027`, the day in Paris. */
export function frenchDate(instant: number): string {
  return date.format(instant);
}

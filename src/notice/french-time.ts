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

/** `mardi 25 mai 2027 à 9 h 30, heure de Paris` */
export function frenchInstant(instant: number): string {
  const [day = "", time = ""] = dateAndTime.format(instant).split(" à ");
  const [hour, minute] = time.split(":");
  return `${ordinal(day)} à ${Number(hour)} h ${minute}, heure de Paris`;
}

/** `25 mai 2027` or `1er septembre 2027`, the day in Paris. */
export function frenchDate(instant: number): string {
  return ordinal(date.format(instant));
}

/** `25 mai 2027` of a day `2027-05-25`. */
export function frenchDay(day: string): string {
  return frenchDate(Date.parse(`${day}T12:00:00Z`));
}

function ordinal(day: string): string {
  return day.replace(/(?<!\d)1(?= \p{L})/u, "1er");
}

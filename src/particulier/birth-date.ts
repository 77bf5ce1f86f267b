/** Days of each month of a leap year, by month; none for an unknown month. */
const daysOfMonth = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether the day can be of that month: 0 stands for what is unknown, and an unknown month has no known day. */
export function existsInCalendar(year: number, month: number, day: number): boolean {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && !isLeap ? 28 : (daysOfMonth[month] ?? 0));
}

/** The date when it is wholly known; undefined otherwise: the public contracts promise dates that exist. */
export function wholeDate(birthDate: string): string | undefined {
  return birthDate.includes("-00") ? undefined : birthDate;
}

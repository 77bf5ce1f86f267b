/** La Poste numbers its establishments by a rule of its own: the plain sum of the digits is a multiple of 5. */
const laPosteSiren = "356000000";

/** Whether a text is a SIRET: 14 digits whose Luhn sum is a multiple of 10, or an establishment of La Poste. */
export function isSiret(text: string): boolean {
  if (!/^\d{14}$/u.test(text)) return false;
  const digits = [...text].map(Number);
  if (sum(digits.map(luhn)) % 10 === 0) return true;
  return text.startsWith(laPosteSiren) && sum(digits) % 5 === 0;
}

/** Every second digit from the right, so the first one of 14, counts double; the digits of the double are added. */
function luhn(digit: number, index: number): number {
  const weighted = index % 2 === 0 ? digit * 2 : digit;
  return weighted > 9 ? weighted - 9 : weighted;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

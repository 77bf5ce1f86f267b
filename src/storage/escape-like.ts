/** A text as part of the pattern of a `like … escape '!'`, where it stands for itself alone. */
export function escapeLike(text: string): string {
  return text.replace(/[!%_]/g, (character) => `!${character}`);
}

/** Kinds of messages with a link that is for their recipient alone: operators do not read it either. */
export const personalKinds = { signIn: "sign-in-link", address: "address-confirmation" } as const;

export function isPersonal(kind: string): boolean {
  return kind === personalKinds.signIn || kind === personalKinds.address;
}

// Who may change which contact, and which contacts a partner cannot do without.
import type { ContactRoleName } from "../access/person.ts";
import { serviceError } from "../errors.ts";
import type { PartnerStateName } from "./partner-states.ts";

/** More people than any partner has; a stranger's session must not fill the table. */
export const maxContacts = 50;

interface Named {
  readonly id: string;
  readonly roles: ReadonlySet<ContactRoleName>;
}

/**
 * Whether a contact may make an edit: their own details, or those of everybody and the roles when administrative.
 * Errors: `contact_not_yours`, `contact_roles_not_yours`.
 */
export function refuseForeignEdit(editor: Named, edited: Named, changesRoles: boolean): void {
  if (editor.roles.has("administrative")) return;
  if (editor.id !== edited.id) throw serviceError("contact_not_yours");
  if (changesRoles) throw serviceError("contact_roles_not_yours");
}

/**
 * Whether an active or suspended partner keeps an administrative and a technical contact when one of them gets other
 * roles; none: when it is removed. Errors: `last_administrative_contact`, `last_technical_contact`.
 */
export function refuseLastOfRole(
  state: PartnerStateName,
  contacts: readonly Named[],
  changed: Named,
  rolesAfter: ReadonlySet<ContactRoleName>,
): void {
  if (state !== "active" && state !== "suspended") return;
  const isLast = (role: ContactRoleName) =>
    changed.roles.has(role) &&
    !rolesAfter.has(role) &&
    !contacts.some(({ id, roles }) => id !== changed.id && roles.has(role));
  if (isLast("administrative")) throw serviceError("last_administrative_contact");
  if (isLast("technical")) throw serviceError("last_technical_contact");
}

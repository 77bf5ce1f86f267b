import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { access } from "../gen/statutetudiant/rules/v1/access_pb.ts";
import { contactRoles, operatorRoles, type Person } from "./person.ts";

/** Which people may call a method: what its contract says, ready to be asked at each call. */
export interface PersonAccess {
  /** Whether nobody needs to sign in. */
  readonly anyone: boolean;
  admits(person: Person): boolean;
}

/** The people that a method's contract names; undefined for a method that needs a partner's token instead. */
export function readPersonAccess(method: DescMethod): PersonAccess | undefined {
  if (!hasOption(method, access)) return undefined;
  const { anyone, operatorsFrom, contacts } = getOption(method, access);
  return {
    anyone,
    admits(person) {
      if (person.kind === "operator") return operatorsFrom > 0 && operatorRoles[person.role] >= operatorsFrom;
      return contacts.some((role) => [...person.roles].some((name) => contactRoles[name] === role));
    },
  };
}

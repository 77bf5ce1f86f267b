import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { contactRoles, operatorBodies, operatorRoles, type Person } from "../access/person.ts";
import {
  GetSessionResponseSchema,
  type SessionService,
  type SignedInPersonSchema,
  SignInResponseSchema,
} from "../gen/statutetudiant/session/v1/session_pb.ts";
import { signedInOf } from "../request/call.ts";
import type { Sessions } from "./session.ts";

/** Implements `SessionService`. Errors: those of `Sessions`. */
export function createSessionService(sessions: Sessions): ServiceImpl<typeof SessionService> {
  return {
    async signIn({ code }) {
      const { person, session, secret } = await sessions.signIn(code);
      const expireTime = timestampFromMs(session.expiresAt);
      return create(SignInResponseSchema, { secret, person: describe(person), expireTime });
    },
    getSession(_, context) {
      const { person, session } = signedInOf(context);
      const expireTime = timestampFromMs(session.expiresAt);
      return create(GetSessionResponseSchema, { person: describe(person), expireTime });
    },
    async signOut({ everywhere }, context) {
      await sessions.signOut(signedInOf(context), everywhere);
      return {};
    },
  };
}

function describe(person: Person): MessageInitShape<typeof SignedInPersonSchema> {
  const { id, name, email } = person;
  if (person.kind === "operator") {
    const { role, body } = person;
    return { id, name, email, operatorRole: operatorRoles[role], operatorBody: operatorBodies[body] };
  }
  return {
    id,
    name,
    email,
    partnerId: person.partnerId,
    contactRoles: [...person.roles].map((role) => contactRoles[role]),
  };
}

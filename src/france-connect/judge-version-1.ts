// Judges what version 1 of FranceConnect answers about a token: plain JSON, which TLS alone vouches for.
import { serviceError } from "../errors.ts";
import type { HttpAnswer } from "./http-exchange.ts";
import {
  asClaims,
  type Introspection,
  optionalText,
  optionalTexts,
  readAnswer,
  readPivotClaims,
  requiredText,
  UnreadableAnswer,
} from "./introspection.ts";

/** Gives what the answer says. Errors: `france_connect_answer_unreadable`. */
export function judgeVersion1({ mediaType, body }: HttpAnswer): Introspection {
  if (mediaType !== "application/json") {
    const cause = new UnreadableAnswer("the media type is not application/json");
    throw serviceError("france_connect_answer_unreadable", { cause });
  }
  return readAnswer(() => {
    const answer = asClaims(parse(body), "the answer");
    return {
      isActive: true,
      clientId: requiredText(asClaims(answer["client"], "client"), "client_id"),
      scopes: new Set(optionalTexts(answer, "scope")),
      acr: optionalText(answer, "acr"),
      expiresAt: undefined,
      jti: undefined,
      identity: readPivotClaims(asClaims(answer["identity"], "identity")),
    };
  });
}

/** The parser's own message quotes the text. */
function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new UnreadableAnswer("the answer is no JSON");
  }
}

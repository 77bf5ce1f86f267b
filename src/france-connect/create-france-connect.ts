import { createHttpExchange } from "./http-exchange.ts";
import { createIdentifyUser, type IdentifyUser, type IdentifyUserParts } from "./identify-user.ts";
import { createProvider } from "./provider.ts";

/** What the rest of the service sees of FranceConnect. */
export interface FranceConnect {
  readonly identifyUser: IdentifyUser;
  /** The document of our public keys; absent when answers are not encrypted. */
  readonly publishedKeys: object | undefined;
  close(): void;
}

export function createFranceConnect(
  parts: Omit<IdentifyUserParts, "provider"> & {
    /** Gets what the calls do not tell. */
    readonly report: (cause: unknown) => void;
  },
): FranceConnect {
  const { settings, clock, report } = parts;
  const provider = createProvider({ settings, exchange: createHttpExchange(), clock, report });
  return {
    identifyUser: createIdentifyUser({ ...parts, provider }),
    publishedKeys: settings.version === 2 ? settings.decryptionKeys?.published : undefined,
    close: () => provider.close(),
  };
}

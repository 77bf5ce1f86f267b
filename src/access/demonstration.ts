import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemActor } from "../audit/actor.ts";
import type { Ledger } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";
import { ConfigError } from "../config.ts";
import type { Database } from "../storage/database.ts";
import { createAccessStorage } from "./access-storage.ts";
import { createFranceConnectClientStorage } from "./france-connect-client-storage.ts";
import { type FindClientOwner, registerFranceConnectClient } from "./register-france-connect-client.ts";
import { allScopes, scopesOfVersion3 } from "./scopes.ts";
import { hashTokenSecret, parseTokenSecret } from "./token-secret.ts";

/** The partner that the demonstration makes; its SIRET is well-formed and belongs to nobody. */
export const demonstrationPartner = { siret: "99999999900017", name: "Partenaire de démonstration" };

/** Refuses, with a ConfigError, a database where somebody else has tokens: fictitious students must not join theirs. */
export async function refuseOtherPartners(database: Database): Promise<void> {
  const tokens = await createAccessStorage(database).readChanges(0);
  if (tokens.some(({ partnerSiret }) => partnerSiret !== demonstrationPartner.siret)) {
    throw new ConfigError(
      "--demonstration is refused: DATA_DIR or DATABASE_URL holds partners of a real service",
    );
  }
}

const dayMs = 86_400_000;
const demonstrationProcedure = "Démonstration";

/** The demonstration partner's client at FranceConnect, and a recipient that its registration names. */
export const demonstrationClientId = "client-de-demonstration";
const demonstrationRecipient = "13002526500013";

/** Registers the demonstration partner's FranceConnect client, once. The partner must be there. */
export async function ensureDemonstrationClient(
  database: Database,
  ledger: Ledger,
  findOwner: FindClientOwner,
): Promise<void> {
  const storage = createFranceConnectClientStorage(database);
  const clients = await storage.list();
  if (
    clients.some(({ clientId, revokedAt }) => clientId === demonstrationClientId && revokedAt === undefined)
  ) {
    return;
  }
  await ledger.change(systemActor("demonstration"), (transaction) =>
    registerFranceConnectClient(
      transaction,
      {
        clientId: demonstrationClientId,
        partnerSiret: demonstrationPartner.siret,
        procedureName: demonstrationProcedure,
        scopes: scopesOfVersion3.filter((scope) => scope !== "mesri_identite"),
        recipients: [demonstrationRecipient],
        networks: [],
        callsPerSecond: 1_000_000,
      },
      findOwner,
    ),
  );
}

/** What the demonstration's token is to be: it may do all. */
export interface DemonstrationToken {
  readonly partnerSiret: string;
  readonly partnerName: string;
  readonly procedureName: string;
  readonly scopes: readonly string[];
  readonly networks: readonly string[];
  readonly expiresInDays: undefined;
  readonly callsPerSecond: number;
  readonly validFrom: undefined;
}

/**
 * Gives the secret of a token with all scopes, for the demonstration only: never call it where real data are. The
 * same token comes back at each start, so that pasted examples keep working: its secret is kept in `dataDir`,
 * readable by the service's account alone; `issue` makes a new one when it is missing, revoked, replaced or about to
 * expire.
 */
export async function ensureDemonstrationAccess(
  database: Database,
  clock: Clock,
  dataDir: string,
  issue: (token: DemonstrationToken) => Promise<{ readonly secret: string }>,
): Promise<string> {
  const storage = createAccessStorage(database);
  const file = join(dataDir, "demonstration-token");
  const kept = parseTokenSecret(await readIfThere(file));
  if (kept !== undefined) {
    const secretHash = hashTokenSecret(kept);
    const records = await storage.readChanges(0);
    const found = records.find((candidate) => candidate.secretHash.equals(secretHash));
    const goesOn = found?.revokedAt === undefined && found?.secretExpiresAt === undefined;
    if (goesOn && (found?.expiresAt ?? 0) > clock.now() + dayMs) return kept;
  }
  const { secret } = await issue({
    partnerSiret: demonstrationPartner.siret,
    partnerName: demonstrationPartner.name,
    procedureName: demonstrationProcedure,
    scopes: [...allScopes],
    networks: [],
    expiresInDays: undefined,
    // Above the service's own limit, which then is the only one.
    callsPerSecond: 1_000_000,
    validFrom: undefined,
  });
  await keepSecret(file, secret);
  return secret;
}

/**
 * Gives the FranceConnect token of the demonstration's user, the same at each start: it is kept in `dataDir` as the
 * token above.
 */
export async function ensureDemonstrationUserToken(dataDir: string): Promise<string> {
  const file = join(dataDir, "demonstration-france-connect-token");
  const kept = await readIfThere(file);
  if (/^[\w-]{43}$/.test(kept)) return kept;
  const secret = randomBytes(32).toString("base64url");
  await keepSecret(file, secret);
  return secret;
}

async function keepSecret(file: string, secret: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  // The mode above does not apply to a file that was there already.
  await chmod(file, 0o600);
}

async function readIfThere(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return "";
    throw error;
  }
}

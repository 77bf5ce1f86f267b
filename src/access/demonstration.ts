import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { ConfigError } from "../config.ts";
import type { Database } from "../storage/database.ts";
import { createAccessStorage } from "./access-storage.ts";
import { allScopes } from "./scopes.ts";
import { hashTokenSecret, parseTokenSecret } from "./token-secret.ts";

/** The partner that the demonstration makes; its SIRET is well-formed and belongs to nobody. */
const demonstrationPartner = { siret: "99999999900017", name: "Partenaire de démonstration" };

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
    procedureName: "Démonstration",
    scopes: [...allScopes],
    networks: [],
    expiresInDays: undefined,
    // Above the service's own limit, which then is the only one.
    callsPerSecond: 1_000_000,
    validFrom: undefined,
  });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  // The mode above does not apply to a file that was there already.
  await chmod(file, 0o600);
  return secret;
}

async function readIfThere(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return "";
    throw error;
  }
}

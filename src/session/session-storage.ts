// The only SQL on sessions and on the codes that open them. Secrets are stored as their SHA-256.
import type { Knex } from "knex";

export interface SessionRecord {
  readonly id: string;
  /** An operator or a contact. */
  readonly holderId: string;
  /** Instants in milliseconds since 1970. */
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | undefined;
}

export async function insertCode(
  knex: Knex,
  code: {
    readonly codeHash: Buffer;
    readonly holderId: string;
    readonly origin: "terminal" | "mail";
    readonly createdAt: number;
    readonly expiresAt: number;
    /** SHA-256 of the secret of the browser that may use it; undefined: any client. */
    readonly browserHash: Buffer | undefined;
  },
): Promise<void> {
  await knex("sign_in_codes").insert({
    code_hash: code.codeHash,
    holder_id: code.holderId,
    origin: code.origin,
    created_at: code.createdAt,
    expires_at: code.expiresAt,
    browser_hash: code.browserHash ?? null,
  });
}

/**
 * Marks a code as used and returns whose it is; undefined when it is unknown, used or past, or another browser's, which
 * leaves it as it is.
 */
export async function useCode(
  knex: Knex,
  codeHash: Buffer,
  browserHash: Buffer | undefined,
  now: number,
): Promise<string | undefined> {
  const [row] = await knex("sign_in_codes")
    .where("code_hash", codeHash)
    .whereNull("used_at")
    .andWhere((either) => {
      either.whereNull("browser_hash");
      if (browserHash !== undefined) either.orWhere("browser_hash", browserHash);
    })
    .andWhere("expires_at", ">", now)
    .update({ used_at: now })
    .returning("holder_id");
  return row?.holder_id;
}

/** Voids the codes of a person that were not used. They are not marked as used, which would make browsers known. */
export async function voidCodes(knex: Knex, holderId: string, now: number): Promise<void> {
  await knex("sign_in_codes")
    .where("holder_id", holderId)
    .whereNull("used_at")
    .andWhere("expires_at", ">", now)
    .update({ expires_at: now });
}

/** How many codes a person was sent by mail since an instant, whoever asked for them or this browser alone. */
export async function countMailedCodes(
  knex: Knex,
  holderId: string,
  since: number,
  browserHash?: Buffer,
): Promise<number> {
  const query = knex("sign_in_codes")
    .where("holder_id", holderId)
    .andWhere("created_at", ">", since)
    .andWhere("origin", "mail");
  if (browserHash !== undefined) query.andWhere("browser_hash", browserHash);
  const [row] = await query.count({ count: "*" });
  return Number(row?.["count"] ?? 0);
}

/** Whether a person has signed in with a link in this browser, as long as its code is kept. */
export async function isKnownBrowser(knex: Knex, holderId: string, browserHash: Buffer): Promise<boolean> {
  const used = await knex("sign_in_codes")
    .first("used_at")
    .where("holder_id", holderId)
    .andWhere("browser_hash", browserHash)
    .whereNotNull("used_at");
  return used !== undefined;
}

/** Forgets the codes that expired before an instant. */
export async function deleteCodes(knex: Knex, before: number): Promise<void> {
  await knex("sign_in_codes").where("expires_at", "<", before).delete();
}

export async function insertSession(knex: Knex, secretHash: Buffer, session: SessionRecord): Promise<void> {
  await knex("sessions").insert({
    id: session.id,
    secret_hash: secretHash,
    holder_id: session.holderId,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    expires_at: session.expiresAt,
  });
}

export async function findSession(knex: Knex, secretHash: Buffer): Promise<SessionRecord | undefined> {
  const row = await knex("sessions")
    .select("id", "holder_id", "created_at", "last_seen_at", "expires_at", "ended_at")
    .where("secret_hash", secretHash)
    .first();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    holderId: row.holder_id,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at ?? undefined,
  };
}

export async function touchSession(knex: Knex, id: string, now: number): Promise<void> {
  await knex("sessions").where("id", id).update({ last_seen_at: now });
}

/** Ends one session, or with `holderId` all of that person that have not ended; returns how many. */
export async function endSessions(
  knex: Knex,
  which: { readonly id: string } | { readonly holderId: string },
  now: number,
): Promise<number> {
  const query = knex("sessions").whereNull("ended_at");
  if ("id" in which) query.where("id", which.id);
  else query.where("holder_id", which.holderId);
  return await query.update({ ended_at: now });
}

/** Forgets the sessions that could last until an instant at most, whether they lasted or not. */
export async function deleteSessions(knex: Knex, before: number): Promise<void> {
  await knex("sessions").where("expires_at", "<", before).delete();
}

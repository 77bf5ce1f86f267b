import type { Knex } from "knex";

/**
 * Procedures with what they say and where they stand, tokens with several secrets and procedures, and the notices of
 * their ends (terms, article 2). Instants are milliseconds since 1970; a revision grows with each edit of its row.
 *
 * Tables are made anew: SQLite neither drops a column that is unique nor a constraint. What was there was issued at
 * the terminal for procedures that nobody had to describe: they become approved, with the scopes of their tokens.
 */
export async function up(knex: Knex): Promise<void> {
  for (const table of ["tokens", "procedures"]) {
    await knex.schema.raw(`create temporary table ${table}_before as select * from ${table}`);
    await knex.schema.dropTable(table);
  }
  await createProcedures(knex);
  await createTokens(knex);
  await createNotices(knex);
  await moveProcedures(knex);
  await moveTokens(knex);
  for (const table of ["tokens", "procedures"]) await knex.schema.raw(`drop table ${table}_before`);
  await createViews(knex);
}

async function createProcedures(knex: Knex): Promise<void> {
  await knex.schema.createTable("procedures", (table) => {
    table.string("id", 40).primary();
    table.string("partner_id", 40).notNullable().references("partners.id");
    // As approved; before, as drafted.
    table.string("name", 200).notNullable();
    // draft, requested, changes_requested, refused, approved, withdrawn or closed.
    table.string("state", 20).notNullable();
    // ProcedureContent of the contract as JSON: what is pending, and what counts.
    table.text("proposal");
    table.text("approved");
    // 1: the purpose of what counts is approved as close to that of another procedure.
    table.integer("closeness_approved").notNullable();
    table.string("decision_reason", 500);
    // ministry or dinum.
    table.string("decision_body", 20);
    table.bigInteger("decided_at");
    table.bigInteger("submitted_at");
    // contact or terminal.
    table.string("origin", 20).notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("updated_at").notNullable();
    table.integer("revision").notNullable();
    // The access version of the last change.
    table.bigInteger("version").notNullable();
    table.index(["version"]);
    table.index(["partner_id"]);
  });
  await knex.schema.raw(
    "create unique index procedures_by_name on procedures (partner_id, name) where state <> 'closed'",
  );
}

async function createTokens(knex: Knex): Promise<void> {
  await knex.schema.createTable("tokens", (table) => {
    table.string("id", 40).primary();
    // The one for which it was issued.
    table.string("procedure_id", 40).notNullable().references("procedures.id");
    // JSON array of strings.
    table.text("scopes").notNullable();
    // JSON array of networks in CIDR notation; empty: any address.
    table.text("allowed_networks").notNullable();
    // Own rate; null: the service's default.
    table.integer("calls_per_second");
    table.bigInteger("created_at").notNullable();
    table.bigInteger("valid_from").notNullable();
    table.bigInteger("expires_at").notNullable();
    // Refused from then on; it may lie ahead.
    table.bigInteger("revoked_at");
    table.string("revoked_reason", 500);
    table.bigInteger("leaked_at");
    table.bigInteger("prolonged_at");
    // contact or terminal.
    table.string("origin", 20).notNullable();
    table.integer("revision").notNullable();
    // The access version of the last change, of its secrets too.
    table.bigInteger("version").notNullable();
    table.index(["version"]);
    table.index(["procedure_id"]);
    table.index(["expires_at"]);
  });
  // Instances read what changed since a version, of any of the three.
  await knex.schema.alterTable("partners", (table) => table.index(["version"]));
  await knex.schema.createTable("token_secrets", (table) => {
    // SHA-256 of the whole secret, which is never stored.
    table.binary("secret_hash").primary();
    table.string("token_id", 40).notNullable().references("tokens.id");
    table.bigInteger("created_at").notNullable();
    // Refused from then on; null: with the token.
    table.bigInteger("expires_at");
    table.index(["token_id"]);
  });
  await knex.schema.createTable("token_procedures", (table) => {
    table.string("token_id", 40).notNullable().references("tokens.id");
    table.string("procedure_id", 40).notNullable().references("procedures.id");
    table.bigInteger("joined_at").notNullable();
    table.primary(["token_id", "procedure_id"]);
    table.index(["procedure_id"]);
  });
}

async function createNotices(knex: Knex): Promise<void> {
  await knex.schema.createTable("token_notices", (table) => {
    table.string("token_id", 40).notNullable().references("tokens.id");
    // expiry or leak.
    table.string("kind", 20).notNullable();
    // The end that it tells of, or the instant of the leak.
    table.bigInteger("tells_of").notNullable();
    // Days before that end: 90, 60, 30, 14, 7 or 0.
    table.integer("days").notNullable();
    table.bigInteger("due_at").notNullable();
    // The same as a day, YYYY-MM-DD in Europe/Paris.
    table.string("due_on", 10).notNullable();
    table.bigInteger("planned_at").notNullable();
    table.bigInteger("sent_at");
    // Prolonged or revoked before it was sent.
    table.bigInteger("cancelled_at");
    table.primary(["token_id", "kind", "tells_of", "days"]);
  });
  await knex.schema.raw(
    "create index token_notices_to_send on token_notices (due_at) where sent_at is null and cancelled_at is null",
  );
}

interface ProcedureBefore {
  readonly id: string;
  readonly partner_id: string;
  readonly name: string;
  readonly created_at: number;
  readonly version: number;
}

async function moveProcedures(knex: Knex): Promise<void> {
  const scopes = new Map<string, Set<string>>();
  const tokens: { procedure_id: string; scopes: string }[] = await knex("tokens_before").select(
    "procedure_id",
    "scopes",
  );
  for (const token of tokens) {
    const known = scopes.get(token.procedure_id) ?? [];
    scopes.set(token.procedure_id, new Set<string>([...known, ...JSON.parse(token.scopes)]));
  }
  const before: ProcedureBefore[] = await knex("procedures_before").select(
    ...["id", "partner_id", "name", "created_at", "version"],
  );
  const rows = before.map((row) => {
    const needs = [...(scopes.get(row.id) ?? [])].sort().map((scope) => ({ scope }));
    const approved = JSON.stringify({ name: row.name, scopes: needs });
    return {
      ...row,
      ...{ state: "approved", approved, closeness_approved: 0, origin: "terminal" },
      ...{ updated_at: row.created_at, revision: 1 },
    };
  });
  await knex.batchInsert("procedures", rows, 50);
}

const kept = [
  "id",
  "procedure_id",
  "scopes",
  "allowed_networks",
  "calls_per_second",
  "created_at",
  "valid_from",
  "expires_at",
  "revoked_at",
  "revoked_reason",
  "version",
].join(", ");

async function moveTokens(knex: Knex): Promise<void> {
  const from = "from tokens_before";
  await knex.raw(`insert into tokens (${kept}, origin, revision) select ${kept}, 'terminal', 1 ${from}`);
  await knex.raw(
    `insert into token_secrets (secret_hash, token_id, created_at) select secret_hash, id, created_at ${from}`,
  );
  await knex.raw(
    `insert into token_procedures (token_id, procedure_id, joined_at) select id, procedure_id, created_at ${from}`,
  );
}

/** What features read of each other's tables: a view names what it gives. */
async function createViews(knex: Knex): Promise<void> {
  // For src/access: one row for each secret.
  await knex.schema.raw(`create view access_entries as select
      s.secret_hash, s.expires_at as secret_expires_at,
      t.id as token_id, t.scopes, t.allowed_networks, t.calls_per_second, t.valid_from, t.expires_at, t.revoked_at,
      q.id as procedure_id, q.name as procedure_name,
      p.id as partner_id, p.siret as partner_siret, p.name as partner_name, p.state as partner_state,
      t.version as token_version, q.version as procedure_version, p.version as partner_version
    from token_secrets s join tokens t on t.id = s.token_id
      join procedures q on q.id = t.procedure_id join partners p on p.id = q.partner_id`);
  // Which tokens a change concerns, by the version that it raised: of the token, its procedure or its partner. The
  // order of the joins is told to SQLite (`cross`), which else reads all tokens for the two that did not change.
  await knex.schema.raw(`create view access_changes as select t.id as token_id, t.version from tokens t
    union all select t.id, q.version from procedures q cross join tokens t where t.procedure_id = q.id
    union all select t.id, p.version from partners p cross join procedures q cross join tokens t
      where q.partner_id = p.id and t.procedure_id = q.id`);
  // For src/procedure and src/token: to whom it belongs.
  await knex.schema.raw(`create view procedure_records as select q.id, q.partner_id, q.name, q.state, q.proposal,
      q.approved, q.closeness_approved, q.decision_reason, q.decision_body, q.decided_at, q.submitted_at, q.origin,
      q.created_at, q.updated_at, q.revision,
      p.siret as partner_siret, p.name as partner_name, p.state as partner_state
    from procedures q join partners p on p.id = q.partner_id`);
  await knex.schema.raw(`create view token_records as select t.id, t.procedure_id, t.scopes, t.allowed_networks,
      t.calls_per_second, t.created_at, t.valid_from, t.expires_at, t.revoked_at, t.revoked_reason, t.leaked_at,
      t.prolonged_at, t.origin, t.revision,
      p.id as partner_id, p.siret as partner_siret, p.name as partner_name, p.state as partner_state
    from tokens t join procedures q on q.id = t.procedure_id join partners p on p.id = q.partner_id`);
  await knex.schema.raw(`create view token_procedure_names as select j.token_id, j.procedure_id, j.joined_at, q.name
    from token_procedures j join procedures q on q.id = j.procedure_id`);
}

/** Back to one secret and one procedure for each token: the last secret stays. */
export async function down(knex: Knex): Promise<void> {
  for (const view of [
    "token_procedure_names",
    "token_records",
    "procedure_records",
    "access_changes",
    "access_entries",
  ]) {
    await knex.schema.raw(`drop view ${view}`);
  }
  await knex.schema.alterTable("partners", (table) => table.dropIndex(["version"]));
  await knex.schema.raw(`create temporary table procedures_before as
    select id, partner_id, name, created_at, version from procedures where state <> 'closed'`);
  await knex.schema.raw(`create temporary table tokens_before as select t.id, procedure_id, s.secret_hash, scopes,
      allowed_networks, calls_per_second, t.created_at, valid_from, t.expires_at, revoked_at, revoked_reason, version
    from tokens t join token_secrets s on s.token_id = t.id
    where s.created_at = (select max(created_at) from token_secrets where token_id = t.id)
      and procedure_id in (select id from procedures_before)`);
  for (const table of ["token_notices", "token_procedures", "token_secrets", "tokens", "procedures"]) {
    await knex.schema.dropTable(table);
  }
  await createTablesBefore(knex);
  await knex.raw("insert into procedures select * from procedures_before");
  await knex.raw("insert into tokens select * from tokens_before");
  for (const table of ["tokens", "procedures"]) await knex.schema.raw(`drop table ${table}_before`);
}

async function createTablesBefore(knex: Knex): Promise<void> {
  await knex.schema.createTable("procedures", (table) => {
    table.string("id", 40).primary();
    table.string("partner_id", 40).notNullable().references("partners.id");
    table.string("name", 200).notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("version").notNullable();
    table.unique(["partner_id", "name"]);
  });
  await knex.schema.createTable("tokens", (table) => {
    table.string("id", 40).primary();
    table.string("procedure_id", 40).notNullable().references("procedures.id");
    table.binary("secret_hash").notNullable().unique();
    table.text("scopes").notNullable();
    table.text("allowed_networks").notNullable();
    table.integer("calls_per_second");
    table.bigInteger("created_at").notNullable();
    table.bigInteger("valid_from").notNullable();
    table.bigInteger("expires_at").notNullable();
    table.bigInteger("revoked_at");
    table.string("revoked_reason", 500);
    table.bigInteger("version").notNullable();
    table.index(["procedure_id"]);
  });
}

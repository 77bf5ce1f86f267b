// Lists in pages (AIP-158). A page goes on after the last row of the one before it, by that row's own values: rows
// that come or go meanwhile neither repeat nor skip others.
import { hash } from "node:crypto";
import type { Knex } from "knex";
import { serviceError } from "../errors.ts";

const defaultSize = 50;
/** Rows of the largest page. */
export const maxPageSize = 200;

/** What every list request holds. */
export interface PageRequest {
  /** 1 to 200; 0: 50. */
  readonly pageSize: number;
  /** Of the page before; empty: the first page. */
  readonly pageToken: string;
  /** `field` or `field desc`; empty: the first of the fields that the list can be ordered by, ascending. */
  readonly orderBy: string;
}

type Key = readonly [value: string | number, id: string | number];

export interface Page {
  readonly limit: number;
  readonly column: string;
  readonly descending: boolean;
  readonly after: Key | undefined;
  /** Says which order and filter a page token belongs to. */
  readonly seal: string;
}

/**
 * Reads what page of a list is asked for. `orders` gives the column of each field that rows can be ordered by; no
 * such column may be null, and those of numbers are named `…_at` or `seq`. `filter` is whatever chooses the rows: the token of another filter is refused. Errors:
 * `invalid_request` naming the field.
 */
export function readPage(
  request: PageRequest,
  orders: Readonly<Record<string, string>>,
  filter: unknown = undefined,
): Page {
  const fields = Object.keys(orders);
  const orderBy = request.orderBy.trim() || (fields[0] ?? "");
  const [, field = "", direction = "asc"] = /^([a-z_]+)(?: +(asc|desc))?$/u.exec(orderBy) ?? [];
  const column = Object.hasOwn(orders, field) ? orders[field] : undefined;
  if (column === undefined) refuse("order_by", `Doit être, suivi ou non de desc : ${fields.join(", ")}.`);
  if (request.pageSize < 0 || request.pageSize > maxPageSize) {
    refuse("page_size", `Doit être compris entre 0 et ${maxPageSize}.`);
  }
  const seal = hash("sha256", JSON.stringify([field, direction, filter ?? null])).slice(0, 12);
  return {
    limit: request.pageSize === 0 ? defaultSize : request.pageSize,
    column,
    descending: direction === "desc",
    after: request.pageToken === "" ? undefined : readToken(request.pageToken, seal, column),
    seal,
  };
}

/** Orders and bounds a query; one row more than the page tells whether another one follows. `id` breaks ties. */
export function applyPage<Query extends Knex.QueryBuilder>(query: Query, page: Page, id = "id"): Query {
  const direction = page.descending ? "desc" : "asc";
  if (page.after !== undefined) {
    query.whereRaw(`(??, ??) ${page.descending ? "<" : ">"} (?, ?)`, [page.column, id, ...page.after]);
  }
  query.orderBy([
    { column: page.column, order: direction },
    { column: id, order: direction },
  ]);
  return query.limit(page.limit + 1) as Query;
}

/** The rows of the page and the token of the next one; it is empty after the last. `keyOf` gives ordering value and id. */
export function finishPage<Row>(
  rows: readonly Row[],
  page: Page,
  keyOf: (row: Row) => Key,
): { readonly rows: readonly Row[]; readonly nextPageToken: string } {
  const kept = rows.slice(0, page.limit);
  const last = kept.at(-1);
  if (rows.length <= page.limit || last === undefined) return { rows: kept, nextPageToken: "" };
  return { rows: kept, nextPageToken: writePageToken(page, keyOf(last)) };
}

/** The token of the page that goes on after this key. */
export function writePageToken(page: Page, key: Key): string {
  return Buffer.from(JSON.stringify([page.seal, ...key])).toString("base64url");
}

function readToken(token: string, seal: string, column: string): Key {
  const parts = parse(token);
  if (
    !Array.isArray(parts) ||
    parts.length !== 3 ||
    parts[0] !== seal ||
    !isKey(parts[1], parts[2], column)
  ) {
    refuse(
      "page_token",
      "Doit être le jeton de la page précédente, avec les mêmes filtres et le même ordre.",
    );
  }
  return [parts[1], parts[2]];
}

/** Columns of instants and numbers, by the names that they all have. PostgreSQL fails on a value of another type. */
const numeric = /_at$|^seq$/;

function isKey(value: unknown, id: unknown, column: string): boolean {
  const isNumber = numeric.test(column);
  if (isNumber !== (typeof value === "number")) return false;
  // What is ordered by its own number has no other identifier.
  if (typeof id !== (column === "seq" ? "number" : "string")) return false;
  return isKeyPart(value) && isKeyPart(id);
}

/** What the database can compare: PostgreSQL holds no NUL in a text. */
function isKeyPart(part: unknown): boolean {
  return typeof part === "string" ? !part.includes("\0") : Number.isSafeInteger(part);
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    return undefined;
  }
}

function refuse(field: string, description: string): never {
  throw serviceError("invalid_request", { violations: [{ field, description }] });
}

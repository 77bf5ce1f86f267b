import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import type { Knex } from "knex";
import { ServiceError } from "../../src/errors.ts";
import { applyPage, finishPage, type PageRequest, readPage } from "../../src/storage/page.ts";
import { bothDatabases } from "../support/both-databases.ts";

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

const orders = { create_time: "created_at", name: "name" };

for (const { name, open } of databases.kinds) {
  suite(`pages on ${name}`, () => {
    for (const orderBy of ["", "create_time desc", "name", "name desc"]) {
      test(`each row once, in the order ${orderBy || "by default"}`, async () => {
        await using fresh = await open();
        const { knex } = fresh.database;
        await insert(knex, 0, 23);
        const pages = await readAll(knex, { pageSize: 5, pageToken: "", orderBy });
        assert.deepEqual(
          pages.map(({ length }) => length),
          [5, 5, 5, 5, 3],
        );
        const seen = pages.flat();
        assert.equal(new Set(seen.map(({ id }) => id)).size, 23);
        const column = orderBy.startsWith("name") ? "name" : "created_at";
        const values = seen.map((row) => row[column]);
        const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        assert.deepEqual(values, orderBy.endsWith("desc") ? sorted.toReversed() : sorted);
      });
    }

    test("rows that come between two pages neither repeat nor skip others", async () => {
      await using fresh = await open();
      const { knex } = fresh.database;
      await insert(knex, 10, 20);
      const first = await read(knex, { pageSize: 5, pageToken: "", orderBy: "" });
      await insert(knex, 0, 5);
      const second = await read(knex, { pageSize: 5, pageToken: first.nextPageToken, orderBy: "" });
      const ids = [...first.rows, ...second.rows].map(({ id }) => id);
      assert.deepEqual(ids, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19].map(idOf));
    });

    test("a token that somebody made up is refused, and never reaches the database", async () => {
      await using fresh = await open();
      const { knex } = fresh.database;
      await insert(knex, 0, 3);
      for (const orderBy of ["create_time", "name"]) {
        const { nextPageToken } = await read(knex, { pageSize: 1, pageToken: "", orderBy });
        const [seal, value, id] = JSON.parse(Buffer.from(nextPageToken, "base64url").toString());
        const made = [
          [seal, orderBy === "name" ? 1 : "un", id],
          [seal, orderBy === "name" ? "a\0" : 1.5, id],
          [seal, orderBy === "name" ? null : 1e300, id],
          [seal, value, 7],
          [seal, value, "opr\0"],
        ];
        for (const parts of made) {
          const pageToken = Buffer.from(JSON.stringify(parts)).toString("base64url");
          const refused = read(knex, { pageSize: 1, pageToken, orderBy });
          await assert.rejects(
            refused,
            (error) => error instanceof ServiceError && error.id === "invalid_request",
          );
        }
      }
    });
  });
}

suite("what is no page", () => {
  const token = () => {
    const page = readPage({ pageSize: 1, pageToken: "", orderBy: "" }, orders, { state: "a" });
    return finishPage([1, 2], page, (row) => [row, `opr_${row}`]).nextPageToken;
  };

  test("is named", () => {
    assert.equal(refusedField({ orderBy: "id; drop table partners" }), "order_by");
    assert.equal(refusedField({ orderBy: "constructor" }), "order_by");
    assert.equal(refusedField({ pageSize: 201 }), "page_size");
    assert.equal(refusedField({ pageSize: -1 }), "page_size");
    for (const pageToken of [
      "x",
      "e30",
      "W10",
      token().slice(1),
      Buffer.from("[1,2,3]").toString("base64url"),
    ]) {
      assert.equal(refusedField({ pageToken }), "page_token", pageToken);
    }
  });

  test("the token of another filter or order", () => {
    assert.equal(refusedField({ pageToken: token() }, { state: "b" }), "page_token");
    assert.equal(refusedField({ pageToken: token(), orderBy: "name" }, { state: "a" }), "page_token");
    assert.equal(refusedField({ pageToken: token(), orderBy: "create_time" }, { state: "a" }), undefined);
  });
});

function refusedField(request: Partial<PageRequest>, filter: unknown = { state: "a" }): string | undefined {
  try {
    readPage({ pageSize: 0, pageToken: "", orderBy: "", ...request }, orders, filter);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ServiceError && error.id === "invalid_request");
    return error.options.violations?.[0]?.field;
  }
}

interface Row {
  readonly id: string;
  readonly created_at: number;
  readonly name: string;
}

async function readAll(knex: Knex, request: PageRequest): Promise<Row[][]> {
  const pages: Row[][] = [];
  for (let pageToken = request.pageToken; ; ) {
    const { rows, nextPageToken } = await read(knex, { ...request, pageToken });
    pages.push([...rows]);
    if (nextPageToken === "") return pages;
    pageToken = nextPageToken;
  }
}

async function read(knex: Knex, request: PageRequest) {
  const page = readPage(request, orders);
  const rows: Row[] = await applyPage(knex("operators").select("id", "created_at", "name"), page);
  return finishPage(rows, page, (row) => [page.column === "name" ? row.name : row.created_at, row.id]);
}

function idOf(index: number): string {
  return `opr_${String(index).padStart(3, "0")}`;
}

/** Three rows share each instant, and four each name. */
async function insert(knex: Knex, from: number, until: number): Promise<void> {
  for (let index = from; index < until; index += 1) {
    const email = `${index}@example.fr`;
    await knex("operators").insert({
      ...{ id: idOf(index), name: `N${index % 4}`, email, email_key: email, role: "reader", body: "dinum" },
      ...{ created_at: Math.floor(index / 3), revision: 1 },
    });
  }
}

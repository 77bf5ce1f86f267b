// Whoever reads many lines of the journal leaves the thread to others, ends when nobody waits, and takes no place twice.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Contact, Operator } from "../../src/access/person.ts";
import { systemClock } from "../../src/clock.ts";
import { ServiceError } from "../../src/errors.ts";
import { type CallFilter, type CallRecord, createCalls } from "../../src/statistics/calls.ts";

const contactOf = (partnerId: string): Contact => ({
  ...{ kind: "contact", id: `ctc_${partnerId}`, name: "Camille", email: "c@example.fr", partnerId },
  roles: new Set(["technical"]),
});
const operator: Operator = {
  ...{ kind: "operator", id: "opr_1", name: "Dominique", email: "d@example.fr" },
  ...{ role: "reader", body: "ministry" },
};
const everything: CallFilter = {
  ...{ partnerId: "", tokenId: "", rpc: "", outcome: "", httpStatus: 0, errorId: "" },
  ...{ clientAddress: "", agent: "", withAgent: false, from: undefined, until: undefined },
};
const nothing = { ...everything, errorId: "of_no_call" };
const page = { pageSize: 50, pageToken: "" };

const call = (cursor: number): CallRecord => ({
  ...{
    cursor: String(cursor),
    requestId: "r",
    receivedAt: 0,
    tokenId: "tok",
    procedureId: "",
    protocol: "rest",
  },
  ...{
    httpMethod: "GET",
    route: "/",
    rpc: "",
    recipient: "",
    clientAddress: "",
    userAgent: "",
    httpStatus: 200,
  },
  ...{ rpcCode: "ok", errorId: "", outcome: "answered", durationUs: 1, responseBytes: 1, agent: () => "" },
});

/** A journal of so many lines that answers at once, as SQLite does. */
function journalOf(lines: number) {
  const read = { blocks: 0, most: 0, now: 0 };
  const source = {
    async latest(_: unknown, limit: number, before?: string) {
      read.blocks += 1;
      read.now += 1;
      read.most = Math.max(read.most, read.now);
      await Promise.resolve();
      read.now -= 1;
      const end = before === undefined ? lines : Number(before);
      return Array.from({ length: Math.min(limit, end) }, (_each, index) => call(end - 1 - index));
    },
    find: async () => undefined,
  };
  return { read, calls: createCalls(source, async () => ["tok"], systemClock) };
}

async function drain(blocks: AsyncIterable<readonly unknown[]>): Promise<number> {
  let count = 0;
  for await (const block of blocks) count += block.length;
  return count;
}

const isLimited = (error: unknown) => error instanceof ServiceError && error.id === "person_limited";

suite("reads of the journal", () => {
  test("an export that finds nothing lets others pass between blocks", async () => {
    const { calls, read } = journalOf(25_000);
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    assert.equal(await drain(calls.export(operator, nothing)), 0);
    clearInterval(timer);
    assert.ok(read.blocks > 100);
    assert.ok(turns >= read.blocks / 2, `${turns} turns in ${read.blocks} blocks`);
  });

  test("blocks of several readers are read one at a time", async () => {
    const { calls, read } = journalOf(2000);
    const readers = ["prt_1", "prt_2", "prt_3"].map(contactOf);
    await Promise.all(readers.map((person) => calls.list(person, nothing, page)));
    assert.equal(read.most, 1);
  });

  test("an export whose reader has left ends, although it has nothing to give", async () => {
    const { calls, read } = journalOf(250_000);
    const left = new AbortController();
    const running = drain(calls.export(operator, nothing, left.signal));
    setTimeout(() => left.abort(), 20);
    assert.equal(await running, 0);
    assert.ok(read.blocks < 900, `${read.blocks} blocks`);
  });

  test("a partner has eight reads at once, others have theirs, and what has ended leaves its place", async () => {
    const { calls } = journalOf(2000);
    const started = async (partner: string, signal?: AbortSignal) => {
      const blocks = calls.export(contactOf(partner), everything, signal)[Symbol.asyncIterator]();
      await blocks.next();
      return blocks;
    };
    const left = new AbortController();
    const open = [await started("prt_1", left.signal)];
    while (open.length < 8) open.push(await started("prt_1"));
    await assert.rejects(started("prt_1"), isLimited);
    await assert.rejects(calls.list(contactOf("prt_1"), everything, page), isLimited);
    assert.equal((await calls.list(contactOf("prt_2"), everything, page)).calls.length, 50);
    left.abort();
    await open[1]?.return?.();
    await Promise.all([started("prt_1"), started("prt_1")]);
    await assert.rejects(started("prt_1"), isLimited);
  });

  test("an export has all calls, and a failed block ends its own read alone", async () => {
    const { calls } = journalOf(2600);
    assert.equal(await drain(calls.export(operator, everything)), 2600);
    let isBroken = true;
    const source = {
      async latest() {
        if (isBroken) throw new Error("away");
        return [];
      },
      find: async () => undefined,
    };
    const breaking = createCalls(source, async () => ["tok"], systemClock);
    await assert.rejects(breaking.list(operator, everything, page), /away/);
    isBroken = false;
    assert.deepEqual((await breaking.list(operator, everything, page)).calls, []);
  });
});

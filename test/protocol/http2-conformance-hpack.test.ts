// HPACK (RFC 7541) as the port reads and writes it: both tables, sizes, integers, and Huffman coding.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Listener } from "../../src/request/listener.ts";
import {
  indexed,
  integer,
  literal,
  newest,
  sizeUpdate,
  staticIndex,
  staticTable,
  text,
} from "../support/hpack.ts";
import { encodeHuffman, endOfString } from "../support/hpack-huffman.ts";
import {
  answer,
  goaway,
  type Http2Case,
  type Lane,
  onBothLanes,
  type Requests,
  testCases,
} from "../support/http2-cases.ts";
import { type Echoed, onBothReaders, readEcho, readEchoOrRefusal } from "../support/http2-echo.ts";
import {
  dataFrame,
  endHeaders,
  headersFrame,
  setting,
  settingsFrame,
  windowUpdate,
} from "../support/http2-frames.ts";
import { Http2Peer } from "../support/http2-peer.ts";
import { lookupRoute } from "../support/whole-service.ts";

/** What the server's decoder may use unless it says something else (6.5.2 of RFC 9113). */
const tableSize = 4096;
const overhead = 32;
const octets = (...values: readonly number[]) => Buffer.from(values);

/** A request whose block ends, or begins, as no block may. */
function broken(name: string, block: Buffer, begins = false): Http2Case {
  return {
    name,
    send: ({ probe }) => [headersFrame(1, Buffer.concat(begins ? [block, probe] : [probe, block]))],
    outcomes: [goaway("COMPRESSION_ERROR")],
  };
}

/** A field whose value is Huffman code that was made by hand. */
const huffmanValue = (code: Buffer) =>
  Buffer.concat([octets(0), text("x-a"), integer(code.length, 7, 0x80), code]);
const huffmanName = (code: Buffer) =>
  Buffer.concat([octets(0), integer(code.length, 7, 0x80), code, text("")]);
const abc = Buffer.from("abc");
/** 5 + 6 + 5 bits: no padding is due. */
const fullOctets = encodeHuffman(abc);

const brokenCases: readonly Http2Case[] = [
  broken("index 0 (6.1)", octets(0x80)),
  broken("an index beyond both tables (2.3.3)", indexed(newest)),
  broken("an index far beyond both tables (2.3.3)", indexed(100_000)),
  ...(["indexing", "plain", "never"] as const).map((form) =>
    broken(`a name beyond both tables, ${form} (2.3.3)`, literal(newest, "a", form)),
  ),
  broken("an integer of ten octets (5.1)", octets(0xff, ...Array(9).fill(0xff), 0x01)),
  broken("an integer of 100 octets that never ends (5.1)", octets(...Array(100).fill(0xff))),
  broken("an index of 2^32 + 2, which is none of 2 (5.1)", octets(0xff, 0x83, 0xff, 0xff, 0xff, 0x0f)),
  broken("a length of 2^32 + 1 (5.1)", octets(0x00, 0x7f, 0x82, 0xff, 0xff, 0xff, 0x0f, 0x61, 0x01, 0x61)),
  broken("a length of more octets than there are (5.2)", octets(0x00, 0x01, 0x61, 0x05, 0x61)),
  ...[
    ["a literal without a name", octets(0x00)],
    ["a literal whose name breaks off", octets(0x00, 0x03, 0x61)],
    ["a literal without a value", octets(0x00, 0x01, 0x61)],
    ["a literal whose length breaks off", octets(0x00, 0x01, 0x61, 0x7f)],
    ["a literal whose index breaks off", octets(0x0f)],
    ["an index that breaks off", octets(0xff, 0x80)],
    ["Huffman code that breaks off", octets(0x00, 0x01, 0x61, 0x82, 0x1c)],
  ].map(([name, block]) => broken(`${name} (5)`, block as Buffer)),
  broken("a size update that breaks off (5)", octets(0x3f), false),
  broken("a size update beyond the limit (6.3)", sizeUpdate(tableSize + 1), true),
  broken("a size update of 2^31 (6.3)", sizeUpdate(2 ** 31), true),
  broken("a size update of 2^32, which is none of 0 (6.3)", octets(0x3f, 0xe1, 0xff, 0xff, 0xff, 0x0f), true),
  broken(
    "a second size update beyond the limit (6.3)",
    Buffer.concat([sizeUpdate(0), sizeUpdate(5000)]),
    true,
  ),
  broken("a size update at the end of a block (4.2)", sizeUpdate(100)),
  broken("a size update between fields (4.2)", Buffer.concat([sizeUpdate(0), literal("x-a", "b")])),
];

const huffmanCases: readonly Http2Case[] = Object.entries({
  value: huffmanValue,
  name: huffmanName,
}).flatMap(([place, field]) => [
  broken(
    `Huffman, a ${place} with the end of the string in it (5.2)`,
    field(encodeHuffman([...abc, endOfString, 97])),
  ),
  broken(
    `Huffman, a ${place} that ends with its whole (5.2)`,
    field(encodeHuffman([...abc, endOfString], "11")),
  ),
  broken(`Huffman, a ${place} padded with 8 bits (5.2)`, field(Buffer.concat([fullOctets, octets(0xff)]))),
  broken(`Huffman, a ${place} padded with 15 bits (5.2)`, field(encodeHuffman([97, 98, 98], "1".repeat(15)))),
  broken(`Huffman, a ${place} that is nothing but padding (5.2)`, field(octets(0xff))),
  broken(`Huffman, a ${place} padded with zeros (5.2)`, field(encodeHuffman([97], "000"))),
  broken(`Huffman, a ${place} padded with ones and a zero (5.2)`, field(encodeHuffman([97], "110"))),
]);

/** The lookup in as few octets as can be, its names and values put into the table. */
function inserted({ authorization }: Requests): Buffer {
  return Buffer.concat([
    indexed(staticIndex.get),
    indexed(staticIndex.http),
    literal(staticIndex.path, lookupRoute, "indexing", true),
    literal(staticIndex.authority, "localhost", "indexing", true),
    literal(staticIndex.authorization, authorization, "indexing", true),
  ]);
}
/** The same, when nothing was put into the table behind it but `later` entries. */
const again = (later = 0) =>
  Buffer.concat(
    [staticIndex.get, staticIndex.http, ...[2, 1, 0].map((age) => newest + later + age)].map(indexed),
  );

type Block = (requests: Requests) => Buffer;

/** Requests one behind the other, of which the last one is asked about. */
function row(name: string, ...blocks: readonly Block[]): Http2Case {
  const send: Http2Case["send"] = (requests) =>
    blocks.map((block, index) => headersFrame(1 + 2 * index, block(requests)));
  return { name, send, outcomes: [answer()], stream: 2 * blocks.length - 1 };
}

/** The last of these requests names what is in no table. */
function missing(name: string, ...blocks: readonly Block[]): Http2Case {
  return { ...row(name, ...blocks), outcomes: [goaway("COMPRESSION_ERROR")] };
}

/** Parts of a block, in order. */
const join =
  (...parts: readonly (Buffer | Block)[]): Block =>
  (requests) =>
    Buffer.concat(parts.map((part) => (typeof part === "function" ? part(requests) : part)));
/** A field that takes so many octets of the table. */
const entry = (size: number) => literal("x", "y".repeat(size - overhead - 1), "indexing");
const probe: Block = (requests) => requests.probe;
const sizeOf = (name: string, value: string) => name.length + value.length + overhead;

const tableCases: readonly Http2Case[] = [
  row("a second request of indexed fields only (2.3.2, 6.1)", inserted, () => again()),
  row("a tenth request of them (2.3.2)", inserted, ...Array.from({ length: 9 }, () => () => again())),
  row(
    "entries that came later count up the earlier ones (2.3.3)",
    inserted,
    join(probe, entry(40), entry(50)),
    () => again(2),
  ),
  row("the same entry twice (2.3.2)", inserted, inserted, () => again()),
  row(
    "a request that uses an entry in the block that inserts it (2.2)",
    join(inserted, entry(40), indexed(newest)),
  ),
  row("names of the dynamic table (6.2)", inserted, (requests) =>
    Buffer.concat([
      ...[indexed(staticIndex.get), indexed(staticIndex.http), literal(newest + 2, lookupRoute)],
      ...[literal(newest + 1, "localhost", "never"), literal(newest, requests.authorization, "indexing")],
    ]),
  ),
  missing("fields that are not to be indexed are in no table (6.2.2)", probe, join(probe, indexed(newest))),
  missing(
    "fields that are never indexed are in no table (6.2.3)",
    join(probe, literal("x-a", "b", "never")),
    join(probe, indexed(newest)),
  ),
  row(
    "entries that fill the table to the octet stay (4.1)",
    inserted,
    (requests) => {
      const rest =
        tableSize -
        sizeOf(":path", lookupRoute) -
        sizeOf(":authority", "localhost") -
        sizeOf("authorization", requests.authorization);
      return Buffer.concat([requests.probe, entry(rest)]);
    },
    () => again(1),
  ),
  missing(
    "one octet more evicts the oldest (4.4)",
    inserted,
    (requests) => {
      const rest =
        tableSize -
        sizeOf(":path", lookupRoute) -
        sizeOf(":authority", "localhost") -
        sizeOf("authorization", requests.authorization);
      return Buffer.concat([requests.probe, entry(rest + 1)]);
    },
    () => again(1),
  ),
  missing(
    "an entry larger than the table empties it (4.4)",
    inserted,
    join(probe, entry(tableSize + 1)),
    () => again(),
  ),
  missing(
    "and is not in it (4.4)",
    inserted,
    join(probe, entry(tableSize + 1)),
    join(probe, indexed(newest)),
  ),
  row(
    "a name is read before its own insertion evicts it (4.4)",
    join(probe, literal("x-evicted", "a", "indexing")),
    join(probe, literal(newest, "y".repeat(tableSize - overhead - 9), "indexing"), indexed(newest)),
  ),
  row("a size update to 0, and back (4.2, 6.3)", join(sizeUpdate(0), sizeUpdate(tableSize), inserted), () =>
    again(),
  ),
  missing(
    "a size update to 0 empties the table (4.3)",
    inserted,
    join(sizeUpdate(0), sizeUpdate(tableSize), again()),
  ),
  row("a table of 0: what is inserted is gone, and no error (4.4)", join(sizeUpdate(0), inserted), inserted),
  missing("a table of 0 holds nothing (4.4)", join(sizeUpdate(0), inserted), () => again()),
  missing(
    "a smaller table evicts at once (4.3)",
    inserted,
    join(sizeUpdate(sizeOf("authorization", "")), again()),
  ),
  row(
    "a smaller table keeps what fits (4.3)",
    join(probe, entry(100), entry(200)),
    join(sizeUpdate(200), probe, indexed(newest)),
  ),
  missing(
    "a smaller table keeps nothing else (4.3)",
    join(probe, entry(100), entry(200)),
    join(sizeUpdate(200), probe, indexed(newest + 1)),
  ),
  missing(
    "a size update of a block stays for the next one (4.2)",
    join(sizeUpdate(99), probe, entry(100)),
    join(probe, indexed(newest)),
  ),
];

const codingCases: readonly Http2Case[] = [
  row("a name and a value of 0 octets, in Huffman code (5.2)", join(probe, huffmanValue(Buffer.alloc(0)))),
  row(
    "a value of 127, 128, 254, 255 and 3000 octets (5.1)",
    join(
      probe,
      ...[127, 128, 254, 255, 3000].flatMap((length) =>
        [false, true].map((huffman) => literal("x-a", "z".repeat(length), "plain", huffman)),
      ),
    ),
  ),
  {
    ...row(
      "an integer in more octets than it needs (5.1 allows some; whoever refuses it may)",
      join(probe, octets(0x00, 0x01, 0x61, 0x7f, 0x80, 0x80, 0x00), Buffer.alloc(127, "b")),
    ),
    outcomes: [answer(), goaway("COMPRESSION_ERROR")],
  },
];

const placeCases: readonly Http2Case[] = [
  {
    name: "an index beyond both tables in trailers (2.3.3)",
    send: ({ post, body }) => [
      ...[headersFrame(1, post, endHeaders), dataFrame(1, body), headersFrame(1, indexed(99))],
    ],
    outcomes: [goaway("COMPRESSION_ERROR")],
  },
  {
    name: "an index beyond both tables in a request that is malformed before it (RFC 9113, 4.3)",
    send: ({ probe: block }) => [headersFrame(1, Buffer.concat([block, literal("te", "gzip"), indexed(99)]))],
    outcomes: [goaway("COMPRESSION_ERROR")],
  },
];

/** Requests in turn, whose answers have to be read with the tables that were agreed; a wrong one throws. */
async function ask(peer: Http2Peer, lane: Lane, first: number, count = 3): Promise<void> {
  for (let id = first; id < first + 2 * count; id += 2) {
    peer.send(headersFrame(id, lane.requests.get));
    assert.equal((await peer.untilAnswered(id)).status, 200);
  }
}

function testAnswers(lane: Lane): void {
  for (const size of [0, 1, 100, 4095, tableSize, 65_536, 2 ** 32 - 1]) {
    test(`answers to a client whose HEADER_TABLE_SIZE is ${size} (RFC 9113, 4.3.1)`, async () => {
      using peer = await Http2Peer.open(lane.port, [setting.headerTableSize, size]);
      await ask(peer, lane, 1);
    });
  }

  test("HEADER_TABLE_SIZE that changes between answers: each reduction is taken up (RFC 9113, 4.3.1)", async () => {
    using peer = await Http2Peer.open(lane.port);
    await ask(peer, lane, 1);
    for (const [index, size] of [0, tableSize, 60, 50, 8192, 0].entries()) {
      peer.send(settingsFrame([setting.headerTableSize, size]));
      await peer.settled(2 + index);
      peer.allowTable(size);
      await ask(peer, lane, 101 + 100 * index);
    }
  });

  test("HEADER_TABLE_SIZE that goes down and up between two answers: the least is signaled (4.2)", async () => {
    using peer = await Http2Peer.open(lane.port);
    await ask(peer, lane, 1);
    peer.send(
      settingsFrame([setting.headerTableSize, 0]),
      settingsFrame([setting.headerTableSize, tableSize]),
    );
    await peer.settled(3);
    for (const size of [0, tableSize]) peer.allowTable(size);
    await ask(peer, lane, 101);
  });
}

onBothLanes((lane) => {
  testCases(lane, [...brokenCases, ...huffmanCases, ...tableCases, ...codingCases, ...placeCases]);
  testAnswers(lane);
});

/** Names of the static table that say nothing about the message that carries them, or its connection. */
const plainNames = staticTable
  .map(([name], index) => ({ name, index: index + 1 }))
  .filter(
    ({ name }) => !/^(?::.*|content-length|cookie|expect|host|set-cookie|transfer-encoding)$/.test(name),
  );

const request = [
  indexed(staticIndex.post),
  indexed(staticIndex.http),
  indexed(staticIndex.path),
  literal(1, "a.example"),
];

/** The headers that reach the handler; undefined when the request is refused as malformed. */
async function echo(listener: Listener, ...more: readonly Buffer[]): Promise<Echoed["headers"] | undefined> {
  using peer = await Http2Peer.open(listener.port);
  peer.send(headersFrame(1, Buffer.concat([...request, ...more])));
  return readEchoOrRefusal(await peer.untilOver(1))?.headers;
}

/** What a value may hold (RFC 9110, 5.5). */
const isText = (octet: number) => octet === 9 || (octet >= 32 && octet !== 127);

describe("what is decoded", () => {
  onBothReaders((listener) => {
    test("every octet that a value may hold, in Huffman code and without (appendix B)", async () => {
      const allowed = Array.from({ length: 256 }, (_, octet) => octet).filter(isText);
      for (const huffman of [true, false]) {
        for (let start = 0; start < allowed.length; start += 64) {
          const some = allowed.slice(start, start + 64);
          const value = (octet: number) => `a${String.fromCharCode(octet)}b`;
          const headers = await echo(
            listener(),
            ...some.map((octet) => literal(`x-${octet}`, value(octet), "indexing", huffman)),
          );
          for (const octet of some) assert.equal(headers?.[`x-${octet}`], value(octet), `octet ${octet}`);
        }
      }
    });

    test("every other octet in Huffman code is decoded as well, and its request malformed, or without the field", async () => {
      for (let octet = 0; octet < 128; octet += 1) {
        if (isText(octet)) continue;
        const value = `a${String.fromCharCode(octet)}b`;
        // A length that differs by one octet would end in other fields, or in a connection error.
        const headers = await echo(listener(), literal("x-a", value, "plain", true), literal("x-b", "c"));
        if (headers === undefined) continue;
        assert.equal(headers["x-b"], "c");
        const mayStay = ![0, 10, 13].includes(octet);
        assert.ok(headers["x-a"] === undefined || (mayStay && headers["x-a"] === value), `octet ${octet}`);
      }
    });

    test("all octets in one string of Huffman code, one request of each length (5.2)", async () => {
      const printable = Array.from({ length: 94 }, (_, index) => 33 + index);
      for (let length = 1; length <= 94; length += 1) {
        const value = String.fromCharCode(...printable.slice(0, length), ...printable.slice(94 - length));
        const headers = await echo(listener(), literal("x-a", value, "plain", true));
        assert.equal(headers?.["x-a"], value);
      }
    });

    test("names of the static table, with values of one's own (appendix A)", async () => {
      const values = plainNames.map(({ name, index }) => [name, `${index}`] as const);
      const headers = await echo(
        listener(),
        ...plainNames.map(({ index }) => literal(index, `${index}`, index % 2 === 0 ? "indexing" : "never")),
      );
      for (const [name, value] of values) assert.equal(headers?.[name], value);
    });

    test("whole entries of the static table (appendix A)", async () => {
      const headers = await echo(listener(), ...plainNames.map(({ index }) => indexed(index)));
      for (const { name, index } of plainNames)
        assert.equal(headers?.[name], staticTable[index - 1]?.[1], name);
    });

    test("methods, schemes and paths of the static table (appendix A)", async () => {
      using peer = await Http2Peer.open(listener().port);
      const seen: string[] = [];
      for (const [index, [method, path, scheme]] of [
        [2, 4, 6],
        [3, 5, 7],
      ].entries()) {
        const block = [method, path, scheme].map((place = 0) => indexed(place));
        peer.send(headersFrame(1 + 2 * index, Buffer.concat([...block, literal(1, "a.example")])));
        const { method: asked, target } = readEcho(await peer.untilAnswered(1 + 2 * index));
        seen.push(`${asked} ${target}`);
      }
      assert.deepEqual(seen, ["GET /", "POST /index.html"]);
    });

    test("entries of the dynamic table keep their values while others come and go (2.3.2, 4.4)", async () => {
      using peer = await Http2Peer.open(listener().port);
      peer.send(windowUpdate(0, 10_000_000));
      const kept: { name: string; value: string }[] = [];
      for (let turn = 0; turn < 200; turn += 1) {
        const [name, value] = [`x-${turn}`, `${turn}`.repeat(1 + ((turn * 37) % 40))];
        kept.unshift({ name, value });
        // The table holds more than the last ten of them.
        kept.length = Math.min(kept.length, 10);
        const old = indexed(newest + kept.length - 1);
        const block = [...request, literal(name, value, "indexing", turn % 2 === 0), old];
        peer.send(headersFrame(1 + 2 * turn, Buffer.concat(block)));
        const { headers } = readEcho(await peer.untilAnswered(1 + 2 * turn));
        const [first, last] = [kept[0], kept.at(-1)];
        if (first !== last) assert.equal(headers[last?.name ?? ""], last?.value);
        assert.match(String(headers[name]), new RegExp(`^${value}(?:, ${value})?$`));
      }
    });
  });
});

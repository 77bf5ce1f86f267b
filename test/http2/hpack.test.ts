// Header compression against the examples of RFC 7541, appendix C, and against itself under every order of changes.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConnectionFault, errorCode } from "../../src/http2/error-code.ts";
import { HeaderBlocks } from "../../src/http2/header-blocks.ts";
import { HpackDecoder } from "../../src/http2/hpack-decoder.ts";
import { fieldBytes, HpackEncoder } from "../../src/http2/hpack-encoder.ts";
import { seededRandom } from "../guard/simulation.ts";

const limits = { pairs: 1000, bytes: 65_536 };
const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(/\s/g, ""), "hex");

function decodeAll(decoder: HpackDecoder, ...blocks: readonly string[]): (string[] | undefined)[] {
  return blocks.map((block) => decoder.decode(bytesOf(block)));
}

const requests = [
  [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"],
  [
    ...[":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"],
    ...["cache-control", "no-cache"],
  ],
  [
    ...[":method", "GET", ":scheme", "https", ":path", "/index.html", ":authority", "www.example.com"],
    ...["custom-key", "custom-value"],
  ],
];

describe("RFC 7541, appendix C", () => {
  test("C.3: three requests of one connection, without Huffman coding", () => {
    const blocks = [
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ];
    assert.deepEqual(decodeAll(new HpackDecoder(limits), ...blocks), requests);
  });

  test("C.4: the same with it", () => {
    const blocks = [
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ];
    assert.deepEqual(decodeAll(new HpackDecoder(limits), ...blocks), requests);
  });

  test("C.6: answers in a table of 256 bytes, whose entries are evicted", () => {
    const decoder = new HpackDecoder(limits);
    const date = "Mon, 21 Oct 2013 20:13:21 GMT";
    const location = "https://www.example.com";
    const [first, second, third] = decodeAll(
      decoder,
      `3fe1 01 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81
       66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
      "4883 640e ffc1 c0bf",
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7
       821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5
       b106 3d50 07`,
    );
    const common = ["cache-control", "private", "date", date, "location", location];
    assert.deepEqual(first, [":status", "302", ...common]);
    assert.deepEqual(second, [":status", "307", ...common]);
    assert.deepEqual(third, [
      ...[":status", "200", "cache-control", "private", "date", "Mon, 21 Oct 2013 20:13:22 GMT"],
      ...["location", location, "content-encoding", "gzip"],
      ...["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"],
    ]);
  });
});

const unreadable: Readonly<Record<string, string>> = {
  "index 0": "80",
  "an index beyond the tables": "be",
  "an index far beyond": "ffff ffff 7f",
  "a number without end": "ff80 8080 8080 8080 8080 01",
  "a number that is cut": "ff",
  "a name of an entry that is not there": "7f00 0161",
  "a text that is cut": "0004 6162",
  "a value that is missing": "0001 61",
  "a change of the table in the middle": "8220",
  "a table larger than allowed": "3fe2 1f",
  "Huffman padding of more than seven bits": "0001 6182 1fff",
  "Huffman padding of zeros": "0001 6181 18",
  "the end of a string inside one": "0001 6184 ffff ffff",
};

for (const [what, block] of Object.entries(unreadable)) {
  test(`${what} ends the connection`, () => {
    assert.throws(
      () => new HpackDecoder(limits).decode(bytesOf(block)),
      (error: Error) => error instanceof ConnectionFault && error.code === errorCode.compressionError,
    );
  });
}

test("more than the limits is read to its end, and given as too much", () => {
  const decoder = new HpackDecoder({ pairs: 2, bytes: 10 });
  // The second block needs what the first one put into the table.
  assert.equal(decoder.decode(bytesOf("4001 6101 62 82 82")), undefined);
  assert.deepEqual(decoder.decode(bytesOf("be")), ["a", "b"]);
  assert.equal(decoder.decode(bytesOf("0001 610b 3131 3131 3131 3131 3131 31")), undefined);
  assert.equal(decoder.bytes, 12);
});

test("a block that is the one before, to the byte, is read again when the table has changed", () => {
  const blocks = new HeaderBlocks(limits);
  const [first, indexed] = [bytesOf("4001 6101 62"), bytesOf("be")];
  assert.deepEqual(blocks.read(first).fields, ["a", "b"]);
  const read = blocks.read(indexed);
  assert.deepEqual(read.fields, ["a", "b"]);
  assert.equal(blocks.read(Buffer.from(indexed)), read);
  assert.deepEqual(blocks.read(bytesOf("4001 6101 63")).fields, ["a", "c"]);
  assert.deepEqual(blocks.read(indexed).fields, ["a", "c"]);
  // The same literal twice is two entries.
  blocks.read(bytesOf("4001 6401 65"));
  blocks.read(bytesOf("4001 6401 65"));
  assert.deepEqual(blocks.read(bytesOf("bf")).fields, ["d", "e"]);
  // A change of the table is one, whatever it leaves.
  assert.deepEqual(blocks.read(bytesOf("20 3fe1 1f 82")).fields, [":method", "GET"]);
  assert.throws(() => blocks.read(indexed), ConnectionFault);
});

test("an entry that is larger than the table empties it, without an error", () => {
  const decoder = new HpackDecoder(limits);
  assert.deepEqual(decoder.decode(bytesOf("4001 6101 62")), ["a", "b"]);
  const large = Buffer.concat([bytesOf("40 01 63 7f 81 1f"), Buffer.alloc(4096, "d")]);
  assert.deepEqual(decoder.decode(large), ["c", "d".repeat(4096)]);
  assert.throws(() => decoder.decode(bytesOf("be")), ConnectionFault);
});

test("what is written is read again, whatever the peer allows meanwhile", () => {
  const random = seededRandom(20_261_126);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const names = [":status", "content-type", "x-request-id", "date", "set-cookie", "vary", "etag", "a", "bb"];
  const values = ["", "200", "404", "application/grpc+proto", "x".repeat(200), "y".repeat(5000), "\xe9\xff"];
  for (let run = 0; run < 50; run += 1) {
    const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder(limits)];
    for (let block = 0; block < 60; block += 1) {
      if (random() < 0.2) encoder.allowTable(pick([0, 60, 500, 4096, 100_000]));
      if (random() < 0.1) encoder.allowTable(pick([0, 60, 500, 4096, 100_000]));
      const fields = Array.from({ length: 1 + Math.floor(random() * 8) }, () => {
        return [pick(names), random() < 0.5 ? pick(values) : String(Math.floor(random() * 50))] as const;
      });
      const to = Buffer.alloc(fields.reduce((sum, [name, value]) => sum + fieldBytes(name, value), 16));
      let end = encoder.begin(to, 0);
      for (const [name, value] of fields) end = encoder.write(to, end, name, value);
      assert.deepEqual(decoder.decode(to.subarray(0, end)), fields.flat(), `run ${run}, block ${block}`);
    }
  }
});

test("what answers have in common is a byte each from the second answer on; a secret is never in the table", () => {
  const encoder = new HpackEncoder();
  const to = Buffer.alloc(1000);
  const write = (...fields: readonly (readonly [string, string])[]) => {
    let end = encoder.begin(to, 0);
    for (const [name, value] of fields) end = encoder.write(to, end, name, value);
    return end;
  };
  const common = [
    [":status", "200"],
    ["content-type", "application/grpc+proto"],
    ["cache-control", "no-store"],
  ] as const;
  assert.ok(write(...common) > 30);
  assert.equal(write(...common), 3);
  const cookie = ["set-cookie", "session=0123456789abcdef"] as const;
  assert.equal(write(cookie), write(cookie));
  // Never indexed, by anybody (RFC 7541, 6.2.3).
  assert.equal((to[0] as number) & 0xf0, 0x10);
});

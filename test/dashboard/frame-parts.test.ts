import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { chooseCoding } from "../../src/dashboard/frame/compressed.ts";
import { readCookies, writeCookie } from "../../src/dashboard/frame/cookies.ts";
import { toForm } from "../../src/dashboard/frame/form.ts";
import { currentItem } from "../../src/dashboard/frame/menus.ts";
import { sendNotice, takeNotice } from "../../src/dashboard/frame/notice-cookie.ts";
import { matchPath } from "../../src/dashboard/frame/path-pattern.ts";
import { hasId } from "../support/has-id.ts";

suite("cookies", () => {
  test("are read when they are ours, by their name without prefix", () => {
    const cookies = readCookies("a=1; __Host-session=stses_x; __Secure-b=2; __Host-avis=a=b;__Host-");
    assert.deepEqual(
      [...cookies],
      [
        ["session", "stses_x"],
        ["avis", "a=b"],
      ],
    );
    assert.equal(readCookies(undefined).size, 0);
  });

  test("are kept from scripts, from other sites and from cleartext", () => {
    assert.equal(writeCookie("a", "b"), "__Host-a=b; Path=/; Secure; HttpOnly; SameSite=Lax");
    assert.match(writeCookie("a", "b", 60), /; Max-Age=60$/);
  });
});

test("a notice is taken once, in any letters", () => {
  const header = sendNotice("L’accès est « rétabli ».");
  const cookies = readCookies(header.split(";")[0]);
  const notice = takeNotice(cookies);
  assert.equal(notice?.text, "L’accès est « rétabli ».");
  assert.match(notice?.forget ?? "", /Max-Age=0/);
  assert.equal(takeNotice(new Map()), undefined);
});

suite("paths", () => {
  const match = matchPath("/tableau-de-bord/jetons/{id}");
  test("are matched whole", () => {
    assert.deepEqual(match("/tableau-de-bord/jetons/tok_1"), { id: "tok_1" });
    for (const path of [
      "/tableau-de-bord/jetons/",
      "/tableau-de-bord/jetons/a/b",
      "/tableau-de-bord/jetons",
    ]) {
      assert.equal(match(path), undefined, path);
    }
  });
  test("have identifiers for parameters, and nothing else", () => {
    for (const bad of ["%2e%2e", "a%20b", "<b>", "é", "a".repeat(201)]) {
      assert.equal(match(`/tableau-de-bord/jetons/${bad}`), undefined, bad);
    }
  });
});

suite("content codings", () => {
  const cases: readonly (readonly [string | undefined, string | undefined])[] = [
    ["gzip, deflate, br", "br"],
    ["gzip;q=1.0, br;q=0", "gzip"],
    ["GZIP", "gzip"],
    ["identity", undefined],
    ["*", undefined],
    [undefined, undefined],
  ];
  for (const [accepted, expected] of cases) {
    test(String(accepted), () => assert.equal(chooseCoding(accepted), expected));
  }
});

suite("forms", () => {
  const form = toForm(new URLSearchParams("a=+x+&b=1&b=2&c=on&n=12&m=1e3&l=a%0D%0Ab%3Bc%2C%0D%0A"));
  test("give texts without the spaces at their ends", () => {
    assert.equal(form.text("a"), "x");
    assert.equal(form.text("none"), "");
    assert.equal(form.optional("none"), undefined);
  });
  test("give all values of a name, numbers, boxes and lines", () => {
    assert.deepEqual(form.all("b"), ["1", "2"]);
    assert.deepEqual(form.numbers("b"), [1, 2]);
    assert.deepEqual([form.has("c"), form.has("d")], [true, false]);
    assert.deepEqual([form.number("n"), form.givenNumber("n"), form.number("none")], [12, 12, 0]);
    assert.deepEqual(form.lines("l"), ["a", "b", "c"]);
  });
  test("take nothing else for a number or a day, since an empty one means something", () => {
    const dates = toForm(new URLSearchParams("a=2028-02-29&b=2026-02-29&c=31/12/2026&d=demain"));
    assert.deepEqual([dates.day("a"), dates.day("none")], ["2028-02-29", undefined]);
    for (const name of ["b", "c", "d"]) assert.throws(() => dates.day(name), hasId("invalid_request"));
    assert.deepEqual([form.number("m"), form.number("a"), form.givenNumber("none")], [-1, -1, -1]);
  });
});

test("the menu marks the item that a page is below", () => {
  const items = ["/", "/a", "/a/b"].map((href) => ({ label: href, href }));
  const current = (path: string) => currentItem(items, path)?.href;
  assert.deepEqual(["/", "/a", "/a/c", "/a/b/c", "/ab"].map(current), ["/", "/a", "/a", "/a/b", undefined]);
});

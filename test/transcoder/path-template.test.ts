import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseTemplate } from "../../src/transcoder/index.ts";

/** Short form: `*`, `**`, quoted literals, variables as `name[start,end)` with + for several segments. */
function summary(source: string): string {
  const { segments, variables, verb } = parseTemplate(source);
  const path = segments.map((one) =>
    one.kind === "literal" ? `'${one.value}'` : one.kind === "star" ? "*" : "**",
  );
  const bound = variables.map(
    ({ fieldPath, start, end, multiSegment }) =>
      `${fieldPath.join(".")}[${start},${end ?? ""})${multiSegment ? "+" : ""}`,
  );
  return [path.join(" "), ...bound, ...(verb === undefined ? [] : [`:${verb}`])].join(" ").trim();
}

suite("1. Grammar of templates", () => {
  const good: [template: string, parsed: string][] = [
    ["/", ""],
    ["/v1", "'v1'"],
    ["/v1/books", "'v1' 'books'"],
    ["/v1/*", "'v1' *"],
    ["/v1/**", "'v1' **"],
    ["/**", "**"],
    ["/v1/{id}", "'v1' * id[1,2)"],
    ["/v1/{id=*}", "'v1' * id[1,2)"],
    ["/v1/{book.author.id}", "'v1' * book.author.id[1,2)"],
    ["/v1/{name=shelves/*/books/*}", "'v1' 'shelves' * 'books' * name[1,5)+"],
    ["/v1/{name=o/**}", "'v1' 'o' ** name[1,)+"],
    ["/v1/{name=**}", "'v1' ** name[1,)+"],
    ["/v1/{name=fixed}", "'v1' 'fixed' name[1,2)"],
    ["/{a}/{b}/c/{d=e/*}", "* * 'c' 'e' * a[0,1) b[1,2) d[3,5)+"],
    ["/v1/books:list", "'v1' 'books' :list"],
    ["/v1/{id}:cancel", "'v1' * id[1,2) :cancel"],
    ["/v1/{name=shelves/**}:move", "'v1' 'shelves' ** name[1,)+ :move"],
    ["/v1:verb", "'v1' :verb"],
    ["/v1/a:b/c", "'v1' 'a:b' 'c'"],
    ["/v1/a:b:c", "'v1' 'a:b' :c"],
    ["/caf%C3%A9/a%2Fb", "'café' 'a/b'"],
    ["/a-b._~!$&'()+,;=@", "'a-b._~!$&'()+,;=@'"],
    ["/v1/a%3Ab", "'v1' 'a:b'"],
  ];
  for (const [template, parsed] of good) {
    test(`${template} parses`, () => assert.equal(summary(template), parsed));
  }

  const bad: [template: string, reason: RegExp][] = [
    ["", /start with a slash/],
    ["v1/books", /start with a slash/],
    ["//", /empty segment/],
    ["/v1/", /empty segment/],
    ["/v1//books", /empty segment/],
    ["/v1/books:", /empty segment or verb/],
    ["/:verb", /empty segment/],
    ["/v1/{}", /not a field path/],
    ["/v1/{a..b}", /not a field path/],
    ["/v1/{1a}", /not a field path/],
    ["/v1/{a", /not closed/],
    ["/v1/{a=b", /not closed/],
    ["/v1/{a=}", /empty segment/],
    ["/v1/{a}b", /whole segment/],
    ["/v1/x{a}", /percent-encoded/],
    ["/v1/{a={b}}", /another variable/],
    ["/v1/{a=b/{c}}", /another variable/],
    ["/v1/**/books", /nothing may follow/],
    ["/v1/{a=**}/books", /nothing may follow/],
    ["/v1/***", /percent-encoded/],
    ["/v1/a b", /percent-encoded/],
    ["/v1/a?b", /percent-encoded/],
    ["/v1/é", /percent-encoded/],
    ["/v1/%zz", /percent-encoded/],
    ["/v1/%ff", /UTF-8/],
    ["/v1/{a}:b/c", /percent-encoded/],
  ];
  for (const [template, reason] of bad) {
    test(`${template || "(empty)"} is refused`, () => assert.throws(() => parseTemplate(template), reason));
  }
});

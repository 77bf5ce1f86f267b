import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { attributes, html, trusted } from "../../src/dashboard/html/html.ts";
import { markdown } from "../../src/dashboard/html/markdown.ts";

suite("html", () => {
  const hostile = `"><script>alert('x')</script>&`;

  test("escapes text, in elements and in attributes", () => {
    const escaped = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;";
    assert.equal(html`<p title="${hostile}">${hostile}</p>`.text, `<p title="${escaped}">${escaped}</p>`);
    assert.equal(attributes({ title: hostile }).text, ` title="${escaped}"`);
  });

  test("keeps what is HTML already, in lists too", () => {
    const items = ["a", "<"].map((text) => html`<li>${text}</li>`);
    assert.equal(html`<ul>${items}</ul>`.text, "<ul><li>a</li><li>&lt;</li></ul>");
    assert.equal(html`${trusted("<b>")}`.text, "<b>");
  });

  test("writes nothing for what is not there, and numbers as they are", () => {
    assert.equal(html`${undefined}${null}${false}${0}${12n}`.text, "012");
  });

  test("is not fooled by an object that looks like HTML", () => {
    const forged = { text: "<b>", toString: () => "<b>" } as unknown as string;
    assert.equal(html`${forged}`.text, "&lt;b&gt;");
  });

  test("writes attributes that are true bare, and leaves out those that are false", () => {
    assert.equal(
      attributes({ required: true, disabled: false, max: 3, min: undefined }).text,
      ' required max="3"',
    );
  });
});

suite("markdown", () => {
  test("shows HTML as text and follows no script", () => {
    const { text } = markdown(
      "# Titre\n\n<script>x</script> [a](javascript:alert(1)) [b](https://example.fr)",
    );
    assert.match(text, /<h2>Titre<\/h2>/);
    assert.doesNotMatch(text, /<script|href="javascript/);
    assert.match(text, /href="https:\/\/example\.fr"/);
  });
});

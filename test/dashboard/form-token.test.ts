import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createFormToken, isFormToken } from "../../src/dashboard/frame/form-token.ts";
import { refuseForeignForm } from "../../src/dashboard/frame/own-origin.ts";
import { ServiceError } from "../../src/errors.ts";

suite("a form's token", () => {
  test("is good in its session only", () => {
    const token = createFormToken("one");
    assert.ok(isFormToken("one", token));
    assert.ok(!isFormToken("another", token));
  });

  test("differs each time, in its whole length", () => {
    const [a, b] = [createFormToken("one"), createFormToken("one")];
    assert.notEqual(a.slice(0, 43), b.slice(0, 43));
    assert.notEqual(a.slice(43), b.slice(43));
  });

  test("is refused when it is cut, long, empty or altered", () => {
    const token = createFormToken("one");
    const altered = (token.startsWith("A") ? "B" : "A") + token.slice(1);
    for (const bad of ["", token.slice(0, -4), `${token}AAAA`, altered, "é", "0".repeat(86)]) {
      assert.ok(!isFormToken("one", bad), bad);
    }
  });
});

suite("where a form comes from", () => {
  const ours = "https://statut.example";
  const refuses = (headers: Record<string, string>, origin: string | undefined) =>
    assert.throws(
      () => refuseForeignForm(headers, origin),
      (error) => error instanceof ServiceError && error.id === "form_refused",
    );

  test("is told by Origin, which must be there", () => {
    refuseForeignForm({ origin: ours }, ours);
    refuses({}, ours);
    for (const origin of ["null", "https://statut.example.evil.fr", "http://statut.example", `${ours}:444`]) {
      refuses({ origin }, ours);
    }
  });

  test("is told by Sec-Fetch-Site as well", () => {
    refuseForeignForm({ origin: ours, "sec-fetch-site": "same-origin" }, ours);
    for (const site of ["cross-site", "same-site", "none"])
      refuses({ origin: ours, "sec-fetch-site": site }, ours);
  });

  test("is the host that was asked, where no origin is configured", () => {
    refuseForeignForm({ origin: "http://127.0.0.1:8080", host: "127.0.0.1:8080" }, undefined);
    refuseForeignForm({ origin: "https://a.fr", ":authority": "a.fr" } as never, undefined);
    refuses({ origin: "http://127.0.0.1:8081", host: "127.0.0.1:8080" }, undefined);
    refuses({ origin: "http://127.0.0.1:8080" }, undefined);
  });
});

// Every letter as partners read it, kept word for word. UPDATE_GOLDEN=1 writes the files anew.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { type Letter, type MailContent, renderLetter } from "../../src/mail/mail-content.ts";
import { sampleLetters } from "../../src/notice/sample-letters.ts";
import { readSourceFiles } from "../support/source-files.ts";
import { fromRoot } from "../tools/repository.ts";

const folder = fromRoot("test/golden/mail");
const extensions = ["txt", "html"] as const;

function write(content: MailContent, extension: (typeof extensions)[number]): string {
  return extension === "txt" ? `Objet : ${content.subject}\n\n${content.text}` : content.html;
}

/** Letters that somebody asked for, and no article. */
const asked = ["sign-in-link", "address-confirmation"];

test("every letter of the source can be previewed, and has its words kept here", () => {
  const samples = readFileSync(fromRoot("src/notice/sample-letters.ts"), "utf8");
  const letters = readSourceFiles("src").flatMap(({ text }) =>
    [...text.matchAll(/function (\w+)\([^)]*\): Letter\b/gsu)].map(([, name = ""]) => name),
  );
  assert.ok(letters.length >= 14, String(letters));
  assert.deepEqual(
    letters.filter((name) => !samples.includes(`${name}(`)),
    [],
  );
});

test("every letter tells where to write (article 6.2)", () => {
  for (const [name, letter] of Object.entries(sampleLetters)) {
    const { text, html } = renderLetter(letter(), "Camille Martin");
    for (const content of [text, html]) {
      assert.ok(content.includes("statutetudiant@enseignementsup.gouv.fr"), name);
    }
  }
});

suite("letters", () => {
  for (const [name, letter] of Object.entries(sampleLetters)) {
    const content = renderLetter(letter(), "Camille Martin");
    for (const extension of extensions) {
      test(`${name}.${extension} says what it said`, () => {
        const file = join(folder, `${name}.${extension}`);
        const wanted = write(content, extension);
        if (process.env["UPDATE_GOLDEN"] === "1") {
          mkdirSync(folder, { recursive: true });
          writeFileSync(file, wanted);
        }
        assert.equal(wanted, readFileSync(file, "utf8"));
      });
    }

    test(`${name} ${asked.includes(name) ? "was asked for" : "is an obligation"}: it has a reason and no way out`, () => {
      assert.equal(content.unsubscribeUrl, undefined);
      const reason = asked.includes(name)
        ? /vous est adressé parce qu/u
        : /conditions générales d'utilisation/u;
      assert.match(content.text.replaceAll("\n", " "), reason);
      assert.doesNotMatch(content.text, /ne plus recevoir/u);
    });

    test(`${name} has short lines and no stray character`, () => {
      const long = content.text
        .split("\n")
        .filter((line) => line.length > 76 && line.includes(" ") && !/^[^:]+ : /u.test(line));
      assert.deepEqual(long, []);
      assert.doesNotMatch(content.text, /^[:;?!»]/mu, "a mark starts no line");
      assert.doesNotMatch(content.text, /undefined|NaN|\[object|Invalid/u);
      assert.ok(content.subject.length <= 120, `${content.subject.length} characters of subject`);
    });
  }

  test("no golden file is of a letter that is gone", () => {
    const wanted = Object.keys(sampleLetters).flatMap((name) =>
      extensions.map((extension) => `${name}.${extension}`),
    );
    assert.deepEqual(readdirSync(folder).toSorted(), wanted.toSorted());
  });
});

const hostile: Letter = {
  subject: "Objet\r\nBcc: x@y.fr\u2028<b>",
  blocks: [{ paragraph: "<script>alert(1)</script>\n.\n" }, { link: "<b>", url: `https://a.fr/"onclick="x` }],
  because: "Parce que <i>.",
  unsubscribeUrl: "https://a.fr/désinscription",
};

test("texts of others are never markup, and never a header", () => {
  const content = renderLetter(hostile, "Camille\nBcc: z@y.fr");
  assert.equal(content.subject, "[API Statut étudiant] Objet Bcc: x@y.fr <b>");
  assert.match(content.text, /^Bonjour Camille Bcc: z@y\.fr,\n/u);
  assert.doesNotMatch(content.html, /<script|<b>|<i>|"onclick/u);
});

test("optional news tells how to get no more of it", () => {
  const content = renderLetter(hostile, "Camille");
  assert.match(content.text, /ne plus recevoir ces nouvelles : https:\/\/a\.fr\/désinscription/u);
});

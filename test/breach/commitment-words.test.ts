// A partner reads of which commitment it is told in a letter and on a page: the same words in both, and those of the terms.
import assert from "node:assert/strict";
import { test } from "node:test";
import { commitmentNames } from "../../src/assembly/partner-letters.ts";
import { commitments } from "../../src/breach/breach-message.ts";
import type { CommitmentName } from "../../src/breach/breach-storage.ts";
import { commitmentWords } from "../../src/dashboard/html/words.ts";

/** A word of each sentence of article 2 that the commitment is about. */
const sentences: Readonly<Record<CommitmentName, RegExp>> = {
  eligibility: /habilitation/,
  france_connect: /FranceConnect/,
  informing_users: /information des usagers/,
  authorised_agents: /agents habilités/,
  identified_users: /usagers identifiés/,
  no_disclosure: /commercialisation .*tiers/,
  security: /données à caractère personnel/,
  necessary_data: /nécessaires, un jeton par démarche/,
  token_use: /responsabilité de l'usage des jetons/,
  own_servers: /serveurs/,
};

for (const name of Object.keys(sentences) as CommitmentName[]) {
  test(`${name} has the same words in a letter and on a page`, () => {
    const letter = commitmentNames[name];
    const page = (commitmentWords[commitments[name]] ?? "").replaceAll("’", "'");
    assert.match(letter, sentences[name]);
    assert.equal(page, letter.charAt(0).toUpperCase() + letter.slice(1));
  });
}

// The phrase book: wordings that take turns.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PhraseBook } from "../../../monitor/web/static/live/phrase_book.js";
import { SHIPPED, within } from "./messages.mjs";

test("wordings take turns: all are heard before one is heard again", () => {
  const book = new PhraseBook();
  for (const [code, messages] of Object.entries(SHIPPED.languages))
    for (const [key, said] of Object.entries(messages).filter(([name]) => name.startsWith("said."))) {
      const fresh = new PhraseBook();
      const heard = within(code, () => [...said, ...said].map(() => fresh.phrase(key.slice(5))));
      assert.deepEqual(heard, [...said, ...said], `${code} ${key}`);
    }
  book.phrase("braking");
  const [first] = SHIPPED.languages.en["said.overstride"];
  assert.equal(book.phrase("overstride"), first, "each key has its own turn");
});

test("the first key that has wordings is said; an unknown one is nothing", () => {
  const book = new PhraseBook();
  assert.equal(book.phrase("no such key", "confirm"), "Back on target");
  assert.equal(book.phrase("learned", "confirm"), "Cues start now");
  for (const key of ["no such key", null, undefined, "toString"]) assert.equal(book.phrase(key), "");
});

// The phrase book: the runner's language, and wordings that take turns.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PhraseBook } from "../../../monitor/web/static/live/phrase_book.js";

const SHIPPED = JSON.parse(
  readFileSync(new URL("../../../monitor/core/phrases.json", import.meta.url), "utf8"),
);

test("a language is chosen by the runner, then by the device, and is English at last", () => {
  const book = new PhraseBook(SHIPPED);
  assert.equal(book.language(["", "de-AT", "en"]), "de");
  assert.equal(book.language(["en", "de-AT"]), "en");
  assert.equal(book.language(["fr", "sw-KE", "de"]), "de");
  assert.equal(book.language(["fr"]), "en");
  assert.equal(book.language([]), "en");
  assert.equal(book.language(["constructor", "to"]), "en");
  assert.equal(new PhraseBook().language(["de"]), "en", "before the book is there");
});

test("every language is offered with its name", () => {
  assert.deepEqual(
    new PhraseBook(SHIPPED).languages,
    Object.entries(SHIPPED).map(([code, { name }]) => [code, name]),
  );
  assert.deepEqual(new PhraseBook().languages, []);
});

test("wordings take turns: all are heard before one is heard again", () => {
  const book = new PhraseBook(SHIPPED);
  for (const [code, { said }] of Object.entries(SHIPPED))
    for (const [key, wordings] of Object.entries(said)) {
      const fresh = new PhraseBook(SHIPPED);
      const heard = [...wordings, ...wordings].map(() => fresh.phrase(code, key));
      assert.deepEqual(heard, [...wordings, ...wordings], `${code} ${key}`);
    }
  book.phrase("en", "braking");
  assert.equal(book.phrase("en", "overstride"), SHIPPED.en.said.overstride[0], "each key has its own turn");
});

test("the first key that the book has is said; an unknown one is nothing", () => {
  const book = new PhraseBook(SHIPPED);
  assert.equal(book.phrase("en", "no such key", "confirm"), SHIPPED.en.said.confirm[0]);
  assert.equal(book.phrase("en", "learned", "confirm"), SHIPPED.en.said.learned[0]);
  for (const key of ["no such key", null, undefined, "toString"]) assert.equal(book.phrase("en", key), "");
  assert.equal(book.phrase("xx", "confirm"), "");
});

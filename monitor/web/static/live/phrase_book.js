// The wordings of each phrase in each language.  They take turns, so that none is heard twice in a row.

export class PhraseBook {
  #book;
  #turns = {}; // how often each phrase was asked for

  // { code: { name, said: { key: [wording, ...] } } }
  constructor(book = {}) {
    this.#book = book;
  }

  // [code, name] of each language.
  get languages() {
    return Object.entries(this.#book).map(([code, language]) => [code, language.name]);
  }

  // The first of these languages ("de", or "de-AT") that the book has; else English.
  language(wanted) {
    return wanted.map((code) => code.slice(0, 2)).find((code) => Object.hasOwn(this.#book, code)) ?? "en";
  }

  // The next wording of the first of these keys that the language has; "" if it has none.
  phrase(language, ...keys) {
    const said = this.#book[language]?.said ?? {},
      key = keys.find((k) => Object.hasOwn(said, k));
    if (!key) return "";
    const turn = this.#turns[key] ?? 0;
    this.#turns[key] = turn + 1;
    return said[key][turn % said[key].length];
  }
}

// Words: the phrase book, and the browser's speech.  A phrase that cannot start in time is not said.
import { PhraseBook } from "./phrase_book.js";
import { settings } from "./settings.js";

export class Voice {
  #book = new PhraseBook();
  async load() {
    const answer = await fetch("phrases.json");
    if (answer.ok) this.#book = new PhraseBook(await answer.json());
  }

  get languages() {
    return this.#book.languages;
  }
  get language() {
    return this.#book.language([settings.language, ...navigator.languages]);
  }

  phrase(...keys) {
    return this.#book.phrase(this.language, ...keys);
  }

  get able() {
    return "speechSynthesis" in globalThis;
  }

  say(text, within_ms = 3000) {
    if (!this.able || !text) return;
    const words = new SpeechSynthesisUtterance(text);
    words.lang = this.language;
    words.volume = settings.volume;
    const late = setTimeout(() => speechSynthesis.cancel(), within_ms);
    words.onstart = words.onend = words.onerror = () => clearTimeout(late);
    speechSynthesis.cancel();
    speechSynthesis.speak(words);
  }
}

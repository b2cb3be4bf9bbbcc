// Words: the phrase book, and the browser's speech.  A phrase that cannot start in time is not said.
import { settings } from "./settings.js";

export class Voice {
  #book = {};
  #turn = {}; // how often each wording was used: they take turns
  async load() {
    const answer = await fetch("phrases.json");
    if (answer.ok) this.#book = await answer.json();
  }

  get languages() {
    return Object.entries(this.#book).map(([code, { name }]) => [code, name]);
  }
  get language() {
    const wanted = [settings.language, ...navigator.languages.map((l) => l.slice(0, 2))];
    return wanted.find((code) => code && this.#book[code]) ?? "en";
  }

  // The next wording of the first of these keys that the book has; "" if it has none.
  phrase(...keys) {
    const said = this.#book[this.language]?.said ?? {},
      key = keys.find((k) => said[k]);
    if (!key) return "";
    this.#turn[key] = (this.#turn[key] ?? -1) + 1;
    return said[key][this.#turn[key] % said[key].length];
  }

  get able() {
    return "speechSynthesis" in window;
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

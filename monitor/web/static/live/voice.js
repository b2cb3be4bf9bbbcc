// Words: the phrase book, and the browser's speech.  A phrase that cannot start in time is not said.
import { language } from "../shared/messages.js";
import { settings } from "../shared/settings.js";
import { PhraseBook } from "./phrase_book.js";

export class Voice {
  #book = new PhraseBook();

  phrase(...keys) {
    return this.#book.phrase(...keys);
  }

  get able() {
    return "speechSynthesis" in globalThis;
  }

  say(text, within_ms = 3000) {
    if (!this.able || !text) return;
    const words = new SpeechSynthesisUtterance(text);
    words.lang = language();
    words.volume = settings.volume;
    const late = setTimeout(() => speechSynthesis.cancel(), within_ms);
    words.onstart = words.onend = words.onerror = () => clearTimeout(late);
    speechSynthesis.cancel();
    speechSynthesis.speak(words);
  }
}

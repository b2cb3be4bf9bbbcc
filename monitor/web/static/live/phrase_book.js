// The wordings of each phrase.  They take turns, so that none is heard twice in a row.
import { wordings } from "../shared/messages.js";

export class PhraseBook {
  #turns = {}; // how often each phrase was asked for

  // The next wording of the first of these keys that there is; "" if there is none.
  phrase(...keys) {
    const key = keys.find((k) => wordings(`said.${k}`).length);
    if (!key) return "";
    const all = wordings(`said.${key}`),
      turn = this.#turns[key] ?? 0;
    this.#turns[key] = turn + 1;
    return all[turn % all.length];
  }
}

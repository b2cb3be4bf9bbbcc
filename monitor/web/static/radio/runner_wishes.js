// Wishes of the runner that go the way of what the pods say: kept until the page shows what came of them.
import { pageTime } from "./clock.js";

const SHOWN_MS = 3000; // the service tells the state of the timer every second
const SLOW_MS = 1500; // a wish that waits longer is spoken of

export class RunnerWishes {
  #wishes = []; // { kind, at_ms, entry, number, taken_ms }
  // Returns the entry of a batch that brings it.
  add(kind) {
    const at_ms = pageTime(),
      entry = [kind, at_ms];
    this.#wishes.push({ kind, at_ms, entry, number: Number.POSITIVE_INFINITY, taken_ms: null });
    return entry;
  }

  // These entries wait in the batch of that number.
  keep(entries, number) {
    for (const wish of this.#wishes) if (entries.includes(wish.entry)) wish.number = number;
  }

  // The service has all batches up to that number.
  taken(number) {
    for (const wish of this.#wishes) if (wish.number <= number) wish.taken_ms ??= pageTime();
  }

  // The timer of the run has told something new, so it has followed what was taken.
  followed() {
    this.#wishes = this.#wishes.filter(({ taken_ms }) => taken_ms === null);
  }

  // Those that the page does not show yet: [{ kind, at_ms, waits }, ...]; waits: it is kept, and worth a word.
  shown() {
    const now_ms = pageTime();
    this.#wishes = this.#wishes.filter(({ taken_ms }) => taken_ms === null || now_ms - taken_ms < SHOWN_MS);
    return this.#wishes.map(({ kind, at_ms, number, taken_ms }) => {
      const kept = Number.isFinite(number) && taken_ms === null;
      return { kind, at_ms, waits: kept && now_ms - at_ms > SLOW_MS };
    });
  }
}

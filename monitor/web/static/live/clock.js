// Which second of the session it is on this machine.  Every message says so, each a little late:
// the one that was least late counts, for as long as clocks do not drift.
const KEPT_MS = 20_000;

export class SessionClock {
  #heard = [];
  #offset = null; // session second at local zero
  constructor() {
    this.pace = 1;
  }

  // A new connection: how many session seconds pass in a second (null: no telling, nothing is in time).
  start(pace) {
    this.pace = pace;
    this.#heard = [];
    this.#offset = null;
  }

  hear(at_s, local_ms = performance.now()) {
    if (!this.pace) return;
    this.#heard = this.#heard.filter(([when]) => local_ms - when < KEPT_MS);
    this.#heard.push([local_ms, at_s - (this.pace * local_ms) / 1000]);
    this.#offset = Math.max(...this.#heard.map(([, offset]) => offset));
  }

  get synced() {
    return this.#offset !== null;
  }
  at(local_ms) {
    return this.#offset + (this.pace * local_ms) / 1000;
  }
  now() {
    return this.at(performance.now());
  }
  local(t_s) {
    return ((t_s - this.#offset) / this.pace) * 1000;
  } // on the scale of performance.now()
}

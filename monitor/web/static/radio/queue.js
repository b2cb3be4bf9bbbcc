// What was heard and not yet taken by the service: kept by the browser, in order, through reloads and restarts.
const STORE = "batches";
const AT_ONCE = 20; // batches read back

// { run, skipped, zeros }: of which run what waits is, the number of the last batch of the runs before, and the
// page's time of second 0 of each run.
const readRun = (id) => JSON.parse(localStorage.getItem(`radio.run.${id}`) ?? "null");

function textKeptAs(key, make) {
  const kept = localStorage.getItem(key) ?? make();
  localStorage.setItem(key, kept);
  return kept;
}

const answerOf = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export class Queue {
  #base;
  constructor(base) {
    this.#base = base;
    this.id = textKeptAs("radio.queue", () => crypto.randomUUID());
    this.run = readRun(this.id);
  }

  static async open() {
    const request = indexedDB.open("gaitcue-radio", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { autoIncrement: true });
    return new Queue(await answerOf(request));
  }

  #store(mode) {
    return this.#base.transaction(STORE, mode, { durability: "relaxed" }).objectStore(STORE);
  }

  // Keep a batch; returns its number, which only grows.
  add(batch) {
    return answerOf(this.#store("readwrite").add(batch));
  }

  // The first batches of this run behind that number, each with its own: [[number, batch], ...].
  async after(number) {
    const range = IDBKeyRange.lowerBound(Math.max(number, this.run?.skipped ?? 0), true);
    const store = this.#store("readonly");
    const [keys, batches] = await Promise.all([
      answerOf(store.getAllKeys(range, AT_ONCE)),
      answerOf(store.getAll(range, AT_ONCE)),
    ]);
    return keys.map((key, at) => [key, batches[at]]);
  }

  // The service has all of this run up to that number.
  async forget(number) {
    const first = (this.run?.skipped ?? 0) + 1;
    if (number >= first) await answerOf(this.#store("readwrite").delete(IDBKeyRange.bound(first, number)));
  }

  // From now on batches are of this run, whose second 0 was then; what waits of another stays apart.
  async begin(run, zero_ms) {
    const zeros = { ...this.run?.zeros, [run]: zero_ms };
    if (this.run?.run === run) this.run.zeros = zeros;
    else {
      const keys = await answerOf(this.#store("readonly").getAllKeys());
      this.run = { run, skipped: keys.at(-1) ?? 0, zeros };
    }
    localStorage.setItem(`radio.run.${this.id}`, JSON.stringify(this.run));
  }

  // The first batches of the runs before behind that number: [[number, batch], ...].
  async before(number) {
    const skipped = this.run?.skipped ?? 0;
    if (number >= skipped) return [];
    const range = IDBKeyRange.bound(number, skipped, true),
      store = this.#store("readonly");
    const [keys, batches] = await Promise.all([
      answerOf(store.getAllKeys(range, AT_ONCE)),
      answerOf(store.getAll(range, AT_ONCE)),
    ]);
    return keys.map((key, at) => [key, batches[at]]);
  }

  // The service has what there was of runs before, up to that number.
  async forgetBefore(number) {
    const last = Math.min(number, this.run?.skipped ?? 0);
    if (last > 0) await answerOf(this.#store("readwrite").delete(IDBKeyRange.upperBound(last)));
  }

  // How many batches wait: those of this run, and those of runs before.
  async count() {
    const skipped = this.run?.skipped ?? 0,
      store = this.#store("readonly");
    const [now, before] = await Promise.all([
      answerOf(store.count(IDBKeyRange.lowerBound(skipped, true))),
      answerOf(store.count(IDBKeyRange.upperBound(skipped))),
    ]);
    return { now, before };
  }
}

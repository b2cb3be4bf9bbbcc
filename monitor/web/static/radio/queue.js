// What was heard and not yet taken by the service: kept by the browser, in order, through reloads and restarts.
const STORE = "batches";
const AT_ONCE = 20; // batches read back

// { run, skipped }: of which run what waits is, and the number of the last batch of the runs before.
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

  // From now on batches are of this run; what waits of another stays, and is not sent.
  async begin(run) {
    if (this.run?.run === run) return;
    const keys = await answerOf(this.#store("readonly").getAllKeys());
    this.run = { run, skipped: keys.at(-1) ?? 0 };
    localStorage.setItem(`radio.run.${this.id}`, JSON.stringify(this.run));
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

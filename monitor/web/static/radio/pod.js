// One device: connected, set up, listened to, and connected again whenever its link breaks.  It knows no family:
// each step of a conversation comes from the service.  The steps that led to a stream are remembered, and
// repeated where the service is out of reach.
import { textOf } from "../shared/messages.js";
import { base64Of, beginsWith, bytesOf } from "./bytes.js";
import { pageTime } from "./clock.js";

const MOST_UNCLAIMED = 100; // notifications kept between two steps, for one that only waits
const FIRST_RETRY_MS = 1000,
  LONGEST_RETRY_MS = 10_000;
const CONNECT_MS = 20_000; // for one attempt
const BATTERY_MS = 300_000;

let connections = 0; // of all pods of this load of the page

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function inTime(promise, ms, text) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(text)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// spec: what the service says of the sensor; radio: { hear(notification), connected(pod), gone(pod), changed() }.
export class Pod {
  state = "idle"; // connecting, setting_up, streams, lost, refused
  trouble = "";
  connection = 0;
  uuids = [];
  battery = null;
  heard = 0; // notifications of this connection
  #characteristics = new Map(); // uuid: characteristic
  #listened = new Map(); // uuid: what listens to it
  #steps = []; // of this connection's conversation
  #unclaimed = [];
  #awaited = null;
  #newest_ms = 0;
  #reading = null; // uuid: a browser announces what it reads as if it were a notification
  #wake = () => undefined;
  #orderly = Promise.resolve(); // a device takes one request at a time
  constructor(spec, device, radio) {
    Object.assign(this, { spec, device, radio });
    device.addEventListener("gattserverdisconnected", () => this.#wake("lost"));
  }

  // Keep it connected until it is refused or let go.
  async keep() {
    let retry_ms = FIRST_RETRY_MS;
    while (!["refused", "idle_by_choice"].includes(this.state)) {
      // biome-ignore lint/performance/noAwaitInLoops: one connection after the other
      const streamed = await this.#hold();
      retry_ms = streamed ? FIRST_RETRY_MS : Math.min(2 * retry_ms, LONGEST_RETRY_MS);
      if (this.state === "lost") await pause(retry_ms);
    }
  }

  // End it for good.
  release(state, trouble = "") {
    Object.assign(this, { state, trouble });
    this.#wake("released");
    this.device.gatt.disconnect();
    this.radio.changed();
  }

  // One connection from its beginning to its end; whether it came to stream.
  async #hold() {
    this.#become("connecting");
    let streamed = false;
    try {
      await inTime(this.#open(), CONNECT_MS, textOf("live.radio.trouble.connect"));
      const ended = this.#untilEnd();
      this.#become("setting_up");
      this.radio.connected(this);
      await ended;
      streamed = this.state === "streams";
    } catch (error) {
      this.trouble = String(error.message ?? error);
    }
    this.device.gatt.disconnect();
    if (["refused", "idle_by_choice"].includes(this.state)) return streamed;
    this.#become("lost");
    if (this.connection) this.radio.gone(this);
    return streamed;
  }

  async #open() {
    const server = await this.device.gatt.connect();
    connections += 1;
    this.connection = connections;
    Object.assign(this, { heard: 0, trouble: "" });
    this.startOver();
    this.#listened.clear();
    this.#orderly = Promise.resolve(); // what an earlier link never answered holds up nothing
    const services = await server.getPrimaryServices();
    const found = await Promise.all(services.map((service) => service.getCharacteristics()));
    this.#characteristics = new Map(found.flat().map((c) => [c.uuid, c]));
    this.uuids = [...this.#characteristics.keys()];
  }

  // Until the link breaks, falls silent or is let go.
  #untilEnd() {
    this.#newest_ms = pageTime();
    return new Promise((resolve) => {
      const watch = setInterval(() => {
        if (this.state === "streams" && pageTime() - this.#newest_ms > this.spec.silent_ms)
          this.#wake("silent");
      }, 500);
      this.#wake = (why) => {
        clearInterval(watch);
        this.#wake = () => undefined;
        resolve(why);
      };
    });
  }

  #become(state) {
    this.state = state;
    this.radio.changed();
  }

  // A conversation begins: nothing of an earlier one counts, and what it still waits for is nothing.
  startOver() {
    this.#awaited?.take(null);
    [this.#steps, this.#unclaimed] = [[], []];
  }

  // It is set up: from now on it streams.  Returns the steps that led there.
  streams() {
    this.#newest_ms = pageTime();
    this.#become("streams");
    this.#readBattery(this.connection);
    return this.#steps;
  }

  // Its set-up failed: it is connected anew.
  fail(trouble) {
    this.trouble = trouble;
    this.#wake("failed");
  }

  // Take the steps that once led to a stream, without the service; whether they did again.  Null when
  // another conversation has begun meanwhile.
  async repeat(steps) {
    this.startOver();
    const done = this.#steps;
    let led = true;
    try {
      for (const step of steps) {
        // biome-ignore lint/performance/noAwaitInLoops: a conversation
        const answer = await this.perform(step.operation);
        if (done !== this.#steps) break;
        if (step.answered && answer === null) led = false;
        if (!led) break;
      }
    } catch {
      led = false;
    }
    return done === this.#steps ? led : null;
  }

  // One step; the bytes that came of it as base64, or null.
  async perform(operation) {
    const steps = this.#steps;
    const answer = await this.#take(operation);
    steps.push({ operation, answered: answer !== null });
    return answer && base64Of(answer);
  }

  #take(operation) {
    switch (operation.op) {
      case "notify":
        return this.#listen(operation);
      case "write":
        return this.#write(operation);
      case "wait":
        return this.#claim(operation.answer) ?? this.#await(operation.answer);
      case "read":
        return this.#read(operation.uuid);
      case "pause":
        return pause(operation.ms).then(() => null);
      default:
        throw new Error(textOf("live.radio.trouble.old_page"));
    }
  }

  #inTurn(work) {
    const done = this.#orderly.then(work);
    this.#orderly = done.catch(() => null);
    return done;
  }

  #find(uuid) {
    const found = this.#characteristics.get(uuid);
    if (!found) throw new Error(textOf("live.radio.trouble.other_kind"));
    return found;
  }

  async #listen({ uuid, channel }) {
    const characteristic = this.#find(uuid);
    if (this.#listened.has(uuid)) return null;
    const connection = this.connection;
    const heard = ({ target }) => {
      if (this.#reading !== uuid) this.#takeIn(connection, channel, target.value);
    };
    this.#listened.set(uuid, heard);
    characteristic.addEventListener("characteristicvaluechanged", heard);
    await this.#inTurn(() => characteristic.startNotifications());
    return null;
  }

  #takeIn(connection, channel, value) {
    if (connection !== this.connection) return; // of a link that has ended
    this.#newest_ms = pageTime();
    this.heard += 1;
    this.radio.hear([this.spec.name, connection, this.#newest_ms, channel, base64Of(value)]);
    const bytes = new Uint8Array(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength));
    if (this.#awaited?.wanted(channel, bytes)) this.#awaited.take(bytes);
    else if (!this.#awaited)
      this.#unclaimed = [...this.#unclaimed.slice(1 - MOST_UNCLAIMED), [channel, bytes]];
  }

  async #write({ uuid, value, sure, answer }) {
    const characteristic = this.#find(uuid);
    this.#unclaimed = [];
    const answered = answer ? this.#await(answer) : null;
    const write = sure ? "writeValueWithResponse" : "writeValueWithoutResponse";
    await this.#inTurn(() => characteristic[write](bytesOf(value)));
    return answered;
  }

  #claim({ channel, prefix }) {
    const start = bytesOf(prefix);
    const at = this.#unclaimed.findIndex(([name, bytes]) => name === channel && beginsWith(bytes, start));
    const found = at < 0 ? null : this.#unclaimed[at][1];
    this.#unclaimed = at < 0 ? [] : this.#unclaimed.slice(at + 1);
    return found;
  }

  #await({ channel, prefix, ms }) {
    const start = bytesOf(prefix);
    return new Promise((resolve) => {
      const end = (bytes) => {
        clearTimeout(late);
        this.#awaited = null; // it is this one: the one before has ended when another begins
        resolve(bytes);
      };
      this.#awaited?.take(null);
      const late = setTimeout(() => end(null), ms);
      this.#awaited = {
        wanted: (from, bytes) => from === channel && beginsWith(bytes, start),
        take: end,
      };
    });
  }

  async #read(uuid) {
    const characteristic = this.#characteristics.get(uuid);
    if (!characteristic?.properties.read) return null;
    const reading = () => {
      this.#reading = uuid;
      return characteristic.readValue();
    };
    const value = await this.#inTurn(reading).catch(() => null);
    this.#reading = null;
    return value;
  }

  // At once and then every few minutes, for as long as this connection lasts.
  async #readBattery(connection) {
    const [uuid, channel] = this.spec.battery;
    const value = await this.#read(uuid);
    if (connection !== this.connection || this.state !== "streams" || !value) return;
    this.battery = value.getUint8(0);
    this.radio.hear([this.spec.name, connection, pageTime(), channel, base64Of(value)]);
    this.radio.changed();
    setTimeout(() => {
      if (connection === this.connection && this.state === "streams") this.#readBattery(connection);
    }, BATTERY_MS);
  }
}

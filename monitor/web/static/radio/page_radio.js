// This page as the radio of the sensors: one WebSocket to the service, some pods, and a queue between them.
import { textOf } from "../shared/messages.js";
import { pageTime } from "./clock.js";
import { Pod } from "./pod.js";
import { RunnerWishes } from "./runner_wishes.js";

const GATHER_MS = 50; // notifications that come closer together go as one batch
const MOST_IN_BATCH = 100;
const AHEAD = 40; // batches sent and not yet taken
const ALIVE_MS = 1000;
const RETRY_MS = 500,
  LONGEST_RETRY_MS = 5000;
const HEARD_FROM_MS = 12_000; // the service asks for the time every 5 s

// What the browser remembers of a sensor: { id, name, run, steps } of its device; null if nothing.
export const remembered = (sensor) => JSON.parse(localStorage.getItem(`radio.pod.${sensor}`) ?? "null");
const remember = (sensor, what) => localStorage.setItem(`radio.pod.${sensor}`, JSON.stringify(what));

const SENSORS = "radio.sensors";
// Sensors as the service told them last, by name; null if this browser is no radio.
export const rememberedSensors = () => JSON.parse(localStorage.getItem(SENSORS) ?? "null");

export class PageRadio {
  sensors = rememberedSensors() ?? {};
  pods = new Map(); // by the name of the sensor
  online = false;
  waiting = { now: 0, before: 0 };
  wishes = new RunnerWishes();
  #load = crypto.randomUUID();
  #heard = [];
  #gathering = 0;
  #adding = 0; // batches on their way into the queue
  #sent = 0; // number of the last batch that went out on this connection
  #taken = 0;
  #added = () => undefined;
  #stopped = false;
  #socket = null;
  #socket_ms = 0; // when it was last heard
  #retry_ms = RETRY_MS;
  // changed() is called when anything above is different.
  constructor(queue, changed) {
    this.queue = queue;
    this.changed = changed;
  }

  start() {
    this.#connect();
    setInterval(() => this.#everySecond(), ALIVE_MS);
    this.#takeUpPods();
  }

  // The service listens to no page any more.
  stop() {
    this.#stopped = true;
    localStorage.removeItem(SENSORS);
    this.#end();
    this.#socket?.close();
  }

  // The runner has chosen a device for this sensor.
  choose(sensor, device) {
    this.pods.get(sensor)?.release("idle_by_choice");
    const pod = new Pod(this.sensors[sensor], device, this);
    this.pods.set(sensor, pod);
    pod.keep();
  }

  // Devices that this browser may use without being asked again.
  async #takeUpPods() {
    const allowed = (await navigator.bluetooth?.getDevices?.()) ?? [];
    for (const name of Object.keys(this.sensors)) {
      const device = allowed.find(({ id }) => id === remembered(name)?.id);
      if (device && !this.pods.has(name)) this.choose(name, device);
    }
    this.changed();
  }

  // ---------------------------------------------------------------- what pods say

  hear(notification) {
    this.#heard.push(notification);
    if (this.#heard.length >= MOST_IN_BATCH) this.#gather();
    else this.#gathering ||= setTimeout(() => this.#gather(), GATHER_MS);
  }

  // Whether a pod has streamed in this run, which then waits for what this page hears.
  get isHeard() {
    const run = this.queue.run?.run;
    return run !== undefined && Object.keys(this.sensors).some((name) => remembered(name)?.run === run);
  }

  // A wish of the runner goes the way of what pods say, so it counts from now, however long that waits.
  wish(kind) {
    this.hear(this.wishes.add(kind));
  }

  async connected(pod) {
    if (this.online) this.#announce(pod, false);
    else await this.#repeatAlone(pod);
  }

  gone(pod) {
    this.#say("gone", [pod.spec.name, pod.connection]);
  }

  #announce(pod, ready) {
    const { spec, connection, device, uuids } = pod;
    if (!ready) pod.startOver();
    this.#say("device", {
      sensor: spec.name,
      connection,
      id: device.id,
      name: device.name ?? "",
      uuids,
      ready,
    });
  }

  async #repeatAlone(pod) {
    const known = remembered(pod.spec.name);
    if (known?.id !== pod.device.id || known.run !== this.queue.run?.run) return;
    const led = await pod.repeat(known.steps);
    if (led) pod.streams();
    else if (led === false) pod.fail("");
  }

  // ---------------------------------------------------------------- what waits

  async #gather() {
    clearTimeout(this.#gathering);
    this.#gathering = 0;
    const heard = this.#heard.splice(0);
    if (!heard.length) return;
    this.#adding += 1;
    const number = await this.queue.add([this.#load, pageTime(), heard, this.queue.run?.run ?? ""]);
    this.wishes.keep(heard, number);
    this.#adding -= 1;
    this.#added();
  }

  // As long as this connection lasts: all that waits, in order, and then what comes.
  async #send(socket) {
    while (socket === this.#socket) {
      const more = new Promise((resolve) => {
        this.#added = resolve;
      });
      // biome-ignore lint/performance/noAwaitInLoops: in order
      const batches = this.#sent - this.#taken < AHEAD ? await this.queue.after(this.#sent) : [];
      if (socket !== this.#socket) return;
      for (const [number, [load, at_ms, heard]] of batches) {
        this.#say("batch", [number, load, at_ms, heard]);
        this.#sent = number;
      }
      if (!batches.length) await more;
    }
  }

  async #everySecond() {
    if (this.#socket && pageTime() - this.#socket_ms > HEARD_FROM_MS) this.#lose(this.#socket);
    this.waiting = await this.queue.count();
    const waits = this.waiting.now || this.#heard.length || this.#adding;
    if (this.online && !waits) this.#say("alive", pageTime());
    this.changed();
  }

  // ---------------------------------------------------------------- the service

  #connect() {
    const socket = new WebSocket(
      `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/radio`,
    );
    this.#socket = socket;
    this.#socket_ms = pageTime();
    socket.onopen = () => this.#say("hello", { queue: this.queue.id, page: this.#load });
    socket.onmessage = ({ data }) => {
      this.#socket_ms = pageTime();
      const [[kind, value]] = Object.entries(JSON.parse(data));
      this.#take(kind, value);
    };
    socket.onclose = () => this.#lose(socket);
  }

  #lose(socket) {
    if (socket !== this.#socket) return;
    const wasOnline = this.online;
    this.#socket = null;
    this.#setOnline(false);
    socket.close();
    if (!this.#stopped) setTimeout(() => this.#connect(), this.#retry_ms);
    this.#retry_ms = Math.min(2 * this.#retry_ms, LONGEST_RETRY_MS);
    if (!wasOnline) return; // pods that are being set up alone are not disturbed
    for (const pod of this.pods.values()) if (pod.state === "setting_up") this.#repeatAlone(pod);
  }

  #setOnline(online) {
    this.online = online;
    this.changed();
  }

  #say(kind, value) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ [kind]: value }));
  }

  #take(kind, value) {
    switch (kind) {
      case "ask":
        return this.#say("time", [value, pageTime()]);
      case "spec":
        return this.#begin(value);
      case "taken":
        return this.#forget(value);
      case "over":
        return this.#end();
      case "late_taken":
        return this.queue.forgetBefore(value[0]);
      case "do":
        return this.#perform(...value);
      default: // of a connection of a pod: streams, failed, refused
        return this.#settle(kind, ...value);
    }
  }

  async #begin({ run, taken, sensors, zero_ms, late }) {
    const socket = this.#socket;
    if (run !== this.queue.run?.run) this.wishes = new RunnerWishes();
    await this.queue.begin(run, zero_ms);
    await this.queue.forget(taken);
    if (socket !== this.#socket) return;
    this.sensors = Object.fromEntries(sensors.map((sensor) => [sensor.name, sensor]));
    localStorage.setItem(SENSORS, JSON.stringify(this.sensors));
    this.#retry_ms = RETRY_MS;
    [this.#sent, this.#taken] = [Math.max(taken, 0), Math.max(taken, 0)];
    this.#setOnline(true);
    this.#takeUpPods();
    for (const pod of this.pods.values())
      if (["setting_up", "streams"].includes(pod.state)) this.#announce(pod, pod.state === "streams");
    this.#send(socket);
    if (late) this.#sendBefore(socket);
  }

  // What waits of runs before, a run at a time; each is taken when all of it is there.
  async #sendBefore(socket) {
    let [sent, run] = [0, null];
    const end = () => run !== null && this.#say("late_end", [sent, run]);
    while (socket === this.#socket) {
      // biome-ignore lint/performance/noAwaitInLoops: in order
      const batches = await this.queue.before(sent);
      for (const [number, [load, , heard, of]] of batches) {
        if (run !== null && of !== run) end();
        [sent, run] = [number, of];
        const zero_ms = this.queue.run.zeros?.[of];
        if (zero_ms !== undefined) this.#say("late", [number, of, zero_ms, load, heard]);
      }
      if (!batches.length) return end();
    }
  }

  async #forget(number) {
    this.#taken = Math.max(this.#taken, number);
    this.wishes.taken(number);
    this.#added();
    await this.queue.forget(number);
  }

  // The run is over: pods may rest.  Another run is joined when it begins.
  #end() {
    for (const pod of this.pods.values()) pod.release("idle_by_choice");
    this.pods.clear();
    this.wishes = new RunnerWishes();
  }

  #podOf(sensor, connection) {
    const pod = this.pods.get(sensor);
    return pod?.connection === connection ? pod : null;
  }

  // What comes of it is said to whoever asked: another connection numbers its own calls.
  async #perform(sensor, connection, call, operation) {
    const [socket, pod] = [this.#socket, this.#podOf(sensor, connection)];
    let done;
    try {
      if (!pod) throw new Error(textOf("live.radio.trouble.ended"));
      done = [call, await pod.perform(operation), ""];
    } catch (error) {
      done = [call, null, String(error.message ?? error).slice(0, 200) || "failed"];
    }
    if (socket === this.#socket) this.#say("did", done);
  }

  #settle(kind, sensor, connection, trouble) {
    const pod = this.#podOf(sensor, connection);
    if (!pod) return;
    if (kind === "streams") {
      const { id, name } = pod.device;
      remember(sensor, { id, name, run: this.queue.run.run, steps: pod.streams() });
    } else if (kind === "refused") {
      pod.release("refused", trouble);
    } else if (kind === "failed") {
      pod.fail(trouble);
    }
  }
}

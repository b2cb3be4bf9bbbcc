// A pod on a link that breaks, hangs and comes back, with the conversation that sets it up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { base64Of } from "../../../monitor/web/static/radio/bytes.js";
import "./messages.mjs";

const kept = new Map();
globalThis.localStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => kept.set(key, value),
  removeItem: (key) => kept.delete(key),
};
const { Pod } = await import("../../../monitor/web/static/radio/pod.js");
const { PageRadio } = await import("../../../monitor/web/static/radio/page_radio.js");

const ANSWERS = "answers";
const HELLO = {
  op: "write",
  uuid: ANSWERS,
  value: base64Of(Uint8Array.of(1)),
  sure: true,
  answer: { channel: ANSWERS, prefix: base64Of(Uint8Array.of(7)), ms: 60_000 },
};
const STEPS = [
  { operation: { op: "notify", uuid: ANSWERS, channel: ANSWERS }, answered: false },
  { operation: HELLO, answered: true },
];
const SPEC = { name: "left", silent_ms: 10_000, battery: ["battery", "battery"] };

// A device with one characteristic; its writes are counted, and answered when the test says so.
class Device extends EventTarget {
  id = "pod 1";
  writes = 0;
  hangs = false;
  connected = false;
  constructor() {
    super();
    const device = this;
    this.characteristic = new (class extends EventTarget {
      uuid = ANSWERS;
      properties = { read: false };
      startNotifications = async () => this;
      async writeValueWithResponse() {
        device.writes += 1;
        if (device.hangs) await new Promise(() => undefined);
      }
    })();
    const service = { getCharacteristics: async () => [this.characteristic] };
    this.gatt = {
      connect: () => {
        this.connected = true;
        return Promise.resolve({ getPrimaryServices: async () => [service] });
      },
      disconnect: () => {
        this.connected = false;
      },
    };
  }

  answer() {
    this.characteristic.value = new DataView(Uint8Array.of(7).buffer);
    this.characteristic.dispatchEvent(new Event("characteristicvaluechanged"));
  }

  lose() {
    this.dispatchEvent(new Event("gattserverdisconnected"));
  }
}

const settled = (turns = 20) =>
  turns && new Promise((resolve) => setImmediate(() => resolve(settled(turns - 1))));

function held(device, connected = () => undefined) {
  const pod = new Pod(SPEC, device, {
    hear: () => undefined,
    connected,
    gone: () => undefined,
    changed: () => undefined,
  });
  pod.keep();
  return pod;
}

test("a conversation that begins anew ends the one before, which decides nothing", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const device = new Device();
  const pod = held(device);
  await settled();
  const [first, second] = [pod.repeat(STEPS), pod.repeat(STEPS)];
  await settled();
  device.answer();
  assert.equal(await first, null);
  assert.equal(await second, true);
  t.mock.timers.tick(60_000); // the first's limit ends nothing of the second
  assert.deepEqual(pod.streams(), STEPS);
});

test("an answer that does not come ends the conversation", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const pod = held(new Device());
  await settled();
  const asked = pod.repeat(STEPS);
  await settled();
  t.mock.timers.tick(60_000);
  assert.equal(await asked, false);
});

test("what a lost link never answered holds up nothing of the next, and does not end it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const device = new Device();
  const said = [];
  device.hangs = true;
  const pod = held(device, async (connected) => said.push(await connected.repeat(STEPS)));
  await settled();
  device.lose();
  await settled();
  assert.equal(pod.state, "lost");
  device.hangs = false;
  t.mock.timers.tick(2000);
  await settled();
  assert.equal(pod.state, "setting_up");
  device.answer();
  await settled();
  assert.deepEqual(said, [true]);
  t.mock.timers.tick(60_000);
  await settled();
  assert.equal(pod.connection > 0 && device.connected, true);
});

class NoService {
  static OPEN = 1;
  static all = [];
  constructor() {
    NoService.all.push(this);
  }
  close = () => undefined;
}

test("while the service is away each failed call to it leaves a pod's set-up alone", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  globalThis.WebSocket = NoService;
  globalThis.location = { protocol: "http:", host: "127.0.0.1:1" };
  kept.set("radio.pod.left", JSON.stringify({ id: "pod 1", name: "Pod 1", run: "r", steps: STEPS }));
  kept.set("radio.sensors", JSON.stringify({ left: SPEC }));
  const queue = {
    id: "q",
    run: { run: "r" },
    count: async () => ({ now: 0, before: 0 }),
    add: async () => 1,
  };
  const radio = new PageRadio(queue, () => undefined);
  radio.start();
  const device = new Device();
  radio.choose("left", device);
  await settled();
  for (let failed = 0; failed < 3; failed += 1) {
    NoService.all.at(-1).onclose();
    t.mock.timers.tick(5000);
    // biome-ignore lint/performance/noAwaitInLoops: one call after the other
    await settled();
  }
  assert.equal(NoService.all.length, 4);
  assert.equal(device.writes, 1);
  device.answer();
  await settled();
  assert.equal(radio.pods.get("left").state, "streams");
});

// The box where the runner chooses a device for each sensor, and sees how each is heard.
import { el } from "../shared/elements.js";
import { nameText, recordedText, textOf } from "../shared/messages.js";
import { PageRadio, remembered, rememberedSensors } from "./page_radio.js";
import { Queue } from "./queue.js";

const LOCK = "gaitcue-radio"; // one page of this browser is the radio
const ADDRESS = /^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/;
const AWAY_MS = 4000; // before it is said that cues are away
const $ = (id) => document.getElementById(id);

// Offer it on a page whose service listens to pages.  say(text) speaks.
export class RadioBox {
  #radio = null;
  #say;
  #begun = false;
  #reason = ""; // key of why this page cannot be the radio
  #away = { timer: 0, said: false };
  constructor(say) {
    this.#say = say;
    $("radio").onclick = () => {
      this.show();
      $("radio-box").showModal();
    };
    $("radio-close").onclick = () => $("radio-box").close();
    if (rememberedSensors()) this.begin(); // loaded anew, perhaps without a network
  }

  // Whether the service listens to pages.
  follow(listens) {
    if (listens) this.begin();
    else if (this.#begun) this.#end();
  }

  #end() {
    this.#radio?.stop();
    $("radio").hidden = true;
  }

  // The service listens to pages: become its radio, unless this browser cannot or another page is it already.
  begin() {
    if (this.#begun) return;
    this.#begun = true;
    $("radio").hidden = false;
    this.#reason = whyNot();
    this.show();
    if (this.#reason) return;
    this.#reason = "live.radio.other_page";
    navigator.locks.request(LOCK, async () => {
      this.#reason = "";
      this.#radio = new PageRadio(await Queue.open(), () => this.show());
      this.#radio.start();
      return new Promise(() => undefined); // for as long as this page is open
    });
  }

  // Let a wish of the runner, pause, resume or lap, go with what the sensors say; whether it does.
  wish(kind) {
    const goes = Boolean(this.#radio?.isHeard);
    if (goes) this.#radio.wish(kind);
    return goes;
  }

  // Wishes that went this way and are not told by the service yet.
  get wishes() {
    return this.#radio?.wishes.shown() ?? [];
  }

  // The timer of the run has changed.
  timerChanged() {
    this.#radio?.wishes.followed();
  }

  show() {
    const pods = [...(this.#radio?.pods.values() ?? [])];
    const good = pods.length > 0 && pods.every((pod) => pod.state === "streams");
    $("radio").className = `pill ${good ? "good" : "warn"}`;
    $("radio-why").hidden = !this.#reason;
    $("radio-why").textContent = this.#reason && textOf(this.#reason);
    this.#tellAway(pods);
    if (!this.#radio) return;
    $("radio-link").textContent = this.#linkText();
    this.#showSensors();
  }

  #linkText() {
    const { online, waiting } = this.#radio;
    const now = online ? "live.radio.online" : "live.radio.offline";
    const parts = [textOf(now)];
    if (!online && waiting.now) parts.push(textOf("live.radio.waiting"));
    if (waiting.before) parts.push(textOf("live.radio.before"));
    return parts.join(" ");
  }

  // Rows are made once and changed in place: a button must not go from under a finger.
  #showSensors() {
    const list = $("radio-sensors");
    for (const sensor of Object.values(this.#radio.sensors)) {
      let row = list.querySelector(`[data-sensor="${CSS.escape(sensor.name)}"]`);
      if (!row) {
        row = el("li", { "data-sensor": sensor.name }, el("b"), el("span"), el("button"));
        row.lastChild.onclick = () => this.#choose(sensor.name);
        list.append(row);
      }
      const pod = this.#radio.pods.get(sensor.name);
      const [title, text, button] = row.children;
      title.textContent = nameText(sensor.name);
      text.textContent = podText(pod, sensor);
      row.className = pod?.state === "streams" ? "good" : "warn";
      button.textContent = textOf(pod ? "live.radio.another" : "live.radio.connect");
    }
  }

  async #choose(name) {
    const sensor = this.#radio.sensors[name];
    try {
      const device = await navigator.bluetooth.requestDevice({
        filters: filtersOf(sensor),
        optionalServices: sensor.holders,
      });
      this.#radio.choose(name, device);
    } catch (error) {
      if (error.code !== DOMException.NOT_FOUND_ERR) this.#fail(error); // that is: nothing was chosen
    }
  }

  #fail(error) {
    $("radio-why").hidden = false;
    $("radio-why").textContent = textOf("live.radio.failed", { reason: error.message });
  }

  // Said once when cues cannot come, and once when they can again; only while something is worn.
  #tellAway(pods) {
    const away = pods.some((pod) => pod.state === "streams") && !this.#radio.online;
    if (!away) {
      clearTimeout(this.#away.timer);
      if (this.#away.said && this.#radio?.online) this.#say(textOf("live.radio.say_back"));
      this.#away = { timer: 0, said: this.#away.said && !this.#radio?.online };
    } else if (!this.#away.timer) {
      const tell = () => {
        this.#away.said = true;
        this.#say(textOf("live.radio.say_away"));
      };
      this.#away.timer = setTimeout(tell, AWAY_MS);
    }
  }
}

function whyNot() {
  if (!isSecureContext) return "live.radio.not_secure";
  if (!navigator.bluetooth) return "live.radio.no_bluetooth";
  return "";
}

// The advertisements that a device may have: one of the names and one of the services, where these are given.
export function filtersOf({ names, services }) {
  const named = names.length ? names.map((namePrefix) => ({ namePrefix })) : [{}];
  if (!services.length) return named;
  return named.flatMap((filter) => services.map((service) => ({ ...filter, services: [service] })));
}

export function podText(pod, { name, match }) {
  if (!pod) {
    const before = remembered(name)?.name;
    if (before) return textOf("live.radio.again", { device: before });
    return match && !ADDRESS.test(match)
      ? textOf("live.radio.called", { match })
      : textOf("live.radio.not_chosen");
  }
  const parts = [`${pod.device.name ?? ""}`, textOf(`live.radio.state.${pod.state}`)];
  if (pod.trouble) parts.push(recordedText(pod.trouble));
  if (pod.battery !== null) parts.push(textOf("live.sensor.battery", { level: pod.battery }));
  return parts.filter(Boolean).join(" · ");
}

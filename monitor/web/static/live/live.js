// The live page: one WebSocket, one state, drawn again when it changes.
import { clockText } from "../shared/metrics.js";
import { SessionClock } from "./clock.js";
import { Cues } from "./cues.js";
import { applyChange } from "./live_state.js";
import { showNotice, showPill, showSensors } from "./panels.js";
import { openPocket } from "./pocket.js";
import { Sound } from "./sound.js";
import { openSoundBox } from "./sound_box.js";
import { drawStrip, followSize } from "./strip.js";
import { onTheme } from "./theme.js";
import { isStale, showTiles } from "./tiles.js";
import { Voice } from "./voice.js";

const NOT_LET_IN = 4401; // how the service closes the socket of a page without the token
const NO_NEWS_MS = 6000,
  RETRY_MS = 250,
  LONGEST_RETRY_MS = 4000;
const ACTIVITIES = { run: ["running", "good"], walk: ["walking", ""], stand: ["standing", ""] };
const $ = (id) => document.getElementById(id);
let legend = null,
  state = null,
  newest_ms = 0,
  retry_ms = RETRY_MS;
const clock = new SessionClock(),
  sound = new Sound(),
  voice = new Voice(),
  cues = new Cues(clock, sound, voice);

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.onopen = () => {
    retry_ms = RETRY_MS;
    showPill("link", "live", "good");
    loadLegend();
  };
  socket.onmessage = (event) => take(JSON.parse(event.data));
  socket.onclose = (event) => {
    if (event.code === NOT_LET_IN) return showPill("link", "not let in: scan the QR code again", "bad");
    if (state?.ended) showPill("link", "ended");
    else showPill("link", "reconnecting", "warn");
    setTimeout(connect, retry_ms);
    retry_ms = Math.min(retry_ms * 1.7, LONGEST_RETRY_MS);
  };
}

function take(message) {
  if (message.all) {
    state = message.all;
    clock.start(message.pace);
  } else if (state) applyChange(state, message.change);
  clock.hear(message.at_s);
  newest_ms = performance.now();
  if (state?.ended) showPill("link", "ended");
  else showPill("link", "live", "good");
  cues.take(state, legend ?? {});
  draw();
}

// Once, with the first link: until then numbers have neither names nor units, and are not shown.
async function loadLegend() {
  if (legend) return;
  const answer = await fetch("api/v1/legend").catch(() => null);
  if (answer?.ok) legend = await answer.json();
  draw();
}

function draw() {
  if (!state) return;
  $("clock").textContent = clockText(Math.floor(state.t_s));
  showPill("activity", ...(ACTIVITIES[state.activity] ?? ["waiting", ""]));
  showCadence(state.now.cadence_spm);
  if (legend) showTiles(state, legend);
  showSensors(state);
  showNotice(state);
  drawStrip(state);
}

function showCadence(now) {
  const stale = isStale(state, now);
  $("cadence").textContent = stale ? "–" : now.value.toFixed(0);
  $("cadence-sd").textContent = !stale && now.sd ? `± ${now.sd.toFixed(1)}` : "";
}

const redraw = () => {
  if (state) drawStrip(state, true);
};

setInterval(() => {
  if (state && !state.ended && performance.now() - newest_ms > NO_NEWS_MS)
    showPill("link", "no news", "warn");
}, 1000);
onTheme(redraw);
followSize(redraw);
openSoundBox(sound, voice);
openPocket();
connect();

// The live page: one WebSocket, one state, drawn again when it changes.
import { openBox } from "./box.js";
import { SessionClock } from "./clock.js";
import { Cues } from "./cues.js";
import { openPocket } from "./pocket.js";
import { Sound } from "./sound.js";
import { Voice } from "./voice.js";

const $ = (id) => document.getElementById(id);
const TILES = ["contact_ms", "speed_mps", "overstride_m", "braking_impulse_bws", "foot_strike_deg", "contact_balance_pct"];
const STALE_S = 4; // a number older than this is shown faint: it was, it is not
const STRIP_S = 300;
let legend = {}, state = null, heard = 0, retry = 250, drawn = "";
const clock = new SessionClock(), sound = new Sound(), voice = new Voice(), cues = new Cues(clock, sound, voice);

function merge(change) {
  for (const [key, value] of Object.entries(change)) {
    if (key === "history") {
      for (const [name, points] of Object.entries(value)) {
        const all = (state.history[name] ??= []);
        all.push(...points);
        while (all.length && all[0][0] < state.t_s - 900) all.shift();
      }
    } else if (Array.isArray(value)) state[key] = value;
    else if (value && typeof value === "object" && key !== "session") Object.assign(state[key], value);
    else state[key] = value;
  }
}

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.onopen = () => { retry = 250; say("link", "live", "good"); };
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.all) { state = message.all; clock.start(message.pace); } else if (state) merge(message.change);
    clock.hear(message.at_s);
    heard = performance.now();
    if (state?.ended) say("link", "ended"); else say("link", "live", "good");
    cues.take(state, legend);
    draw();
  };
  socket.onclose = (event) => {
    if (event.code === 4401) return say("link", "not let in: scan the QR code again", "bad");
    if (state?.ended) say("link", "ended", ""); else say("link", "reconnecting", "warn");
    setTimeout(connect, retry);
    retry = Math.min(retry * 1.7, 4000);
  };
}

function say(id, text, kind = "") { $(id).textContent = text; $(id).className = `pill ${kind}`; }
function shown(name, digits) {
  const now = state.now[name];
  return now ? now.value.toFixed(digits ?? legend[name]?.decimals ?? 1) : "–";
}
function stale(name) { const now = state.now[name]; return !now || state.t_s - now.t_s > STALE_S; }
function minutes(t) { const s = Math.floor(t); return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`; }

function draw() {
  if (!state) return;
  $("clock").textContent = minutes(state.t_s);
  const moving = { run: ["running", "good"], walk: ["walking", ""], stand: ["standing", ""] }[state.activity];
  say("activity", ...(moving ?? ["waiting", ""]));
  $("cadence").textContent = stale("cadence_spm") ? "–" : shown("cadence_spm", 0);
  const sd = state.now.cadence_spm?.sd;
  $("cadence-sd").textContent = sd && !stale("cadence_spm") ? `± ${sd.toFixed(1)}` : "";
  tiles(); sensors(); notice(); strip();
}

function tiles() {
  const names = TILES.filter((name) => state.now[name]);
  if ($("tiles").dataset.names !== names.join()) {
    $("tiles").dataset.names = names.join();
    $("tiles").replaceChildren(...names.map((name) => {
      const tile = document.createElement("div");
      tile.id = `tile-${name}`;
      tile.title = `${legend[name]?.definition ?? ""} Source: ${legend[name]?.source ?? ""}`;
      const heading = document.createElement("h2"), value = document.createElement("p");
      heading.textContent = legend[name]?.label ?? name;
      tile.append(heading, value);
      return tile;
    }));
  }
  for (const name of names) {
    const tile = $(`tile-${name}`), unit = document.createElement("small");
    unit.textContent = ` ${legend[name]?.unit ?? ""}`;
    tile.className = `tile${stale(name) ? " stale" : ""}`;
    tile.lastChild.replaceChildren(shown(name), unit);
  }
}

function sensors() {
  $("sensors").replaceChildren(...Object.values(state.sensors).map((s) => {
    const row = document.createElement("div"), name = document.createElement("b"), text = document.createElement("span");
    const bad = ["lost", "silent", "off"].includes(s.link), share = s.lost / Math.max(1, s.lost + s.received);
    row.className = `sensor ${bad ? "bad" : share > 0.02 || s.link !== "streaming" ? "warn" : ""}`;
    name.textContent = s.sensor;
    const parts = [s.text];
    if (s.rate_hz) parts.push(`${s.rate_hz.toFixed(0)} Hz`);
    if (s.lost) parts.push(`${(100 * share).toFixed(1)} % lost`);
    if (s.battery_pct != null) parts.push(`battery ${s.battery_pct.toFixed(0)} %`);
    text.textContent = parts.join(" · ");
    row.append(name, text);
    return row;
  }));
}

function notice() {
  const troubles = Object.values(state.sinks).filter((s) => !s.ok).map((s) => `${s.sink}: ${s.text}`);
  if (state.ended) troubles.unshift(`Session ended: ${state.ended}.`);
  $("notice").hidden = troubles.length === 0;
  $("notice").textContent = troubles.join(" ");
}

// A band holds until the next one: two corners for each, the last up to now.
function stepped(bands, end) {
  const corners = bands.flatMap(([t, low, high], i) => [[t, low, high], [bands[i + 1]?.[0] ?? end, low, high]]);
  return corners.filter(([t, low, high]) => t > end - STRIP_S && low !== null && high !== null);
}

function strip() {
  const points = state.history.cadence_spm ?? [], key = `${points.length}${points.at(-1)}${innerWidth}${theme()}`;
  if (!window.Plotly || key === drawn || !points.length) return;
  drawn = key;
  const css = getComputedStyle(document.documentElement), ink = css.getPropertyValue("--soft"), end = state.t_s;
  const recent = points.filter(([t]) => t > end - STRIP_S), x = [], y = [];
  recent.forEach(([t, v], i) => { // a hole stays a hole
    if (i && t - recent[i - 1][0] > 3) { x.push(t / 60); y.push(null); }
    x.push(t / 60); y.push(v);
  });
  const line = css.getPropertyValue("--line"), bands = stepped(state.history["band:cadence_spm"] ?? [], end);
  const all = [...recent.map((p) => p[1]), ...bands.flatMap(([, a, b]) => [a, b])], low = Math.min(...all), high = Math.max(...all);
  const edge = { x: bands.map(([t]) => t / 60), mode: "lines", line: { width: 0 }, hoverinfo: "skip" }, good = css.getPropertyValue("--good");
  Plotly.react($("strip"), [
    { ...edge, y: bands.map((b) => b[1]) },
    { ...edge, y: bands.map((b) => b[2]), fill: "tonexty", fillcolor: `${good.trim()}33` },
    { x, y, mode: "lines", line: { color: css.getPropertyValue("--trace"), width: 2.5 } },
  ], {
    margin: { l: 44, r: 8, t: 4, b: 34 }, paper_bgcolor: "transparent", plot_bgcolor: "transparent", font: { color: ink, size: 12 },
    xaxis: { title: { text: "minutes" }, gridcolor: line, zeroline: false, range: [Math.max(0, end - STRIP_S) / 60, Math.max(end, 30) / 60] },
    yaxis: { title: { text: "steps/min" }, gridcolor: line, zeroline: false, range: [Math.min(low - 4, 150), Math.max(high + 4, 185)] },
    showlegend: false, dragmode: false,
  }, { displayModeBar: false, responsive: true, staticPlot: true });
}

const theme = () => (document.documentElement.classList.contains("light") ? "light" : "dark");
function setTheme(light) { document.documentElement.classList.toggle("light", light); drawn = ""; draw(); }
const kept = localStorage.getItem("theme");
setTheme(kept ? kept === "light" : matchMedia("(prefers-color-scheme: light)").matches);
$("theme").onclick = () => { setTheme(theme() === "dark"); localStorage.setItem("theme", theme()); };
setInterval(() => { if (state && !state.ended && performance.now() - heard > 6000) say("link", "no news", "warn"); }, 1000);
new ResizeObserver(() => { if (window.Plotly && $("strip").data) Plotly.Plots.resize($("strip")); }).observe($("strip"));
addEventListener("resize", () => { drawn = ""; draw(); });
fetch("api/v1/legend").then((r) => (r.ok ? r.json() : {})).then((found) => { legend = found; delete $("tiles").dataset.names; draw(); }).catch(() => {}); // no link: names stay as they are
openBox(sound, voice);
openPocket();
connect();

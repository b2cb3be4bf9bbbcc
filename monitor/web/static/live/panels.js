// What surrounds the numbers: the pills on top, the sensors, and what went wrong.

const LOSS_WORTH_A_WARNING = 0.02; // share of samples
const $ = (id) => document.getElementById(id);

export function showPill(id, text, kind = "") {
  $(id).textContent = text;
  $(id).className = `pill ${kind}`;
}

export function showSensors({ sensors }) {
  $("sensors").replaceChildren(...Object.values(sensors).map(sensorRow));
}

function sensorRow(s) {
  const row = document.createElement("div"),
    name = document.createElement("b"),
    text = document.createElement("span");
  const bad = ["lost", "silent", "off"].includes(s.link),
    lost = s.lost / Math.max(1, s.lost + s.received);
  const warn = lost > LOSS_WORTH_A_WARNING || s.link !== "streaming";
  row.className = `sensor ${bad ? "bad" : warn ? "warn" : ""}`;
  name.textContent = s.sensor;
  const parts = [s.text];
  if (s.rate_hz) parts.push(`${s.rate_hz.toFixed(0)} Hz`);
  if (s.lost) parts.push(`${(100 * lost).toFixed(1)} % lost`);
  if (s.battery_pct != null) parts.push(`battery ${s.battery_pct.toFixed(0)} %`);
  text.textContent = parts.join(" · ");
  row.append(name, text);
  return row;
}

export function showNotice({ sinks, ended }) {
  const troubles = Object.values(sinks)
    .filter((s) => !s.ok)
    .map((s) => `${s.sink}: ${s.text}`);
  if (ended) troubles.unshift(`Session ended: ${ended}.`);
  $("notice").hidden = troubles.length === 0;
  $("notice").textContent = troubles.join(" ");
}

// What surrounds the numbers: the pills on top, the sensors, and what went wrong.
import { nameText, recordedText, textOf } from "../shared/messages.js";

const LOSS_WORTH_A_WARNING = 0.02; // share of samples
const PLANNED_ENDS = ["the input ended", "stopped"]; // any other is what went wrong
const SILENT = ["lost", "silent", "off"];
const $ = (id) => document.getElementById(id);

export function showPill(id, text, kind = "") {
  $(id).textContent = text;
  $(id).className = `pill ${kind}`;
}

// While the run goes on: after its end nobody listens to them.
export function showSensors({ sensors, ended }) {
  $("sensors").replaceChildren(...(ended ? [] : Object.values(sensors)).map(sensorRow));
  $("average").hidden = Boolean(ended);
}

function sensorRow(sensor) {
  const row = document.createElement("div"),
    heading = document.createElement("b"),
    text = document.createElement("span");
  row.className = `sensor ${sensorCondition(sensor)}`;
  heading.textContent = nameText(sensor.sensor);
  text.textContent = sensorText(sensor);
  row.append(heading, text);
  return row;
}

const lostShare = ({ lost, received }) => lost / Math.max(1, lost + received);

// "bad" if nothing comes from it, "warn" if not all that should, else "".
export function sensorCondition(sensor) {
  if (SILENT.includes(sensor.link)) return "bad";
  return sensor.link !== "streaming" || lostShare(sensor) > LOSS_WORTH_A_WARNING ? "warn" : "";
}

// Some texts begin with the name, which stands before them anyway.
const withoutName = (text, name) => (text.startsWith(`${name} `) ? text.slice(name.length + 1) : text);

// What it says of itself, and what of its numbers is known.
export function sensorText({ sensor, text, rate_hz, battery_pct, ...counts }) {
  const parts = [withoutName(recordedText(text), nameText(sensor))];
  if (rate_hz) parts.push(`${rate_hz.toFixed(0)} Hz`);
  if (counts.lost) parts.push(textOf("live.sensor.lost", { share: 100 * lostShare(counts) }));
  if (battery_pct != null) parts.push(textOf("live.sensor.battery", { level: battery_pct }));
  return parts.join(" · ");
}

export function showNotice(state) {
  const text = noticeText(state);
  $("notice").hidden = !text;
  $("notice").textContent = text;
  $("notice").className = PLANNED_ENDS.includes(state.ended) ? "good" : "";
}

// That the run is over, else which sensors are gone; and which sinks are in trouble.  "" if all is well.
export function noticeText({ sinks, ended, sensors = {} }) {
  const gone = ended ? [] : Object.values(sensors).filter((s) => SILENT.includes(s.link));
  const troubles = [
    ...gone.map((s) => goneText(nameText(s.sensor), recordedText(s.text))),
    ...Object.values(sinks)
      .filter((s) => !s.ok)
      .map((s) => `${s.sink}: ${recordedText(s.text)}`),
  ];
  if (ended) troubles.unshift(endText(ended));
  return troubles.join(ended ? " " : " · ");
}

const goneText = (name, text) => (withoutName(text, name) === text ? `${name}: ${text}` : text);

const endText = (reason) =>
  PLANNED_ENDS.includes(reason)
    ? textOf("live.ended")
    : textOf("live.ended_by", { reason: recordedText(reason) });

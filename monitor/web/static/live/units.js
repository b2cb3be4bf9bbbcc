// Pace and distance in the runner's units: kilometres or miles.
import { numberText, recordedText, textOf } from "../shared/messages.js";
import { clockText, paceText } from "../shared/metrics.js";

const MILE_M = 1609.344;
const DISTANCES = new Set(["now", "stop", "longest", "limit", "distance"]); // parts of messages, in km
const IN_MILES = {
  "notice.lap_km": "notice.lap_miles",
  "notice.interval_pace_km": "notice.interval_pace_miles",
  "notice.longest_km": "notice.longest_miles",
  "notice.longest_far_km": "notice.longest_far_miles",
  "notice.today_km": "notice.today_miles",
  "notice.today_far_km": "notice.today_far_miles",
};
const CLOCK = /^(\d{1,2}):([0-5]\d)$/;

const unitM = (miles) => (miles ? MILE_M : 1000);

export const paceUnit = (miles) => textOf(miles ? "live.units.per_mile" : "live.units.per_km");

// A speed as minutes and seconds per kilometre or mile.
export const paceOf = (mps, miles) => paceText((mps * 1000) / unitM(miles));

// A pace of seconds per kilometre, as it is in these units.
export const paceClock = (s_per_km, miles) => clockText((s_per_km * unitM(miles)) / 1000);

// What a runner wrote as a pace, as seconds per kilometre; null if it is none.
export function readPace(text, miles) {
  const match = CLOCK.exec(text.trim());
  return match ? ((Number(match[1]) * 60 + Number(match[2])) * 1000) / unitM(miles) : null;
}

// Intervals in a line: how many, how long, and what is between.
export function offerText({ repeats, work_s, easy_s, pace_s_per_km, walk }, miles) {
  const kind = walk ? "walked" : easy_s ? "eased" : "plain";
  const text = textOf(`live.intervals.${kind}`, {
    repeats,
    work: clockText(work_s),
    easy: clockText(easy_s),
  });
  return pace_s_per_km === null ? text : `${text}, ${paceClock(pace_s_per_km, miles)} ${paceUnit(miles)}`;
}

// A distance: { text, unit }.
export const distanceText = (metres, miles, decimals = 2) => ({
  text: numberText(metres / unitM(miles), decimals),
  unit: textOf(miles ? "live.units.mile" : "live.units.kilometre"),
});

// What is told of the run in these units; pace_s_per_km: of the interval, more exact than what the text says.
export const toldInUnits = (text, miles, pace_s_per_km = null) =>
  recordedText(text, miles ? (key, parts) => inMiles(key, parts, pace_s_per_km) : undefined);

// A message about kilometres is another about miles, with the same parts.
function inMiles(key, parts, pace_s_per_km) {
  const other = IN_MILES[key];
  if (!other) return [key, parts];
  const converted = Object.entries(parts).map(([name, part]) => {
    if (name === "pace") return [name, paceClock(pace_s_per_km ?? readPace(part, false), true)];
    return [name, DISTANCES.has(name) ? milesText(part) : part];
  });
  return [other, Object.fromEntries(converted)];
}

// Kilometres as a record writes them, as miles with as many decimals.
const milesText = (km) =>
  ((Number(km) * 1000) / MILE_M).toFixed(km.includes(".") ? km.split(".")[1].length : 0);

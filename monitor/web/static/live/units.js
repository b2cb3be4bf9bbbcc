// Pace and distance in the runner's units: kilometres or miles.
import { numberText, textOf } from "../shared/messages.js";
import { clockText, paceText } from "../shared/metrics.js";

const MILE_M = 1609.344;
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

// A distance with two decimals: { text, unit }.
export const distanceText = (metres, miles) => ({
  text: numberText(metres / unitM(miles), 2),
  unit: textOf(miles ? "live.units.mile" : "live.units.kilometre"),
});

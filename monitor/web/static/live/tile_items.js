// What a tile may show: every measured number of that role, and what follows from the timer.
import { hasText, textOf } from "../shared/messages.js";
import { clockText, labelOf, valueText, withRole } from "../shared/metrics.js";
import { distanceText, paceOf, paceUnit } from "./units.js";

const STALE_S = 4; // a number older than this is shown faint: it was, it is not
const BIG = "cadence_spm"; // has no tile
const MOST = 3;
const OF_TIMER = ["lap_time", "lap_distance", "lap_pace", "average_pace"];

export const isStale = (state, now) => !now || state.t_s - now.t_s > STALE_S;

// Everything that can be chosen: the chosen first, in their order.
export function allItems(chosen, legend) {
  const all = [...withRole(legend, "tile").filter((metric) => metric !== BIG), ...OF_TIMER];
  return [...chosen.filter((name) => all.includes(name)), ...all.filter((name) => !chosen.includes(name))];
}

// The tiles that are shown: those chosen, else the first three that are measured.
export function shownItems(chosen, legend, now) {
  const all = allItems(chosen, legend);
  if (chosen.length)
    return all.slice(0, Math.min(MOST, chosen.filter((name) => all.includes(name)).length));
  return all.filter((name) => now[name]).slice(0, MOST);
}

// The names with the one at `from` at another place.
export function moved(names, from, to) {
  const rest = names.toSpliced(from, 1);
  return rest.toSpliced(to, 0, names[from]);
}

// A long word has a name of its own here, which says where it may be parted.
export const itemLabel = (name, legend) =>
  hasText(`live.item.${name}`) ? textOf(`live.item.${name}`) : labelOf(legend[name]);

// Whether a load of this runner is known beside its own normal, which is the centre of its band.
export const hasNormal = (name, state) => {
  const band = state.bands[name];
  return Boolean(band && band.low === null && band.target > 0 && state.now[name]);
};

// What stands on the tile: { text, unit, stale }.
export function itemOf(name, state, legend, timer_s, { miles, percent }) {
  const spec = legend[name],
    now = state.now[name];
  if (!spec) return timerItem(name, state.timer, timer_s, miles);
  const stale = isStale(state, now);
  if (spec.display.pace) return { text: paceOf(now?.value, miles), unit: paceUnit(miles), stale };
  if (percent && hasNormal(name, state)) {
    const share = (100 * now.value) / state.bands[name].target;
    return { text: share.toFixed(0), unit: textOf("live.tiles.of_normal"), stale };
  }
  const modelled = now?.modelled ? ` · ${textOf("review.modelled")}` : "";
  return { text: valueText(spec, now?.value), unit: spec.display.unit + modelled, stale };
}

function timerItem(name, timer, timer_s, miles) {
  if (!timer) return { text: "–", unit: "", stale: true };
  const lap_s = timer_s - timer.lap_from_s,
    lap_m = timer.distance_m - timer.lap_from_m;
  if (name === "lap_time") return { text: clockText(Math.floor(lap_s)), unit: "", stale: false };
  if (name === "lap_distance") return { ...distanceText(lap_m, miles), stale: false };
  const mps = name === "lap_pace" ? lap_m / lap_s : timer.distance_m / timer_s;
  return { text: paceOf(mps, miles), unit: paceUnit(miles), stale: false };
}

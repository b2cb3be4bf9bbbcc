// The curves of the strip as the chart library takes them: minutes across, steps per minute up.
import { bandOutline } from "../shared/band_outline.js";

const HOLE_S = 3; // points farther apart are not joined
const LOWEST_SPM = 150,
  HIGHEST_SPM = 185; // what is always in view
const ROOM_SPM = 4;

// The corners of a band that holds from each [t, low, high] until the next one, the last until to_s:
// { t, low, high }, from from_s on.
export function bandCorners(bands, from_s, to_s) {
  const out = { t: [], low: [], high: [] };
  bands.forEach(([begin, low, high], i) => {
    const start = Math.max(begin, from_s),
      end = Math.min(bands[i + 1]?.[0] ?? to_s, to_s);
    if (end <= start) return;
    out.t.push(start, end);
    out.low.push(low, low);
    out.high.push(high, high);
  });
  return out;
}

export function bandTrace({ t, low, high }, color) {
  const outline = bandOutline(t.map(toMinutes), low, high);
  return {
    ...outline,
    mode: "lines",
    line: { width: 0 },
    fill: "toself",
    fillcolor: color,
    hoverinfo: "skip",
  };
}

// Points [t, value] as a line; a hole stays a hole.
export function lineTrace(points, color) {
  const x = [],
    y = [];
  points.forEach(([t, value], i) => {
    if (i && t - points[i - 1][0] > HOLE_S) {
      x.push(toMinutes(t));
      y.push(null);
    }
    x.push(toMinutes(t));
    y.push(value);
  });
  return { x, y, mode: "lines", line: { color, width: 2.5 } };
}

// From where to where the strip is drawn: all that is in it, and what is always in view.
export function valueRange(points, { low, high }) {
  const all = [...points.map(([, value]) => value), ...low, ...high].filter((v) => v != null);
  const lowest = Math.min(...all) - ROOM_SPM,
    highest = Math.max(...all) + ROOM_SPM;
  return [Math.min(lowest, LOWEST_SPM), Math.max(highest, HIGHEST_SPM)];
}

const toMinutes = (t_s) => t_s / 60;

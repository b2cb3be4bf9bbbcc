// The shapes of the strip: what is drawn where, as SVG paths; x and y map seconds and values to places.

const HOLE_S = 3; // points farther apart are not joined
const LOWEST_SPM = 150,
  HIGHEST_SPM = 185; // what is always in view
const ROOM_SPM = 4;
const STEPS_S = [10, 30, 60, 120, 300, 600];
const MOST_TICKS = 6;

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

// A rectangle for each step of these corners that has both edges.
export function bandPath({ t, low, high }, x, y) {
  const parts = [];
  for (let i = 0; i < t.length; i += 2)
    if (low[i] != null && high[i] != null)
      parts.push(
        `M${place(x(t[i]))} ${place(y(high[i]))}H${place(x(t[i + 1]))}V${place(y(low[i]))}H${place(x(t[i]))}Z`,
      );
  return parts.join("");
}

// Points [t, value] as a line; a hole stays a hole.
export function linePath(points, x, y) {
  const joined = (i) => i > 0 && points[i][0] - points[i - 1][0] <= HOLE_S;
  return points
    .map(([t, value], i) => `${joined(i) ? "L" : "M"}${place(x(t))} ${place(y(value))}`)
    .join("");
}

// From where to where the strip is drawn: all that is in it, and what is always in view.
export function valueRange(points, { low, high }) {
  const all = [...points.map(([, value]) => value), ...low, ...high].filter((v) => v != null);
  const lowest = Math.min(...all) - ROOM_SPM,
    highest = Math.max(...all) + ROOM_SPM;
  return [Math.min(lowest, LOWEST_SPM), Math.max(highest, HIGHEST_SPM)];
}

// Where lines of time stand: at round seconds, at most six of them.
export function timeTicks(from_s, to_s) {
  return ticks(from_s, to_s, STEPS_S.find((step) => (to_s - from_s) / step <= MOST_TICKS) ?? 1800);
}

// Where lines of values stand: every ten, or every twenty where that would be too many.
export const valueTicks = (low, high) => ticks(low, high, high - low > 10 * MOST_TICKS ? 20 : 10);

function ticks(low, high, step) {
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, i) => first + i * step);
}

const place = (number) => number.toFixed(1);

// The shapes of a chart: what is drawn where, as SVG paths; x and y map values to places in pixels.

const ROUND_STEPS = [1, 2, 2.5, 5, 10];
const TIME_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14_400, 28_800];
const PACE_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 180, 300];
const SLOWEST_TICK_MPS = 0.8; // slower than a stroll: 20 min/km
const APART_PX = 9; // marks of what lies outside stand at least so far from each other

// A line in equal steps, { start, every, mean, low, high }, as the columns that are in view: at most `places` of
// them, each { at, mean, low, high }, or null where nothing is known.  low and high are the least and the
// greatest of all that a column stands for, so that no value is hidden however narrow the chart is.
export function columnsOf(line, [from, to], places) {
  const { start, every, mean } = line,
    first = Math.max(0, Math.floor((from - start) / every)),
    end = Math.min(mean.length, Math.ceil((to - start) / every) + 1);
  const each = Math.max(1, Math.ceil((end - first) / places)),
    out = [];
  for (let i = Math.floor(first / each) * each; i < end; i += each)
    out.push(columnOf(line, i, Math.min(i + each, mean.length)));
  return out;
}

function columnOf({ start, every, mean, low, high }, first, end) {
  let sum = 0,
    n = 0,
    least = Number.POSITIVE_INFINITY,
    most = Number.NEGATIVE_INFINITY;
  for (let i = first; i < end; i++) {
    if (mean[i] == null) continue;
    n++;
    sum += mean[i];
    least = Math.min(least, low[i] ?? mean[i]);
    most = Math.max(most, high[i] ?? mean[i]);
  }
  return n ? { at: start + (every * (first + end - 1)) / 2, mean: sum / n, low: least, high: most } : null;
}

// The point of a line that is nearest to a place on its axis, as a column; null where none is known.
export function pointAt(line, at) {
  const i = Math.round((at - line.start) / line.every);
  return i >= 0 && i < line.mean.length ? columnOf(line, i, i + 1) : null;
}

// The stretches of a list without its nulls.
function stretchesOf(items) {
  const out = [[]];
  for (const item of items)
    if (item) out.at(-1).push(item);
    else if (out.at(-1).length) out.push([]);
  return out.filter((stretch) => stretch.length);
}

// The means of columns as a line; a hole stays a hole, and a column alone is a dot.
export function linePath(columns, x, y) {
  const joined = (stretch) => stretch.map((c) => `${px(x(c.at))} ${px(y(c.mean))}`).join("L");
  return stretchesOf(columns)
    .map((stretch) => `M${joined(stretch)}${stretch.length === 1 ? "h0" : ""}`)
    .join("");
}

// All that lies between the least and the greatest of each column.
export function envelopePath(columns, x, y) {
  const spread = columns.map((c) => (c && c.high > c.low ? c : null));
  return stretchesOf(spread)
    .map((stretch) => ringPath(stretch.length === 1 ? widened(stretch[0]) : stretch, x, y))
    .join("");
}

const widened = (column) => [column, { ...column, at: column.at + 1e-9 }];

// The area between low and high of corners { at, low, high }; what is open goes on to the edge of the row.
export function areaPath(corners, x, y) {
  return stretchesOf(corners)
    .map((stretch) => ringPath(stretch.map(closed), x, y))
    .join("");
}

const closed = ({ at, low, high }) => ({
  at,
  low: low ?? Number.NEGATIVE_INFINITY,
  high: high ?? Number.POSITIVE_INFINITY,
});

function ringPath(stretch, x, y) {
  const upper = stretch.map((c) => `${px(x(c.at))} ${px(y(c.high))}`),
    lower = stretch.map((c) => `${px(x(c.at))} ${px(y(c.low))}`);
  return `M${[...upper, ...lower.toReversed()].join("L")}Z`;
}

// One edge ("low" or "high") of such corners as a line.
export const edgePath = (corners, edge, x, y) =>
  linePath(
    corners.map((c) => (c?.[edge] == null ? null : { at: c.at, mean: c[edge] })),
    x,
    y,
  );

// Where something lies above or below the range of a row: { at, up }, not two of them in one place.
export function outsideMarks(columns, [low, high], x) {
  const out = [];
  const add = (at, up) => {
    const last = out.findLast((mark) => mark.up === up);
    if (!last || x(at) - x(last.at) >= APART_PX) out.push({ at, up });
  };
  for (const c of columns) {
    if (c && c.high > high) add(c.at, true);
    if (c && c.low < low) add(c.at, false);
  }
  return out;
}

// Where lines of values stand: at round numbers, at most `most` of them, each { at, decimals }.
export function valueTicks([low, high], most) {
  const rough = (high - low) / most,
    power = 10 ** Math.floor(Math.log10(rough)),
    step = power * ROUND_STEPS.find((s) => s * power >= rough),
    decimals = [0, 1, 2, 3].find((d) => Math.abs(step * 10 ** d - Math.round(step * 10 ** d)) < 1e-6) ?? 4;
  return steps(low, high, step).map((at) => ({ at, decimals }));
}

// Where lines of time stand: at round seconds, at most `most` of them.
export const timeTicks = ([from, to], most) =>
  steps(from, to, TIME_STEPS_S.find((s) => (to - from) / s < most) ?? TIME_STEPS_S.at(-1));

// A pace is drawn as the speed it is, up is faster; its lines stand at round seconds per kilometre.
export function paceTicks([low, high], most) {
  const slow = 1000 / Math.max(low, SLOWEST_TICK_MPS),
    fast = 1000 / Math.max(high, SLOWEST_TICK_MPS),
    step = PACE_STEPS_S.find((s) => (slow - fast) / s < most) ?? PACE_STEPS_S.at(-1);
  const apart = (high - low) / (2 * most); // slow paces lie close together
  const kept = [];
  for (const at of steps(fast, slow, step).map((s) => 1000 / s))
    if (!kept.length || kept.at(-1) - at >= apart) kept.push(at);
  return kept;
}

function steps(low, high, step) {
  const first = Math.ceil(low / step - 1e-9);
  const n = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, n) }, (_, i) => (first + i) * step);
}

const px = (number) => number.toFixed(1);

// The strip: cadence of the last minutes with its target band.
import { svg } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";
import { clockText } from "../shared/metrics.js";
import { bandCorners, bandPath, linePath, timeTicks, valueRange, valueTicks } from "./strip_shapes.js";

const SHORTEST_S = 30; // the axis is never shorter
const LEFT = 34,
  RIGHT = 12,
  TOP = 20,
  BOTTOM = 24; // room for what stands beside it
const HALF_LETTER = 4;
const frame = document.getElementById("strip");
let drawn = "";

// Draw it if something changed, or in any case.
export function drawStrip(state, anyway = false) {
  const points = state.history.cadence_spm ?? [],
    [width, height] = [frame.clientWidth, frame.clientHeight];
  const key = `${points.length}${points.at(-1)}${width}${height}`;
  if (!points.length || !width || (key === drawn && !anyway)) return;
  drawn = key;
  const to_s = Math.max(state.t_s, SHORTEST_S),
    from_s = Math.max(0, state.t_s - state.history_s);
  const recent = points.filter(([t]) => t > from_s),
    band = bandCorners(state.history["band:cadence_spm"] ?? [], from_s, state.t_s);
  const [low, high] = valueRange(recent, band);
  const x = (t) => LEFT + ((t - from_s) / (to_s - from_s)) * (width - LEFT - RIGHT),
    y = (value) => height - BOTTOM - ((value - low) / (high - low)) * (height - BOTTOM - TOP);
  frame.replaceChildren(
    svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
      svg("path", { class: "band", d: bandPath(band, x, y) }),
      ...valueTicks(low, high).map((value) => level(value, y(value), width)),
      ...timeTicks(from_s, to_s).map((t) => instant(t, x(t), width, height)),
      label(0, 12, "start", textOf("live.cadence_unit")),
      svg("path", { class: "trace", d: linePath(recent, x, y) }),
    ),
  );
}

// Call changed() when the strip or the window has another size.
export function followSize(changed) {
  new ResizeObserver(changed).observe(frame);
}

function level(value, y, width) {
  return svg(
    "g",
    {},
    svg("line", { x1: LEFT, x2: width - RIGHT, y1: y, y2: y }),
    label(LEFT - 6, y + 4, "end", value),
  );
}

// A time at the right edge stands where all of it has room.
function instant(t, x, width, height) {
  const text = clockText(t);
  return label(Math.min(x, width - HALF_LETTER * text.length), height - 6, "middle", text);
}

const label = (x, y, anchor, text) => svg("text", { x, y, "text-anchor": anchor }, String(text));

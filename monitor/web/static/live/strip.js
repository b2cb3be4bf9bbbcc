// The strip: cadence of the last minutes with its target band.
import { chartLibrary } from "../shared/charts.js";
import { textOf } from "../shared/messages.js";
import { bandCorners, bandTrace, lineTrace, valueRange } from "./strip_traces.js";
import { theme } from "./theme.js";

const SHORTEST_S = 30; // the axis is never shorter
const place = document.getElementById("strip");
let drawn = "";

// Draw it if something changed, or in any case.
export function drawStrip(state, anyway = false) {
  const points = state.history.cadence_spm ?? [],
    key = `${points.length}${points.at(-1)}${innerWidth}${theme()}`;
  const library = chartLibrary();
  if (!library || !points.length || (key === drawn && !anyway)) return;
  drawn = key;
  const css = getComputedStyle(document.documentElement),
    colour = (name) => css.getPropertyValue(`--${name}`).trim();
  const end = state.t_s,
    from = end - state.history_s;
  const recent = points.filter(([t]) => t > from),
    band = bandCorners(state.history["band:cadence_spm"] ?? [], from, end);
  const layout = layoutOf(Math.max(0, from), Math.max(end, SHORTEST_S), valueRange(recent, band), colour);
  const traces = [bandTrace(band, `${colour("good")}33`), lineTrace(recent, colour("trace"))];
  library.react(place, traces, layout, { displayModeBar: false, responsive: true, staticPlot: true });
}

// Call changed() when the window has another size; the chart itself follows the room it has.
export function followSize(changed) {
  new ResizeObserver(() => {
    if (place.data) chartLibrary()?.Plots.resize(place);
  }).observe(place);
  addEventListener("resize", changed);
}

function layoutOf(from_s, to_s, range, colour) {
  const axis = { gridcolor: colour("line"), zeroline: false };
  return {
    margin: { l: 44, r: 8, t: 4, b: 34 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { color: colour("soft"), size: 12 },
    separators: textOf("number.decimal"),
    showlegend: false,
    dragmode: false,
    xaxis: { ...axis, title: { text: textOf("page.minutes") }, range: [from_s / 60, to_s / 60] },
    yaxis: { ...axis, title: { text: textOf("live.cadence_unit") }, range },
  };
}

// The strip: cadence of the last minutes with its target band.
import { chartLibrary } from "../shared/charts.js";
import { theme } from "./theme.js";

const HOLE_S = 3; // points farther apart are not joined
const SHORTEST_S = 30; // the axis is never shorter
const LOWEST_SPM = 150,
  HIGHEST_SPM = 185; // what is always in view
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
    bands = corners(state.history["band:cadence_spm"] ?? [], from, end);
  const layout = layoutOf(Math.max(0, from), Math.max(end, SHORTEST_S), valueRange(recent, bands), colour);
  const options = { displayModeBar: false, responsive: true, staticPlot: true };
  library.react(
    place,
    [...bandTraces(bands, colour("good")), lineTrace(recent, colour("trace"))],
    layout,
    options,
  );
}

// Call changed() when the window has another size; the chart itself follows the room it has.
export function followSize(changed) {
  new ResizeObserver(() => {
    if (place.data) chartLibrary()?.Plots.resize(place);
  }).observe(place);
  addEventListener("resize", changed);
}

// A band holds until the next one: two corners for each, the last up to now.
function corners(bands, from, end) {
  const all = bands.flatMap(([t, low, high], i) => [
    [t, low, high],
    [bands[i + 1]?.[0] ?? end, low, high],
  ]);
  return all.filter(([t, low, high]) => t > from && low !== null && high !== null);
}

// A hole stays a hole.
function lineTrace(points, color) {
  const x = [],
    y = [];
  points.forEach(([t, value], i) => {
    if (i && t - points[i - 1][0] > HOLE_S) {
      x.push(t / 60);
      y.push(null);
    }
    x.push(t / 60);
    y.push(value);
  });
  return { x, y, mode: "lines", line: { color, width: 2.5 } };
}

function bandTraces(bands, good) {
  const edge = { x: bands.map(([t]) => t / 60), mode: "lines", line: { width: 0 }, hoverinfo: "skip" };
  return [
    { ...edge, y: bands.map(([, low]) => low) },
    { ...edge, y: bands.map(([, , high]) => high), fill: "tonexty", fillcolor: `${good}33` },
  ];
}

function valueRange(points, bands) {
  const all = [...points.map(([, value]) => value), ...bands.flatMap(([, low, high]) => [low, high])];
  return [Math.min(Math.min(...all) - 4, LOWEST_SPM), Math.max(Math.max(...all) + 4, HIGHEST_SPM)];
}

function layoutOf(from_s, to_s, range, colour) {
  const axis = { gridcolor: colour("line"), zeroline: false };
  return {
    margin: { l: 44, r: 8, t: 4, b: 34 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { color: colour("soft"), size: 12 },
    showlegend: false,
    dragmode: false,
    xaxis: { ...axis, title: { text: "minutes" }, range: [from_s / 60, to_s / 60] },
    yaxis: { ...axis, title: { text: "steps/min" }, range },
  };
}

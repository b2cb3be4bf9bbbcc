// The run over time: a line for each charted metric, target bands, cues, and what was walking or silence.

import { el, section } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";
import { labelOf } from "../shared/metrics.js";
import { chartLibrary } from "./charts.js";
import { CUE_SYMBOLS, faultText } from "./cues_given.js";
import { isModelled, spec } from "./terms.js";
import { cueTraces, paceTicks, rowRange, rowTraces } from "./timeline_traces.js";

const SIGNS = { "triangle-up": "▲", "triangle-down": "▼", square: "■", diamond: "◆" };
const PAUSE_LABEL_SHARE = 0.03; // of the run: a narrower pause has no room for the word
let waiting = null; // the report whose timeline is not drawn yet

// The place of the timeline with its key; drawTimeline() draws into it once the chart library is there.
export function timeline(report) {
  waiting = report;
  if (!Object.keys(report.timeline.lines).length) return null;
  const swatch = (colour, text) => el("span", {}, el("i", { style: `background:var(--${colour})` }), text);
  const kinds = new Set(report.shades.map((s) => s.kind));
  const key = el(
    "p",
    { class: "key" },
    ...[...kinds].map((kind) => swatch(kind, textOf(`review.shade.${kind}`))),
  );
  if (Object.keys(report.timeline.bands).length) key.append(swatch("band", textOf("review.range")));
  const faults = new Set(report.cues.filter((c) => c.kind === "correct").map((c) => c.fault));
  for (const fault of faults) {
    const sign = SIGNS[CUE_SYMBOLS[fault]] ?? "●";
    key.append(el("span", {}, textOf("review.cue_key", { sign, fault: faultText(fault) })));
  }
  return section(textOf("review.run"), el("div", { id: "timeline" }), key);
}

export function drawTimeline() {
  const place = document.getElementById("timeline"),
    library = chartLibrary();
  if (!place || !library || !waiting) return;
  const { timeline: t, shades, cues } = waiting;
  waiting = null;
  const css = getComputedStyle(document.documentElement),
    colour = (name) => css.getPropertyValue(`--${name}`).trim();
  const names = Object.keys(t.lines),
    x = t.lines[names[0]].map((_, i) => (i * t.every_s) / 60);
  const layout = layoutOf(names.length, x.at(-1), shades, colour),
    traces = [];
  names.forEach((name, i) => {
    const { display } = spec(name),
      scaled = (v) => (v == null ? null : v * display.scale);
    const values = t.lines[name].map(scaled),
      band = t.bands[name]?.map((edge) => edge.map(scaled));
    const marks = cues
      .filter((c) => c.kind === "correct" && c.metric === name)
      .map((c) => ({ ...c, value: scaled(c.value) }));
    addRow(layout, i, names.length, name, rowRange(values, band), colour);
    traces.push(
      ...rowTraces(x, values, band, i ? `y${i + 1}` : "y", spec(name), colour),
      ...cueTraces(marks, i ? `y${i + 1}` : "y", colour),
    );
  });
  library
    .newPlot(place, traces, layout, { displayModeBar: false, responsive: true, scrollZoom: false })
    .then(() => performance.mark("timeline"));
}

function layoutOf(rows, end, shades, colour) {
  const narrow = innerWidth < 640,
    each = narrow ? 92 : 104;
  return {
    height: 60 + each * rows + (narrow ? 20 : 0),
    margin: { l: 52, r: 10, t: 18, b: 34 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { color: colour("soft"), size: 12 },
    hovermode: "x unified",
    separators: textOf("number.decimal"),
    showlegend: false,
    annotations: pauseLabels(shades, end, colour),
    hoverlabel: { bgcolor: colour("raised"), font: { color: colour("ink") } },
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    xaxis: {
      title: { text: textOf("page.minutes") },
      range: [0, end],
      gridcolor: colour("line"),
      zeroline: false,
      anchor: `y${rows > 1 ? rows : ""}`,
      hoverformat: ".1f",
    },
    shapes: shades.map((s) => ({
      type: "rect",
      layer: "below",
      xref: "x",
      yref: "paper",
      x0: s.start_s / 60,
      x1: s.end_s / 60,
      y0: 0,
      y1: 1,
      fillcolor: colour(s.kind),
      line: { width: 0 },
    })),
  };
}

// The word "pause" over every pause that is wide enough for it.
const pauseLabels = (shades, end, colour) =>
  shades
    .filter((s) => s.kind === "pause" && s.end_s - s.start_s > PAUSE_LABEL_SHARE * 60 * end)
    .map((s) => ({
      xref: "x",
      yref: "paper",
      x: (s.start_s + s.end_s) / 120,
      y: 0.5,
      textangle: -90,
      showarrow: false,
      text: textOf("review.shade.pause"),
      font: { size: 12, color: colour("soft") },
    }));

// One row of the stack: its axis and its title.
function addRow(layout, i, rows, name, range, colour) {
  const s = spec(name),
    mark = isModelled(name) ? ` · ${textOf("review.modelled")}` : "",
    gap = 0.022,
    share = (1 - gap * (rows - 1)) / rows,
    top = 1 - i * (share + gap);
  const axis = {
    domain: [Math.max(0, top - share), top],
    range,
    gridcolor: colour("line"),
    zeroline: range[0] < 0,
    zerolinecolor: colour("soft"),
    nticks: 4,
    fixedrange: true,
  };
  layout[i ? `yaxis${i + 1}` : "yaxis"] = s.display.pace ? { ...axis, ...paceTicks(range) } : axis;
  layout.annotations.push({
    xref: "paper",
    yref: "paper",
    x: 0,
    y: top,
    xanchor: "left",
    yanchor: "bottom",
    yshift: -4,
    showarrow: false,
    text: `<b>${labelOf(s)}</b> ${s.display.unit}${mark}`,
    font: { size: 12, color: colour("ink") },
    bgcolor: colour("raised"),
  });
}

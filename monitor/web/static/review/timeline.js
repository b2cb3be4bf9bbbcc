// The run over time: a row for each charted metric, target bands, cues, and what was walking or silence.

import { el, section } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";
import { clockText } from "../shared/metrics.js";
import { showChart } from "./chart.js";
import { timeTicks } from "./chart_shapes.js";
import { CUE_SYMBOLS, faultText } from "./cues_given.js";
import { isModelled, spec } from "./terms.js";
import { timelineRow } from "./timeline_rows.js";

const SIGNS = { "triangle-up": "▲", "triangle-down": "▼", square: "■", diamond: "◆" };

// The timeline with its key; it is drawn as soon as it lies in the page and has a width.
export function timeline(report) {
  if (!Object.keys(report.timeline.lines).length) return null;
  const place = el("div", { id: "timeline" });
  requestAnimationFrame(() => {
    showChart(place, timelineModel(report), textOf("review.run"));
    performance.mark("timeline");
  });
  return section(textOf("review.run"), place, keyOf(report));
}

function keyOf({ shades, cues, timeline: { bands } }) {
  const swatch = (colour, text) => el("span", {}, el("i", { style: `background:var(--${colour})` }), text);
  const kinds = new Set(shades.map((s) => s.kind)),
    faults = new Set(cues.filter((c) => c.kind === "correct").map((c) => c.fault));
  return el(
    "p",
    { class: "key" },
    ...[...kinds].map((kind) => swatch(kind, textOf(`review.shade.${kind}`))),
    Object.keys(bands).length ? swatch("band", textOf("review.range")) : null,
    ...[...faults].map((fault) => {
      const sign = SIGNS[CUE_SYMBOLS[fault]] ?? "●";
      return el("span", {}, textOf("review.cue_key", { sign, fault: faultText(fault) }));
    }),
  );
}

// What the chart draws of a report.
export function timelineModel({ timeline: { every_s, lines, bands }, shades, cues }) {
  const points = Math.max(...Object.values(lines).map((line) => line.mean.length));
  const given = (name) => cues.filter((c) => c.kind === "correct" && c.metric === name),
    mark = (name) => (isModelled(name) ? ` · ${textOf("review.modelled")}` : "");
  return {
    from: 0,
    to: Math.max(1, points * every_s - 1),
    unit: textOf("review.unit.split_time"),
    textAt: clockText,
    ticks: (view, most) => timeTicks(view, most).map((at) => ({ at, text: clockText(at) })),
    shades: shades.map((s) => ({ from: s.start_s, to: s.end_s, kind: s.kind, ...shadeTexts(s) })),
    rows: Object.entries(lines).map(([name, line]) =>
      timelineRow(spec(name), line, bands[name], given(name), every_s, mark(name)),
    ),
  };
}

// What a shade says at the cursor, and within it where there is room.
function shadeTexts({ kind, sensor }) {
  const text = textOf(`review.shade.${kind}`);
  return { text: sensor ? `${text}: ${sensor}` : text, label: kind === "pause" ? text : "" };
}

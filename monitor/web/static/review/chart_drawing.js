// A chart as one SVG picture: rows one above the other over a common axis.
//
// A model is { from, to, unit, textAt(at), ticks(view, most) -> [{ at, text }], shades, rows }.  A row is
// { label, unit, mark, range: [low, high], ticks: [{ at, text }], textOf(value), areas, lines, marks }; an area
// { kind, corners }, a line { kind, label, start, every, mean, low, high }, a mark { at, value, sign, hollow,
// text }.  Looks are in review.css: what is drawn says only what it is.

import { svg } from "../shared/elements.js";
import {
  areaPath,
  columnsOf,
  edgePath,
  envelopePath,
  linePath,
  outsideMarks,
  pointAt,
} from "./chart_shapes.js";
import { scale } from "./plot_paths.js";

const LEFT = 46,
  RIGHT = 12,
  HEAD = 22,
  FOOT = 30; // room beside, above and below what is drawn
const NARROW = 600,
  ROW_HEIGHT = { narrow: 66, wide: 80 };
const TICK_WIDTH = 64; // a line of the axis needs about as much for its text
const LABEL_WIDTH = 16; // a shade narrower than that has no room for its word
const MARK_SHAPES = {
  circle: "M-5 0A5 5 0 1 1 5 0A5 5 0 1 1 -5 0Z",
  "triangle-up": "M0 -6L6 5H-6Z",
  "triangle-down": "M0 6L6 -5H-6Z",
  square: "M-5 -5H5V5H-5Z",
  diamond: "M0 -7L6 0L0 7L-6 0Z",
};

// Where everything of a model lies in a picture of this width: x(at), and of each row its top, bottom and y(value),
// which stays within the row.
export function placesOf(model, view, width) {
  const plot = model.rowHeight ?? (width < NARROW ? ROW_HEIGHT.narrow : ROW_HEIGHT.wide),
    each = HEAD + plot + 8;
  const rows = model.rows.map(({ range }, i) => {
    const top = i * each + HEAD,
      bottom = top + plot,
      y = scale(...range, bottom, top);
    return { top, bottom, y: (value) => Math.min(bottom, Math.max(top, y(value))) };
  });
  const [first, last] = [LEFT, width - RIGHT];
  return {
    width,
    height: model.rows.length * each + FOOT,
    first,
    last,
    x: scale(...view, first, last),
    at: scale(first, last, ...view),
    rows,
  };
}

// The picture of what is in view, without the cursor.
export function chartPicture(model, view, places) {
  const { width, height, first, last, x, rows } = places,
    clip = svg(
      "clipPath",
      { id: "chart-view" },
      svg("rect", { x: first, y: 0, width: last - first, height }),
    );
  const axis = model
    .ticks(view, Math.max(2, (last - first) / TICK_WIDTH))
    .map(({ at, text }) => instant(x(at), text, rows, [first, last]));
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    clip,
    svg("g", { "clip-path": "url(#chart-view)" }, ...shadesOf(model.shades, view, places)),
    ...axis,
    svg("text", { x: 0, y: rows.at(-1).bottom + 18 }, model.unit),
    ...model.rows.map((row, i) => rowPicture(row, view, rows[i], places)),
  );
}

function shadesOf(shades, view, { x, rows, first, last }) {
  const shown = shades.filter((s) => s.to > view[0] && s.from < view[1]);
  return shown.flatMap(({ from, to, kind, label }) => {
    const left = Math.max(first, x(from)),
      width = Math.max(1, Math.min(last, x(to)) - left),
      [top, bottom] = [rows[0].top, rows.at(-1).bottom];
    const area = svg("rect", { class: `shade ${kind}`, x: left, y: top, width, height: bottom - top });
    if (!label || width < LABEL_WIDTH) return [area];
    const [middle, height] = [left + width / 2 + 4, (rows[0].top + rows[0].bottom) / 2];
    return [
      area,
      svg(
        "text",
        { "text-anchor": "middle", transform: `translate(${middle} ${height}) rotate(-90)` },
        label,
      ),
    ];
  });
}

// A line of the axis; the text of one at either end stays within the chart.
const instant = (x, text, rows, [first, last]) =>
  svg(
    "g",
    {},
    ...rows.map(({ top, bottom }) => svg("line", { class: "grid", x1: x, x2: x, y1: top, y2: bottom })),
    svg("text", { x, y: rows.at(-1).bottom + 18, "text-anchor": anchorOf(x, first, last) }, text),
  );

function anchorOf(x, first, last) {
  if (x < first + RIGHT) return "start";
  return x > last - RIGHT ? "end" : "middle";
}

function rowPicture(row, view, { top, bottom, y }, { x, first, last }) {
  const levels = row.ticks.map(({ at, text }) =>
    svg(
      "g",
      {},
      svg("line", { class: `grid${at === 0 ? " zero" : ""}`, x1: first, x2: last, y1: y(at), y2: y(at) }),
      svg("text", { x: first - 6, y: y(at) + 4, "text-anchor": "end" }, text),
    ),
  );
  const drawn = [
    ...row.areas.flatMap(({ kind, corners }) => areaPicture(kind, corners, x, y)),
    ...row.lines.flatMap((line) => linePicture(line, view, row.range, { x, y, top, bottom, first, last })),
    ...row.marks.filter(({ at }) => at >= view[0] && at <= view[1]).map((mark) => markPicture(mark, x, y)),
  ];
  return svg(
    "g",
    { class: "chart-row" },
    ...levels,
    svg("g", { "clip-path": "url(#chart-view)" }, ...drawn),
    svg(
      "text",
      { class: "row-label", x: 0, y: top - 7 },
      svg("tspan", { class: "strong" }, row.label),
      ` ${row.unit}${row.mark}`,
    ),
  );
}

const areaPicture = (kind, corners, x, y) => [
  svg("path", { class: `area ${kind}`, d: areaPath(corners, x, y) }),
  ...["low", "high"].map((edge) =>
    svg("path", { class: `edge ${kind}`, d: edgePath(corners, edge, x, y) }),
  ),
];

function linePicture(line, view, range, { x, y, top, bottom, first, last }) {
  const columns = columnsOf(line, view, last - first);
  const outside = outsideMarks(columns, range, x).map(({ at, up }) => {
    const tip = up ? top + 1 : bottom - 1,
      base = up ? tip + 5 : tip - 5;
    return svg("path", { class: "outside", d: `M${x(at)} ${tip}L${x(at) + 4} ${base}H${x(at) - 4}Z` });
  });
  return [
    svg("path", { class: `envelope ${line.kind}`, d: envelopePath(columns, x, y) }),
    svg("path", { class: `line ${line.kind}`, d: linePath(columns, x, y) }),
    ...outside,
  ];
}

const markPicture = ({ at, value, sign, hollow }, x, y) =>
  svg("path", {
    class: `cue${hollow ? " hollow" : ""}`,
    d: MARK_SHAPES[sign] ?? MARK_SHAPES.circle,
    transform: `translate(${x(at)} ${y(value)})`,
  });

// The cursor at a place on the axis: a line over all rows, and in each the value there where it is one alone.
export function cursorPicture(model, at, { x, rows, last, width }) {
  const place = x(at);
  return model.rows.flatMap((row, i) => {
    const { top, bottom, y } = rows[i],
      points = row.lines.map((line) => pointAt(line, at)).filter(Boolean);
    return [
      svg("line", { class: "cursor", x1: place, x2: place, y1: top, y2: bottom }),
      ...points.map((p) => svg("circle", { class: "reading", cx: place, cy: y(p.mean), r: 4 })),
      row.lines.length === 1
        ? svg(
            "text",
            { class: "reading", x: last, y: top - 7, "text-anchor": "end" },
            readingOf(row, at, width < NARROW),
          )
        : "",
    ];
  });
}

// What a row says at a place: the value of each line with its unit and, unless in brief, what it stands for
// where that is more.
export function readingOf(row, at, brief = false) {
  const readings = row.lines.map((line) => {
    const point = pointAt(line, at);
    if (!point) return "–";
    const [mean, low, high] = [point.mean, point.low, point.high].map(row.textOf),
      spread = brief || low === high ? "" : ` (${low}–${high})`;
    return `${line.label ? `${line.label} ` : ""}${mean}${spread}`;
  });
  return `${readings.join(" · ")} ${row.unit}`;
}

// The stretch that is being selected.
export function selectionPicture([one, other], { x, rows }) {
  const [left, right] = [x(Math.min(one, other)), x(Math.max(one, other))],
    [top, bottom] = [rows[0].top, rows.at(-1).bottom];
  return svg("rect", { class: "selection", x: left, y: top, width: right - left, height: bottom - top });
}

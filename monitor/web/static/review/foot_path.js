// The path of each foot from the side: the mean stride of the first third of a run against that of the last.

import { el, section, svg } from "../shared/elements.js";
import { numberText, textOf } from "../shared/messages.js";
import { signedText } from "../shared/metrics.js";
import { changeSpan } from "./terms.js";

const SIDES = { L: "left", R: "right" };
const WIDTH = 560;
const TALLER = 2; // heights are drawn twice as tall as ways; a text says so
const BEHIND_M = 0.24,
  AHEAD_M = 0.2, // room for the shoe before and behind the path
  ABOVE_M = 0.17;
const SOLE_M = 0.075; // of the shoe below its sensor
const SHOES = 8; // drawn along the way, at equal times
const SHOE =
  "M-0.178 -0.03Q-0.178 -0.075 -0.15 -0.075L0.045 -0.075Q0.09 -0.073 0.116 -0.056Q0.122 -0.036 0.08 -0.026" +
  "Q0.035 -0.012 0.004 0.004L-0.045 0.03Q-0.06 0.032 -0.07 0.016Q-0.105 0.002 -0.135 0.02Q-0.16 0.042 -0.17 0.03Z";

// The drawing of both feet; null where no foot wore a sensor that could tell.
export function footPaths({ feet }) {
  if (!feet.length) return null;
  const n = { first: feet[0].first.strides, last: feet[0].last.strides };
  return section(
    textOf("review.feet.title"),
    el("div", { class: "feet" }, ...feet.map((foot) => footFigure(foot, scaleOf(feet)))),
    el(
      "p",
      { class: "key" },
      ...["first", "last"].map((third) =>
        el("span", {}, el("i", { class: `third ${third}` }), textOf(`review.feet.${third}`)),
      ),
    ),
    el("p", { class: "soft" }, textOf("review.feet.about", n)),
  );
}

// One scale for all feet, so that they can be compared: { perM, ground, height } in places of the picture.
export function scaleOf(feet) {
  const thirds = feet.flatMap(({ first, last }) => [first, last]);
  const longest = Math.max(...thirds.map(({ ahead_m }) => ahead_m.at(-1))),
    highest = Math.max(
      ...thirds.flatMap(({ height_m, spread_m }) => height_m.map((h, i) => h + spread_m[i])),
    );
  const perM = WIDTH / (BEHIND_M + longest + AHEAD_M),
    ground = perM * (TALLER * highest + ABOVE_M + SOLE_M);
  return { perM, ground, height: ground + 26, longest };
}

function footFigure(foot, scale) {
  const {
    side,
    first,
    last,
    highest_first: before,
    highest_last: after,
    difference,
    stands_out: clear,
  } = foot;
  const name = textOf(`review.feet.${SIDES[side]}`),
    cm = ({ v, ci }) => numberText(100 * v, 1) + (ci == null ? "" : ` ± ${numberText(100 * ci, 1)}`);
  const half = difference.ci == null ? "" : ` ± ${numberText(100 * difference.ci, 1)}`,
    change = changeSpan(`${signedText(100 * difference.v, 1)}${half}\u00a0cm`, difference.v, clear);
  const values = { side: name, first: cm(before), last: cm(after) };
  return el(
    "figure",
    {},
    footPicture(first, last, scale, textOf("review.feet.picture", { side: name })),
    el("figcaption", {}, el("b", {}, name), " ", textOf("review.feet.highest", values), " ", change),
  );
}

function footPicture(first, last, { perM, ground, height, longest }, label) {
  const x = (metres) => perM * (BEHIND_M + metres),
    y = (metres) => ground - perM * (SOLE_M + TALLER * metres);
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${height.toFixed(0)}`, role: "img", "aria-label": label },
    svg("line", { class: "ground", x1: 0, x2: WIDTH, y1: ground, y2: ground }),
    ...wayTicks(longest).map((metres) => wayTick(metres, x(metres), ground)),
    ...shoesOf(first, x, y, perM),
    ...[last, first].flatMap((third) => {
      const kind = third === first ? "first" : "last";
      return [
        svg("path", { class: `spread ${kind}`, d: spreadPath(third, x, y) }),
        svg("path", { class: `way ${kind}`, d: wayPath(third, x, y) }),
      ];
    }),
    heightMark(y),
  );
}

// Every half metre of the way.
export const wayTicks = (longest) => Array.from({ length: Math.floor(longest / 0.5) + 1 }, (_, i) => i / 2);

const wayTick = (metres, x, ground) =>
  svg(
    "g",
    {},
    svg("line", { class: "ground", x1: x, x2: x, y1: ground, y2: ground + 5 }),
    svg("text", { x, y: ground + 19, "text-anchor": "middle" }, `${numberText(metres, 1)} m`),
  );

// Ten centimetres of height, for the eye, where no shoe is.
const heightMark = (y) =>
  svg(
    "g",
    {},
    svg("path", {
      class: "measure",
      d: `M4 ${at(y(0.15))}h6M7 ${at(y(0.15))}V${at(y(0.25))}M4 ${at(y(0.25))}h6`,
    }),
    svg("text", { x: 14, y: at(y(0.2) + 4) }, "10 cm"),
  );

function shoesOf({ ahead_m: ahead, height_m: height, pitch_deg: pitch }, x, y, perM) {
  return Array.from({ length: SHOES + 1 }, (_, k) => {
    const i = Math.round((k / SHOES) * (ahead.length - 1));
    const place = `translate(${at(x(ahead[i]))} ${at(y(height[i]))})`;
    return svg("path", {
      class: "shoe",
      d: SHOE,
      transform: `${place} rotate(${at(-pitch[i])}) scale(${at(perM)} ${at(-perM)})`,
    });
  });
}

// The mean way as a line.
export const wayPath = ({ ahead_m: ahead, height_m: height }, x, y) =>
  `M${ahead.map((metres, i) => `${at(x(metres))} ${at(y(height[i]))}`).join("L")}`;

// What lies within one SD of the mean height.
export function spreadPath({ ahead_m: ahead, height_m: height, spread_m: sd }, x, y) {
  const edge = (times) => ahead.map((metres, i) => `${at(x(metres))} ${at(y(height[i] + times * sd[i]))}`);
  return `M${[...edge(1), ...edge(-1).toReversed()].join("L")}Z`;
}

const at = (number) => number.toFixed(1);

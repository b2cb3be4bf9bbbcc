// What the tiles show: which, in which order, in the runner's units, and loads beside the own normal.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  allItems,
  hasNormal,
  isStale,
  itemLabel,
  itemOf,
  moved,
  shownItems,
} from "../../../monitor/web/static/live/tile_items.js";
import { SHIPPED, within } from "./messages.mjs";

const tile = (order, more = {}) => ({
  label: "x",
  roles: ["tile"],
  order,
  display: { unit: "u", scale: 1, decimals: 1, pace: false },
  ...more,
});
const LEGEND = {
  contact_ms: tile(3),
  cadence_spm: tile(1),
  speed_mps: tile(2, { display: { unit: "min/km", scale: 1, decimals: 0, pace: true } }),
  load: tile(4),
  rest: { ...tile(0), roles: [] },
};
const TIMER = { distance_m: 2500, lap_from_s: 300, lap_from_m: 1500, laps: [] };
const UNITS = { miles: false, percent: true };
const at = (value) => ({ t_s: 10, value });
const state = (more = {}) => ({ t_s: 11, now: {}, bands: {}, timer: TIMER, ...more });

test("without a choice the first three that are measured are shown, but not the big number", () => {
  const now = { contact_ms: at(1), cadence_spm: at(1), speed_mps: at(1), load: at(1), rest: at(1) };
  assert.deepEqual(shownItems([], LEGEND, now), ["speed_mps", "contact_ms", "load"]);
  assert.deepEqual(shownItems([], LEGEND, { contact_ms: at(1) }), ["contact_ms"]);
  assert.deepEqual(shownItems([], LEGEND, {}), []);
});

test("the name of a tile can be parted where it is longer than a narrow phone's tile", () => {
  const tiles = ["speed_mps", "contact_ms", "overstride_m", "braking_impulse_bws", "foot_strike_deg"];
  tiles.push("vertical_oscillation_mm", "contact_balance_pct", "heart_rate_bpm", "power_w");
  tiles.push("lap_time", "lap_distance", "lap_pace", "average_pace");
  const texts = SHIPPED.languages.de;
  const legend = Object.fromEntries(
    tiles.map((name) => [name, tile(1, { label: texts[`metric.${name}.label`] })]),
  );
  legend.speed_mps.display = { ...legend.speed_mps.display, pace: true };
  const names = within("de", () => tiles.map((name) => itemLabel(name, legend)));
  const parts = names.flatMap((name) => name.split(/[ /\u00ad]/u));
  assert.deepEqual(
    parts.filter((part) => part.length > 11),
    [],
  );
});

test("what was chosen is shown in its order, measured or not; what is not known any more is left out", () => {
  assert.deepEqual(shownItems(["lap_time", "load"], LEGEND, {}), ["lap_time", "load"]);
  assert.deepEqual(shownItems(["gone", "load"], LEGEND, {}), ["load"]);
  assert.deepEqual(allItems(["load"], LEGEND).slice(0, 3), ["load", "speed_mps", "contact_ms"]);
  assert.equal(new Set(allItems(["load"], LEGEND)).size, allItems([], LEGEND).length);
});

test("a name is moved up or down, and the others keep their order", () => {
  assert.deepEqual(moved(["a", "b", "c"], 2, 0), ["c", "a", "b"]);
  assert.deepEqual(moved(["a", "b", "c"], 0, 1), ["b", "a", "c"]);
});

test("pace is written per kilometre or per mile", () => {
  const now = { speed_mps: at(3) };
  const here = state({ now });
  assert.deepEqual(itemOf("speed_mps", here, LEGEND, 0, UNITS), {
    text: "5:33",
    unit: "min/km",
    stale: false,
  });
  const miles = itemOf("speed_mps", here, LEGEND, 0, { ...UNITS, miles: true });
  assert.deepEqual([miles.text, miles.unit], ["8:56", "min/mi"]);
});

test("a load is its share of the own normal where that is known, else its number", () => {
  const known = state({ now: { load: at(1.2) }, bands: { load: { target: 1, low: null, high: 1.15 } } });
  assert.equal(hasNormal("load", known), true);
  const share = itemOf("load", known, LEGEND, 0, UNITS);
  assert.deepEqual([share.text, share.unit], ["120", "% of your normal"]);
  assert.equal(itemOf("load", known, LEGEND, 0, { ...UNITS, percent: false }).text, "1.2");
  const open = state({ now: { load: at(1.2) } });
  assert.deepEqual([hasNormal("load", open), itemOf("load", open, LEGEND, 0, UNITS).text], [false, "1.2"]);
  const banded = state({ now: { load: at(1.2) }, bands: { load: { target: 1, low: 0.9, high: 1.1 } } });
  assert.equal(hasNormal("load", banded), false, "a target with two edges is no normal");
});

test("the lap and the average follow from the timer", () => {
  const texts = (name) => itemOf(name, state(), LEGEND, 600, UNITS).text;
  assert.deepEqual(["lap_time", "lap_distance", "lap_pace", "average_pace"].map(texts), [
    "5:00",
    "1.00",
    "5:00",
    "4:00",
  ]);
  assert.equal(itemOf("lap_time", state({ timer: null }), LEGEND, 600, UNITS).text, "–");
});

test("a number is stale when it is more than 4 s old, or was never there", () => {
  assert.equal(isStale({ t_s: 14 }, { t_s: 10 }), false);
  assert.equal(isStale({ t_s: 14.1 }, { t_s: 10 }), true);
  assert.equal(isStale({ t_s: 14 }, undefined), true);
});

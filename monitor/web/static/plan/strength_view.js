// Strength: today's exercises with their doses, sets ticked off with a rest between them, and the tests.
import { attempt, send } from "../shared/api.js";
import { el, section } from "../shared/elements.js";
import { numberText, textOf } from "../shared/messages.js";
import { entryBody, isBetween } from "./entries.js";
import { choice, folded, numberField, scale } from "./form_parts.js";
import { dateText, reasonLine } from "./plan_texts.js";
import { countDown, timerText } from "./rest_timer.js";

const SIDES = ["both", "left", "right"];
const DEFAULT_REPS = 8;

export function strengthView(report, written) {
  const { strength } = report;
  const done = () => written("strength");
  const parts = strength.items.length
    ? [overview(strength), ...strength.items.map((item) => exercise(item, done))]
    : [
        el(
          "section",
          {},
          el("p", {}, textOf(report.decision.stop ? "strength.not_now" : "strength.no_plan")),
        ),
      ];
  parts.push(...report.benchmarks.map((name) => benchmark(name, done)));
  return el("div", { class: "cards" }, ...parts);
}

function overview({ items, adherence, remarks }) {
  const ready = items.filter((item) => item.done).length;
  return section(
    textOf("strength.today"),
    el("p", {}, textOf("strength.done_today", { done: ready, all: items.length })),
    adherence?.planned ? el("p", { class: "soft" }, textOf("strength.two_weeks", adherence)) : null,
    el("ul", {}, ...remarks.map(reasonLine)),
  );
}

function exercise(item, done) {
  const fields = startFields(item);
  const count = el("b", { class: "count" }, String(fields.sets));
  const rest = el("span", { class: "timer", role: "timer" }),
    save = el("button", { class: "save", hidden: "" }, textOf("strength.save"));
  let stop = null;
  const set = el(
    "button",
    { class: "big" },
    textOf(item.rest_s ? "strength.set_and_rest" : "strength.set_done", {
      rest: timerText(item.rest_s ?? 0),
    }),
  );
  set.onclick = () => {
    fields.sets += 1;
    count.textContent = fields.sets;
    save.hidden = false;
    check();
    stop?.();
    if (item.rest_s)
      stop = countDown(rest, item.rest_s, () => rest.replaceChildren(textOf("strength.go_on")));
  };
  save.onclick = () => {
    stop?.();
    attempt(async () => {
      await send("log", "POST", entryBody("strength", fields));
      await done();
    });
  };
  const check = () => {
    save.disabled = !(
      fields.sets > 0 &&
      isBetween(fields.reps, 0, 1000) &&
      isBetween(fields.load_kg, 0, 1000)
    );
  };
  return el(
    "section",
    { class: item.done ? "exercise-done" : "exercise" },
    el("h2", {}, item.done ? el("span", { class: "mark" }, "✓ ") : null, item.message),
    item.sets_done ? el("p", {}, textOf("strength.sets_today", { n: item.sets_done })) : null,
    item.last_day ? el("p", { class: "soft" }, lastText(item)) : null,
    el("ul", {}, ...[item.lighter, ...item.remarks].filter(Boolean).map(reasonLine)),
    el("p", { class: "sets" }, set, el("span", {}, textOf("strength.sets"), " ", count), rest),
    folded(textOf("strength.more"), ...details(fields, check)),
    save,
  );
}

// What an exercise begins with: no set yet, the load that is due now.
export function startFields(item) {
  const load = item.loads.find((l) => l.side === "both" || l.side === "") ?? item.loads[0];
  return {
    exercise: item.exercise,
    side: load?.side || "both",
    sets: 0,
    reps: DEFAULT_REPS,
    load_kg: load?.next_kg ?? null,
    pain: null,
  };
}

function details(fields, check) {
  const set = (name) => (value) => {
    fields[name] = value;
    check();
  };
  return [
    numberField(textOf("strength.reps"), fields.reps, set("reps")),
    numberField(textOf("strength.load"), fields.load_kg, set("load_kg"), "kg"),
    choice(
      textOf("diary.side"),
      SIDES.map((side) => [side, textOf(`diary.side_${side}`)]),
      fields.side,
      set("side"),
    ),
    scale(textOf("strength.pain"), fields.pain, set("pain"), "pain", { optional: true }),
  ];
}

function lastText({ last_day, loads }) {
  const day = dateText(last_day);
  if (!loads.length) return textOf("strength.last", { day });
  const kg = loads.map(({ last_kg }) => numberText(last_kg, last_kg % 1 ? 1 : 0)).join(" / ");
  const now = loads.map(({ next_kg }) => numberText(next_kg, next_kg % 1 ? 1 : 0)).join(" / ");
  return textOf("strength.last_load", { day, kg, now });
}

function benchmark(name, done) {
  const reps = { left: null, right: null };
  const save = el("button", { class: "save", disabled: "" }, textOf("strength.save_test"));
  const field = (side) =>
    numberField(textOf(`diary.side_${side}`), null, (value) => {
      reps[side] = value;
      save.disabled = !canTest(reps);
    });
  save.onclick = () =>
    attempt(async () => {
      await Promise.all(testEntries(name, reps).map((body) => send("log", "POST", body)));
      await done();
    });
  return el(
    "section",
    {},
    el("h2", {}, textOf(`strength.${name}`)),
    el("p", { class: "soft" }, textOf(`strength.${name}_how`)),
    field("left"),
    field("right"),
    save,
  );
}

// Whether at least one side was tested, and every number can be one.
export const canTest = ({ left, right }) =>
  (left != null || right != null) &&
  [left, right].every((n) => n == null || (Number.isInteger(n) && n >= 0 && n <= 1000));

// The entries of a test: one for each side that was tested.
export const testEntries = (exercise_name, reps) =>
  Object.keys(reps)
    .filter((side) => reps[side] != null)
    .map((side) =>
      entryBody("strength", { exercise: exercise_name, side, reps: reps[side], benchmark: true }),
    );

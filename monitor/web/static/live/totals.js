// Time, distance, the interval and today's allowance: what the timer of the run says.
import { el } from "../shared/elements.js";
import { numberText, textOf } from "../shared/messages.js";
import { clockText } from "../shared/metrics.js";
import { settings } from "../shared/settings.js";
import { isStale } from "./tile_items.js";
import { distanceText, paceClock, paceOf, paceUnit } from "./units.js";

const $ = (id) => document.getElementById(id);

// What the timer shows at a session second; it stands still in a pause.
export function timerSeconds(timer, t_s) {
  if (!timer) return t_s;
  return Math.max(0, Math.min(timer.paused_at_s ?? t_s, t_s) - timer.paused_s);
}

// The timer as it will be when these wishes, [{ kind, at_s }, ...], were followed.
export const timerWith = (timer, wishes) => (timer ? wishes.reduce(afterWish, timer) : timer);

function afterWish(timer, { kind, at_s }) {
  const { paused_at_s, paused_s, distance_m } = timer;
  if (kind === "resume") {
    if (paused_at_s === null) return timer;
    return { ...timer, paused_at_s: null, paused_s: paused_s + Math.max(0, at_s - paused_at_s) };
  }
  if (paused_at_s !== null) return timer;
  if (kind === "pause") return { ...timer, paused_at_s: at_s };
  return { ...timer, lap_from_s: timerSeconds(timer, at_s), lap_from_m: distance_m };
}

// Whether a change of the timer can be what follows from a wish.
export const tellsOfWish = (change = {}) => "paused_at_s" in change || "lap_from_s" in change;

export const isPaused = ({ timer, ended }) => !ended && timer != null && timer.paused_at_s !== null;

// A run that has not begun: it waits for its start.
export const isReady = (state) => isPaused(state) && state.timer.paused_at_s === 0;

export function showTotals(state, timer_s) {
  $("clock").textContent = clockText(Math.floor(timer_s));
  const metres = state.timer?.distance_m ?? 0;
  const { text, unit } = distanceText(metres, settings.miles);
  $("distance").textContent = metres > 0 ? `${text} ${unit}` : "–";
  $("paused").hidden = !isPaused(state);
  $("paused").textContent = textOf(isReady(state) ? "live.ready" : "live.paused");
  showHint(state);
  showInterval(state.ended ? null : state.timer?.interval, timer_s);
  showIntervalPace(state);
  showAllowance(state.allowance);
}

// Why there is no number, or no target, yet.
function showHint(state) {
  const learning =
    !Object.keys(state.bands).length && state.cues.some(({ wording }) => wording === "learning");
  const numbers = Object.keys(state.now).length > 0;
  $("waiting").hidden = isPaused(state) || Boolean(state.ended) || (numbers && !learning);
  $("waiting").textContent = textOf(numbers ? "live.learning" : "live.waiting");
}

function showInterval(part, timer_s) {
  $("interval").hidden = !part;
  if (!part) return;
  const left_s = Math.max(0, part.until_s - timer_s);
  $("interval").className = part.kind;
  $("interval-name").replaceChildren(...intervalText(part, settings.miles));
  $("interval-left").textContent = clockText(Math.ceil(left_s));
  $("interval-bar").value = 1 - left_s / (part.until_s - part.from_s);
}

const NEAR = 0.03; // of the pace that is aimed at: 9 s at 5:00 min/km (a choice)

// Where a speed lies to the pace of an interval: [class, sign] of on it, too slow, too fast.
export function paceCourse(speed_mps, pace_s_per_km) {
  const share = (speed_mps * pace_s_per_km) / 1000;
  if (Math.abs(share - 1) <= NEAR) return ["in", "✓"];
  return ["out", share < 1 ? "↗" : "↘"];
}

// The pace of now, where the interval aims at one.
function showIntervalPace(state) {
  const speed = state.now.speed_mps,
    aim = state.timer?.interval?.pace_s_per_km ?? null;
  const shown = aim !== null && !isStale(state, speed);
  $("interval-pace").hidden = !shown;
  if (!shown) return;
  const [course, sign] = paceCourse(speed.value, aim);
  $("interval-pace").className = course;
  $("interval-pace").textContent = `${sign} ${paceOf(speed.value, settings.miles)}`;
}

// Which interval it is, and below what it aims at.
function intervalText({ kind, number, count, pace_s_per_km, walk }, miles) {
  const name = textOf(`live.intervals.${walk ? "walk_" : ""}${kind}_of`, { number, count });
  if (pace_s_per_km === null) return [name];
  const pace = `${paceClock(pace_s_per_km, miles)} ${paceUnit(miles)}`;
  return [name, el("small", {}, textOf("live.target", { range: pace }))];
}

function showAllowance(allowance) {
  $("allowance").hidden = !allowance;
  if (!allowance) return;
  $("allowance").classList.toggle("over", allowance.used >= allowance.limit);
  $("allowance-bar").value = allowance.limit > 0 ? Math.min(1, allowance.used / allowance.limit) : 1;
  $("allowance-text").textContent = allowanceText(allowance, settings.miles);
}

export function allowanceText({ used, limit, unit }, miles) {
  const far = unit === "km",
    part = (value) => (far ? distanceText(value * 1000, miles, 1).text : numberText(value, 0));
  return textOf(`live.allowance.${far && miles ? "miles" : unit}`, {
    used: part(used),
    limit: part(limit),
  });
}

// What a cue makes the page do, by what the cue asks for.  A tone is [Hz, from s, length s].
export const RISING = [
  [659, 0, 0.14],
  [988, 0.18, 0.2],
];
const FALLING = [
  [988, 0, 0.14],
  [659, 0.18, 0.2],
];
const SOFT = [[784, 0, 0.5]];
const TWICE = [
  [523, 0, 0.1],
  [523, 0.2, 0.1],
];

// Intervals: up for work, down for easy, three tones each, so that nobody takes them for a cue.
const STEPS_UP = [
  [523, 0, 0.1],
  [659, 0.13, 0.1],
  [784, 0.26, 0.15],
];
const STEPS_DOWN = [
  [784, 0, 0.1],
  [659, 0.13, 0.1],
  [523, 0.26, 0.15],
];

const CONFIRM = { tones: SOFT, gain: 0.25, pulses: 60, sign: "✓", beats: false };
const NOTICE = { tones: TWICE, gain: 0.5, pulses: 220, sign: "i", beats: false };
const WORK = { ...NOTICE, tones: STEPS_UP, pulses: [220, 100, 220, 100, 220], sign: "▲" };
const REST = { ...NOTICE, tones: STEPS_DOWN, sign: "▽" };
const BY_WORDING = { interval_work: WORK, interval_easy: REST, intervals_done: REST };
const EASE = { tones: FALLING, gain: 0.5, pulses: [220, 140, 220], sign: "↘", beats: false };
// The remedy for braking and overstride is the same as for a slow rhythm: a quicker one.
const QUICKER = { tones: RISING, gain: 0.5, pulses: 220, sign: "↗", beats: true };

const WORDS_EVERY_S = 300; // at most one phrase in 5 min: the tones say the same with less nagging

// The tones, pulses and sign of a cue, and whether beats follow.
export function signalsOf({ kind, fault, wording }) {
  if (kind === "confirm") return CONFIRM;
  if (kind === "notice") return BY_WORDING[wording] ?? NOTICE;
  return fault === "cadence_high" ? EASE : QUICKER;
}

// The cues after the one numbered `heard`; each with `due`: spoken, and not too late at now_s (null: unknown).
export function newCues(cues, heard, now_s) {
  return cues
    .filter(({ n }) => n > heard)
    .map((cue) => ({ ...cue, due: !cue.withheld && now_s !== null && now_s <= cue.expires_s }));
}

// Whether words may go with a cue, by the runner's choice, since_s after the last words.
// A return is told by its tone alone; what is wrong with a sensor may be said at any time.
export function mayBeSaid({ kind }, choice, since_s) {
  if (choice === "never" || kind === "confirm") return false;
  return kind === "notice" || choice === "always" || since_s >= WORDS_EVERY_S;
}

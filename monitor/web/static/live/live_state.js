// What the page knows of the run.  The service sends it whole once, and then what changes in it.

const WHOLE = ["session", "allowance"]; // told as a whole
const BEATS = 24; // steps, for the metronome's phase

// Fold a change into the state: lists and texts replace, tables are merged, and the rows of numbers and sensors
// too; history and beats grow at their end.
export function applyChange(state, change) {
  for (const [key, value] of Object.entries(change)) {
    if (key === "history")
      for (const [curve, points] of Object.entries(value)) lengthen(state, curve, points);
    else if (key === "beats")
      state.beats = [...state.beats, ...value].toSorted((a, b) => a - b).slice(-BEATS);
    else if (key === "now" || key === "sensors") mergeRows(state[key], value);
    else if (isTable(value) && !WHOLE.includes(key)) Object.assign(state[key], value);
    else state[key] = value;
  }
}

function mergeRows(table, rows) {
  for (const [name, row] of Object.entries(rows)) table[name] = { ...table[name], ...asTable(row) };
}

// A number that is new in what changes each second comes as a list.
const asTable = (row) => (Array.isArray(row) ? { t_s: row[0], value: row[1], sd: row[2] } : row);

const isTable = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

// New points at the end; those older than the strip is long go, but for the last of them: a band still holds.
function lengthen(state, curve, points) {
  state.history[curve] ??= [];
  const all = state.history[curve];
  all.push(...points);
  while (all.length > 1 && all[1][0] <= all.at(-1)[0] - state.history_s) all.shift();
}

// What the page knows of the run.  The service sends it whole once, and then what changes in it.

// Fold a change into the state: lists and texts replace, tables are merged, history grows at its end.
export function applyChange(state, change) {
  for (const [key, value] of Object.entries(change)) {
    if (key === "history")
      for (const [curve, points] of Object.entries(value)) lengthen(state, curve, points);
    else if (isTable(value) && key !== "session") Object.assign(state[key], value);
    else state[key] = value;
  }
}

const isTable = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

// New points at the end; those older than the strip is long go, but for the last of them: a band still holds.
function lengthen(state, curve, points) {
  state.history[curve] ??= [];
  const all = state.history[curve];
  all.push(...points);
  while (all.length > 1 && all[1][0] <= all.at(-1)[0] - state.history_s) all.shift();
}

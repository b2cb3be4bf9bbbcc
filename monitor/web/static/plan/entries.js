// Entries of the log as the page makes them: which fields each kind has, and what is sent of them.
const FIELDS = {
  after: [
    "session",
    "during",
    "now",
    "side",
    "place",
    "limp",
    "effort",
    "stopped_early",
    "painkiller",
    "pickups",
    "tempo_min",
  ],
  morning: ["pain", "stiffness_min", "swelling", "tender", "as_before"],
  weekly: ["taking_part", "volume", "performance", "pain"],
  strength: ["exercise", "side", "sets", "reps", "load_kg", "pain", "benchmark"],
  flag: ["flag"],
  cleared: ["by"],
  manual_run: ["start", "km", "minutes", "descent_m", "effort", "pickups", "tempo_min", "walk", "shoe"],
  shoe: ["shoe", "model", "drop_mm", "stack_mm", "start_km", "retired", "pods", "default"],
  session_shoe: ["session", "shoe"],
  declare: ["began", "side", "place", "tissue", "up_to_5", "reference_km", "longest_km", "runs_10_min"],
};
const RECENT_DAYS = 2;
const DAY_MS = 86_400_000;

// What is sent of an entry: its kind, its fields without those that nobody answered, and what it replaces.
export function entryBody(kind, fields, replaces = "") {
  const names = ["day", ...(FIELDS[kind] ?? [])].filter((key) => fields[key] != null);
  return { kind, fields: Object.fromEntries(names.map((key) => [key, fields[key]])), replaces };
}

// Whether a number field can be sent: empty, or a number within its limits.
export const isBetween = (value, least, most) =>
  value == null || (Number.isFinite(value) && value >= least && value <= most);

// Runs of which nobody said how they felt, of today and yesterday, the newest first.
export function unansweredRuns(runs, today) {
  const since = Date.parse(today) - RECENT_DAYS * DAY_MS;
  return runs.filter((run) => run.during == null && Date.parse(run.day) > since);
}

// The run that an answer is about: the one that was asked for, else the only or the newest one without any.
export const runOf = (runs, today, session) =>
  runs.find((run) => run.session === session) ?? unansweredRuns(runs, today)[0] ?? null;

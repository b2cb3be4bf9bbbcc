// What a card of a hub's page says of a run, from its row in the list.

const AWAY_S = 15; // a runner's box sends every second

const KINDS = { "hub.inside": "inside", "hub.below": "outside", "hub.above": "outside", "": "" };

export function cardOf(row) {
  const away = row.ended || row.silent_s > AWAY_S;
  return {
    athlete: row.athlete,
    href: `run?run=${encodeURIComponent(row.run)}`,
    away,
    kind: away ? "away" : KINDS[placeOf(row)],
    doing: row.ended ? "hub.finished" : `live.activity.${row.activity}`,
    cadence: away ? null : row.cadence_spm,
    target: away || row.off ? null : targetOf(row),
    place: away ? "" : placeOf(row),
    minutes: Math.max(1, Math.round(row.silent_s / 60)),
  };
}

// The key of a message of the target, with its values; null where none holds.
function targetOf({ low, high }) {
  if (low == null) return null;
  return high == null ? ["hub.target_from", { low }] : ["hub.target", { low, high }];
}

// Where the cadence lies, as a key of a message; empty where no target holds now.
function placeOf({ activity, cadence_spm, low, high, off }) {
  if (activity !== "run" || off || cadence_spm == null || (low == null && high == null)) return "";
  if (low != null && cadence_spm < low) return "hub.below";
  return high != null && cadence_spm > high ? "hub.above" : "hub.inside";
}

// A burst of beats that begins on the runner's own steps and leads to a quicker rhythm.
// Pure arithmetic in session seconds; steps come in, instants go out.
export const BURST_S = 24; // 20-30 s; a beat every step is steadier than every stride (PMC7288070)
export const RISE = 0.025; // share per 10 s: runners follow up to 2.5-3 % (Van Dyck 2015)
const LATEST = 12,
  FEWEST = 6,
  FRESH_S = 2,
  STRAY = 0.2; // steps; a share of the step time

// The rhythm of the newest steps: { first, period } of a line through them, or null if they have none.
export function rhythm(beats, steps_per_min, now_s) {
  const recent = beats.slice(-LATEST);
  if (recent.length < FEWEST || now_s - recent.at(-1) > FRESH_S || !(steps_per_min > 0)) return null;
  const step = 60 / steps_per_min,
    counts = [0];
  for (let i = 1; i < recent.length; i++)
    counts.push(counts[i - 1] + Math.round((recent[i] - recent[i - 1]) / step));
  const n = recent.length,
    k0 = sum(counts) / n,
    t0 = sum(recent) / n;
  const spread = sum(counts.map((k) => (k - k0) ** 2));
  if (!spread) return null;
  const period = sum(counts.map((k, i) => (k - k0) * (recent[i] - t0))) / spread,
    first = t0 - period * k0;
  const strays = recent.some((t, i) => Math.abs(t - first - period * counts[i]) > STRAY * step);
  return strays || Math.abs(period / step - 1) > 0.1 ? null : { first, period };
}

// Instants of the beats, from the first step not before start_s, rising from the runner's rhythm to to_spm.
export function burst(beat, to_spm, start_s) {
  const from_spm = 60 / beat.period,
    times = [];
  if (!(to_spm > from_spm)) return times;
  const first = beat.first + beat.period * Math.ceil((start_s - beat.first) / beat.period);
  for (let t = first; t < first + BURST_S; ) {
    times.push(t);
    t += 60 / Math.min(to_spm, from_spm * (1 + (RISE * (t - first)) / 10));
  }
  return times;
}

const sum = (values) => values.reduce((a, b) => a + b, 0);

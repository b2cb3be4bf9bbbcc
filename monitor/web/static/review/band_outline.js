// The area of a target band, for a chart that fills closed outlines.

// Outlines round low and high at the places x, one for every stretch in which both edges are known;
// a null stands between two of them.
export function bandOutline(x, low, high) {
  const out = { x: [], y: [] };
  const known = (i) => low[i] != null && high[i] != null;
  for (let from = 0; from < x.length; from++) {
    if (!known(from)) continue;
    let to = from + 1;
    while (known(to)) to++;
    const there = x.slice(from, to);
    out.x.push(...there, ...there.toReversed(), there[0], null);
    out.y.push(...high.slice(from, to), ...low.slice(from, to).toReversed(), high[from], null);
    from = to;
  }
  return out;
}

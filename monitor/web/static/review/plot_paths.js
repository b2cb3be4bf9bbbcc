// Where things lie in the small pictures of a review.

// The straight map of values from low to high onto places from first to last; low itself if both are one.
export function scale(low, high, first, last) {
  return (value) => first + ((value - low) / (high - low || 1)) * (last - first);
}

// The outline of a histogram as an SVG path, from bin to bin in the places x(bin) and y(count).
export function histogramPath(counts, x, y) {
  const tops = counts.map((count, i) => `L${x(i)},${y(count)} L${x(i + 1)},${y(count)}`);
  return [`M${x(0)},${y(0)}`, ...tops, `L${x(counts.length)},${y(0)}`].join(" ");
}

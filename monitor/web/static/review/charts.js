// Plotly comes in a classic script of its own, later than the page: here alone its global is read.

// The chart library, or null while it is not there.
export const chartLibrary = () => globalThis.Plotly ?? null;

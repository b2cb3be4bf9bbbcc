// How late this device and its headphones sound: the runner taps along, the median tells.
const BEATS = 10,
  EVERY_MS = 1000,
  NEEDED = 5,
  LATEST_MS = 800; // one beat a second: up to 0.8 s late is told apart

// How late the taps were, in ms, or null if they do not agree.  People tap about 20-50 ms early
// (Repp 2005, Psychon Bull Rev 12:969), so the answer is right to about that much.
export function delay(taps_ms, beats_ms) {
  const late = [];
  for (const tap of taps_ms) {
    const before = beats_ms.filter((beat) => tap - beat < LATEST_MS && tap - beat > LATEST_MS - EVERY_MS);
    if (before.length) late.push(tap - before.at(-1));
  }
  late.sort((a, b) => a - b);
  const middle = late[Math.floor(late.length / 2)];
  const agree = late.filter((ms) => Math.abs(ms - middle) < 80).length;
  return agree >= Math.max(NEEDED, 0.6 * late.length) ? Math.round(middle) : null;
}

// Play the beats; onbeat(left) as they go; the promise gives what delay() makes of the taps.
export function listen(sound, pad) {
  const start = performance.now() + 800,
    taps = [];
  const beats = Array.from({ length: BEATS }, (_, i) => start + i * EVERY_MS);
  const tapped = (event) => {
    event.preventDefault();
    taps.push(event.timeStamp);
  };
  sound.beats(beats);
  pad.addEventListener("pointerdown", tapped);
  return new Promise((done) =>
    setTimeout(
      () => {
        pad.removeEventListener("pointerdown", tapped);
        done(delay(taps, beats));
      },
      800 + BEATS * EVERY_MS,
    ),
  );
}

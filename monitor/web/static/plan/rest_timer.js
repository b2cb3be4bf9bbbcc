// The rest between two sets: counts down, then a pulse and a tone.
const TONE_HZ = 880;
const TONE_S = 0.4;

// Seconds that are left of a rest, from its beginning (ms) until now (ms); never below 0.
export const secondsLeft = (rest_s, began_ms, now_ms) =>
  Math.max(0, Math.ceil(rest_s - (now_ms - began_ms) / 1000));

// Seconds as m:ss.
export const timerText = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

// Count down in this element; done() is called at the end.  Returns a function that stops it.
export function countDown(element, rest_s, done) {
  const began_ms = Date.now(),
    tones = audio();
  const tick = () => {
    const left = secondsLeft(rest_s, began_ms, Date.now());
    element.textContent = timerText(left);
    if (left) return;
    clearInterval(timer);
    navigator.vibrate?.([200, 100, 200]);
    beep(tones);
    done();
  };
  const timer = setInterval(tick, 250);
  tick();
  return () => clearInterval(timer);
}

// Made in the tap that starts the timer: a browser lets nothing sound that nobody asked for.
const audio = () => (globalThis.AudioContext ? new AudioContext() : null);

function beep(context) {
  if (!context) return;
  const tone = new OscillatorNode(context, { frequency: TONE_HZ });
  tone.connect(context.destination);
  tone.onended = () => context.close();
  tone.start();
  tone.stop(context.currentTime + TONE_S);
}

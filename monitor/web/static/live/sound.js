// Tones and beats on the Web Audio clock.  Instants are milliseconds of performance.now() at which
// something shall be heard; what headphones delay (settings.delay_ms) is taken off.
import { settings } from "../shared/settings.js";

const SHORT_S = 0.04;

export class Sound {
  #context = null;
  #beats = [];

  get ready() {
    return this.#context?.state === "running";
  }

  // Browsers give sound only after a tap: call this in one.
  async unlock() {
    this.#context ??= new AudioContext({ latencyHint: "interactive" });
    this.#context.onstatechange = () => {
      if (!this.ready) this.hush();
      this.changed?.();
    };
    await this.#context.resume();
    return this.ready;
  }

  // Between handing a sound over and hearing it: what the browser knows of, and what the tap test found.
  get delay_s() {
    return (this.#context?.outputLatency || this.#context?.baseLatency || 0) + settings.delay_ms / 1000;
  }

  // Play tones at once; when they will be heard, or null without sound.
  tones(pattern, gain = 0.5) {
    if (!this.ready) return null;
    const start = this.#context.currentTime + 0.01;
    for (const [hz, from, length] of pattern) this.#note(start + from, hz, length, gain);
    return performance.now() + 10 + 1000 * this.delay_s;
  }

  // Beats at these instants; those that cannot be in time any more are left out.
  beats(instants_ms) {
    this.hush();
    if (!this.ready) return 0;
    const now_s = this.#context.currentTime,
      now_ms = performance.now();
    for (const instant of instants_ms) {
      const at = now_s + (instant - now_ms) / 1000 - this.delay_s;
      if (at > now_s) this.#beats.push(this.#note(at, 1320, SHORT_S, 0.6));
    }
    return this.#beats.length;
  }

  hush() {
    for (const beat of this.#beats) beat.stop();
    this.#beats = [];
  }

  #note(at, hz, length, gain) {
    const tone = this.#context.createOscillator(),
      level = this.#context.createGain();
    tone.frequency.value = hz;
    level.gain.setValueAtTime(0, at);
    level.gain.linearRampToValueAtTime(gain * settings.volume, at + 0.004);
    level.gain.setTargetAtTime(0, at + length * 0.6, length * 0.15);
    tone.connect(level).connect(this.#context.destination);
    tone.start(at);
    tone.stop(at + length + 0.1);
    return tone;
  }
}

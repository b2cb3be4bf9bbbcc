// What a cue does on this page: banner, tones, words, beats, pulses; and why it is quiet.
// Every cue is acted on once, and never after its time.
import { labelOf, specOf, valueText } from "../shared/metrics.js";
import { burst, rhythm } from "./metronome.js";
import { settings } from "./settings.js";
import { BACK, EASE, NOTE, QUICKER } from "./sound.js";

const WORDS_EVERY_S = 300; // at most one phrase in 5 min: the tones say the same with less nagging
const WORDS_AFTER_MS = 420,
  BEATS_AFTER_S = 2.2; // tones, then words, then beats
const SHOWN_S = 20;
const $ = (id) => document.getElementById(id);

export class Cues {
  #run = null; // the session whose cues were heard
  #heard = 0;
  #spoke_s = -Infinity;
  #hide = 0;
  constructor(clock, sound, voice) {
    Object.assign(this, { clock, sound, voice });
  }

  // A state of the page: act on what is new in it.
  take(state, legend) {
    const run = state.session?.session;
    if (run !== this.#run) [this.#run, this.#heard, this.#spoke_s] = [run, 0, -Infinity];
    for (const cue of state.cues.filter(({ n }) => n > this.#heard)) {
      this.#heard = cue.n;
      if (!cue.withheld && this.clock.synced && this.clock.now() <= cue.expires_s)
        this.#act(cue, state, legend);
    }
    if (state.ended || (state.activity !== "run" && state.activity !== "unknown")) this.sound.hush();
    this.#band(state);
  }

  #act(cue, state, legend) {
    const ease = cue.fault === "cadence_high",
      correct = cue.kind === "correct",
      confirm = cue.kind === "confirm";
    this.sound.hush();
    const tones = confirm ? BACK : !correct ? NOTE : ease ? EASE : QUICKER;
    const heard_ms = settings.tones ? this.sound.tones(tones, confirm ? 0.25 : 0.5) : null;
    if (settings.pulses) navigator.vibrate?.(confirm ? 60 : ease ? [220, 140, 220] : 220);
    const words = this.voice.phrase(confirm ? "confirm" : cue.wording, cue.fault) || cue.why;
    if (!confirm && this.#mayspeak(cue)) {
      const left_ms = this.clock.local(cue.expires_s) - performance.now();
      setTimeout(() => this.voice.say(words, left_ms), settings.tones ? WORDS_AFTER_MS : 0);
    }
    if (correct && !ease && settings.beats) this.#burst(cue, state);
    this.#show(cue, words, ease, heard_ms, legend);
  }

  // A return is told by its tone alone; what is wrong with a sensor may be said at any time.
  #mayspeak(cue) {
    if (settings.words === "never" || !this.sound.ready) return false;
    if (cue.kind === "notice") return true;
    if (settings.words === "rarely" && cue.t_s - this.#spoke_s < WORDS_EVERY_S) return false;
    this.#spoke_s = cue.t_s;
    return true;
  }

  // The remedy for braking and overstride is the same as for a slow rhythm: a quicker one.
  #burst(cue, state) {
    const now_s = this.clock.now(),
      found = rhythm(state.beats, state.now.cadence_spm?.value, now_s);
    if (!found) return;
    const target = state.bands.cadence_spm?.target ?? (cue.metric === "cadence_spm" ? cue.target : 0);
    const times = burst(found, target, now_s + BEATS_AFTER_S * this.clock.pace);
    this.sound.beats(times.map((t) => this.clock.local(t)));
  }

  #show(cue, words, ease, heard_ms, legend) {
    const spec = specOf(legend, cue.metric);
    const banner = $("cue");
    banner.className = cue.kind;
    $("cue-sign").textContent =
      cue.kind === "confirm" ? "✓" : cue.kind === "notice" ? "i" : ease ? "↘" : "↗";
    $("cue-words").textContent = words;
    $("cue-numbers").textContent =
      cue.kind === "correct"
        ? `${labelOf(spec)} ${valueText(spec, cue.value)}, target ${valueText(spec, cue.target)} ${spec.display.unit}`
        : cue.kind === "notice"
          ? cue.why
          : "";
    const late_s = heard_ms === null ? null : this.clock.at(heard_ms) - cue.t_s;
    $("cue-late").textContent =
      late_s === null
        ? "no sound: tap ♪ above"
        : `heard ${(late_s / this.clock.pace).toFixed(1)} s after your step`;
    banner.hidden = false;
    clearTimeout(this.#hide);
    this.#hide = setTimeout(() => {
      banner.hidden = true;
    }, SHOWN_S * 1000);
  }

  // Under the big number: the band, and why nothing would be said now.
  #band(state) {
    const band = state.bands.cadence_spm,
      line = $("band");
    line.hidden = !band;
    if (!band) return;
    const edge = (value) => value.toFixed(0);
    const range =
      band.low === null
        ? `up to ${edge(band.high)}`
        : band.high === null
          ? `from ${edge(band.low)}`
          : `${edge(band.low)}–${edge(band.high)}`;
    const now = state.now.cadence_spm?.value;
    const out =
      now !== undefined &&
      ((band.low !== null && now < band.low) || (band.high !== null && now > band.high));
    line.className = band.muted ? "muted" : out ? "out" : "in";
    $("band-range").textContent = `target ${range}`;
    $("band-muted").textContent = state.ended ? "" : band.muted;
  }
}

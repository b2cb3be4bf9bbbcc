// What a cue does on this page: banner, tones, words, beats, pulses; and why it is quiet.
// Every cue is acted on once, and never after its time.
import { recordedText, textOf } from "../shared/messages.js";
import { specOf } from "../shared/metrics.js";
import { settings } from "../shared/settings.js";
import { bandPosition, bandText, cueNumbers, latenessText } from "./cue_texts.js";
import { burst, rhythm } from "./metronome.js";
import { mayBeSaid, newCues, signalsOf } from "./signals.js";
import { toldInUnits } from "./units.js";

const WORDS_AFTER_MS = 420,
  BEATS_AFTER_S = 2.2; // tones, then words, then beats
const SHOWN_S = 20;
const SHOWN_BY_TIMER = new Set(["paused", "resumed"]); // the page says so anyway
// Browsers refuse to vibrate a page that nobody touched, and complain.
const touched = () => navigator.userActivation?.hasBeenActive ?? true;
const $ = (id) => document.getElementById(id);
const toldBy = ({ why }, { timer }) => toldInUnits(why, settings.miles, timer?.interval?.pace_s_per_km);

export class Cues {
  #run = null; // the session whose cues were heard
  #heard = 0;
  #spoke_s = Number.NEGATIVE_INFINITY;
  #hide = 0;
  #shown = null; // the cue on the banner
  constructor(clock, sound, voice) {
    Object.assign(this, { clock, sound, voice });
  }

  // A state of the page: act on what is new in it.
  take(state, legend) {
    const run = state.session?.session;
    if (run !== this.#run) [this.#run, this.#heard, this.#spoke_s] = [run, 0, Number.NEGATIVE_INFINITY];
    for (const cue of newCues(state.cues, this.#heard, this.clock.synced ? this.clock.now() : null)) {
      this.#heard = cue.n;
      if (cue.due) this.#act(cue, state, legend);
    }
    if (state.ended) $("cue").hidden = true;
    if (!$("cue").hidden) this.#writeNumbers(state, legend);
    if (state.ended || (state.activity !== "run" && state.activity !== "unknown")) this.sound.hush();
    this.#band(state);
  }

  #act(cue, state, legend) {
    const signals = signalsOf(cue);
    this.sound.hush();
    const heard_ms = settings.tones ? this.sound.tones(signals.tones, signals.gain) : null;
    if (settings.pulses && touched()) navigator.vibrate?.(signals.pulses);
    const words =
      this.voice.phrase(cue.kind === "confirm" ? "confirm" : cue.wording, cue.fault) || toldBy(cue, state);
    this.#say(cue, words);
    if (signals.beats && settings.beats) this.#burst(cue, state);
    if (!SHOWN_BY_TIMER.has(cue.wording)) this.#show(cue, words, signals.sign, heard_ms, [state, legend]);
  }

  #say(cue, words) {
    if (!this.sound.ready || !mayBeSaid(cue, settings.words, cue.t_s - this.#spoke_s)) return;
    if (cue.kind !== "notice") this.#spoke_s = cue.t_s;
    const left_ms = this.clock.local(cue.expires_s) - performance.now();
    setTimeout(() => this.voice.say(words, left_ms), settings.tones ? WORDS_AFTER_MS : 0);
  }

  #burst(cue, state) {
    const now_s = this.clock.now(),
      found = rhythm(state.beats, state.now.cadence_spm?.value, now_s);
    if (!found) return;
    const target = state.bands.cadence_spm?.target ?? (cue.metric === "cadence_spm" ? cue.target : 0);
    const times = burst(found, target, now_s + BEATS_AFTER_S * this.clock.pace);
    this.sound.beats(times.map((t) => this.clock.local(t)));
  }

  #show(cue, words, sign, heard_ms, shown) {
    const banner = $("cue");
    banner.className = cue.kind;
    $("cue-sign").textContent = sign;
    $("cue-words").textContent = words;
    this.#shown = cue;
    this.#writeNumbers(...shown);
    const late_s = heard_ms === null ? null : (this.clock.at(heard_ms) - cue.t_s) / this.clock.pace;
    $("cue-late").textContent = latenessText(late_s);
    banner.hidden = false;
    clearTimeout(this.#hide);
    this.#hide = setTimeout(() => {
      banner.hidden = true;
    }, SHOWN_S * 1000);
  }

  // They have a name and a unit as soon as the legend is there.
  #writeNumbers(state, legend) {
    const cue = this.#shown,
      numbers = cueNumbers(cue, specOf(legend, cue.metric), toldBy(cue, state));
    $("cue-numbers").textContent = numbers === $("cue-words").textContent ? "" : numbers;
  }

  // Under the big number: the band, and why nothing would be said now.
  #band(state) {
    const band = state.bands.cadence_spm,
      line = $("band");
    line.hidden = !band || Boolean(state.ended);
    if (!band) return;
    line.className = bandPosition(band, state.now.cadence_spm?.value);
    $("band-range").textContent = textOf("live.target", { range: bandText(band) });
    $("band-muted").textContent =
      state.ended || !band.muted ? "" : textOf("live.no_cues", { reason: recordedText(band.muted) });
  }
}

"""A browser whose sounds, words and pulses are written down: what tests of the page look at."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass

import pytest

EARS = """
window.heard = {tones: [], words: [], pulses: []};
const start = OscillatorNode.prototype.start, stop = OscillatorNode.prototype.stop;
OscillatorNode.prototype.start = function (when) {
  const epoch_s = (performance.timeOrigin + performance.now()) / 1000;
  const delay_s = this.context.outputLatency || this.context.baseLatency || 0;
  const at_s = epoch_s + when - this.context.currentTime + delay_s;
  this.tone = {hz: this.frequency.value, at_s, when_s: when, stopped: false};
  heard.tones.push(this.tone);
  return start.call(this, when);
};
OscillatorNode.prototype.stop = function (when) {
  const epoch_s = (performance.timeOrigin + performance.now()) / 1000;
  if (when === undefined) this.tone.stopped = this.tone.at_s > epoch_s;
  return stop.call(this, when ?? 0);
};
SpeechSynthesis.prototype.speak = (words) => {
  heard.words.push({text: words.text, lang: words.lang});
  words.onstart?.();
};
navigator.vibrate = (pattern) => heard.pulses.push(pattern);
"""
"""Wraps what makes noise; ``at_s`` is when a tone leaves the loudspeaker, in seconds since 1970."""

BEAT_HZ = 1320.0
"""Of the metronome (``sound.js``)."""


@dataclass(frozen=True, slots=True)
class Tone:
    """One tone that was ordered: for when, also on the audio clock; ``stopped`` before it was heard."""

    hz: float
    at_s: float
    when_s: float
    stopped: bool


def tones(heard: list[dict[str, float]]) -> list[Tone]:
    """In order of hearing, without those that were called off."""
    made = [Tone(h["hz"], h["at_s"], h["when_s"], bool(h["stopped"])) for h in heard]
    return sorted((t for t in made if not t.stopped), key=lambda t: t.at_s)


def chromium() -> str:
    """Its path; without it the test is skipped, loudly, and in CI it fails."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing: apt-get install chromium")
        pytest.skip("Chromium is missing: apt-get install chromium")
    return path

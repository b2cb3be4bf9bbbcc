"""A browser whose sounds, words and pulses are written down: what tests of the page look at."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

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


def _launched(playwright: Any, *arguments: str) -> Any:
    return playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", *arguments])


@functools.cache
def _started() -> tuple[Any, Any]:
    """Playwright and its browser, begun once in a process: a browser of its own costs a test a second."""
    from playwright.sync_api import sync_playwright

    playwright = sync_playwright().start()
    return playwright, _launched(playwright)


@contextlib.contextmanager
def _as_its_loop_runs(playwright: Any) -> Iterator[None]:
    """Let Playwright's event loop count as the one that runs, as it does from its start on.

    Outside of this no loop does: what fixtures do to a store blocks none.
    """
    asyncio._set_running_loop(playwright._loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(None)


@contextlib.contextmanager
def shared_browser() -> Iterator[Any]:
    """Playwright's synchronous browser of this process; what a test opens in it is the test's to close."""
    playwright, browser = _started()
    with _as_its_loop_runs(playwright):
        yield browser


@contextlib.contextmanager
def own_browser(*arguments: str) -> Iterator[Any]:
    """Run one for a test that needs other arguments."""
    playwright, _ = _started()
    with _as_its_loop_runs(playwright):
        browser = _launched(playwright, *arguments)
        yield browser
        browser.close()


def end_shared_browser() -> None:
    """End it, if there is one."""
    if _started.cache_info().currsize:
        playwright, browser = _started()
        with _as_its_loop_runs(playwright):
            browser.close()
            playwright.stop()
        _started.cache_clear()


@contextlib.asynccontextmanager
async def browser_of_a_module(*arguments: str) -> AsyncIterator[Browser]:
    """Run a browser for the tests of one module, which share an event loop (``loop_scope="module"``)."""
    async with async_playwright() as playwright:
        browser = await _launched(playwright, *arguments)
        yield browser
        await browser.close()

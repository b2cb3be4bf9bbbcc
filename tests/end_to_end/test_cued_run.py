"""The whole program on a run that drifts: from packets to what the runner sees, hears and feels."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, WebSocket, async_playwright, expect

from dsp.simulation.runner import Bout, Device, SimulatedRun, simulated_imu, simulated_run
from dsp.types import Placement, Runner, Side
from monitor.core.session_settings import CoachSettings, CueSettings
from monitor.recordings.recording import Recording
from monitor.recordings.signals import Signal, recording_from_signals
from monitor.recordings.tape import Tape, TapeHeader
from monitor.simulation.simulated_runner import RadioModel, deliver
from tests.coached_runner import learned_baseline
from tests.end_to_end.browser import BEAT_HZ, EARS, chromium, tones
from tests.end_to_end.page_waits import wait_for_script

DRIFTED, AIMED = 156.0, 170.0
BELT = {"speed_mps": 2.8, "slope_pct": 0.0}  # what the treadmill says
QUICKLY = 6.0  # as fast as the run goes while nothing is timed
BOUTS = (
    (46.0, AIMED),
    (20.0, DRIFTED),
    (42.0, AIMED),
)  # cues come after 20 s of running, a change needs 20 s of a level before it; a return takes half a minute
RETURN_S = BOUTS[0][0] + BOUTS[1][0] + 25.0


def drifting() -> tuple[SimulatedRun, Recording]:
    """A runner on a treadmill and two shoes who knows the target, forgets it, and comes back to it."""
    run = simulated_run([Bout(seconds=s, speed_mps=2.8, cadence_spm=c) for s, c in BOUTS], seed=3)
    signals = []
    for seed, side in ((3, Side.LEFT), (4, Side.RIGHT)):
        c = simulated_imu(
            run, Placement.FOOT, side, Device(misaligned_deg=(4.0, 8.0, -5.0)), side.value, seed
        )
        signals.append(Signal(Placement.FOOT, side, c.t_s, c.acc_ms2, c.gyr_rads))
    recording = deliver(
        recording_from_signals("drift", signals, Runner(height_m=1.75), BELT), RadioModel(), 3
    )
    coach = CoachSettings(cues=CueSettings(warm_up_s=0.0), baseline=learned_baseline().to_dict())
    return run, replace(recording, settings=replace(recording.settings, coach=coach))


@pytest.fixture
def tape(tmp_path: Path) -> tuple[Path, SimulatedRun]:
    run, recording = drifting()
    path = tmp_path / "drift.tape"
    header = TapeHeader("2026-11-25T07-00-00-me", "2026-11-25T07:00:00+00:00", recording.settings, "0")
    tape = Tape(path, header)
    for packet in recording.packets():
        tape.append(packet)
    tape.finish()
    return path, run


class Ticks:
    """The session's clock as the messages tell it, without the help of the page.

    It knows the true pace alone, so what it says holds after the clock has come back to that.
    """

    def __init__(self, page: Page) -> None:
        self._offset_s = self.newest_s = float("-inf")
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._heard)

    def _heard(self, payload: str | bytes) -> None:
        self.newest_s = json.loads(payload)["at_s"]
        self._offset_s = max(self._offset_s, self.newest_s - time.time())

    def session_s(self, epoch_s: float) -> float:
        return epoch_s + self._offset_s

    async def until(self, session_s: float) -> None:
        async with asyncio.timeout(60):
            while self.newest_s < session_s:  # noqa: ASYNC110 - messages set no event
                await asyncio.sleep(0.02)


async def test_a_drifting_runner_is_cued_on_their_own_steps_then_left_alone(
    tape: tuple[Path, SimulatedRun],
) -> None:
    path, run = tape
    program = [sys.executable, "-u", "-m", "tests.end_to_end.paced_program", "replay", str(path)]
    command = [*program, "--web", "--port", "0", "--no-keep"]
    async with async_playwright() as playwright:  # first: a browser takes long to start on a busy machine
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 390, "height": 844}, locale="en-GB")
        await page.add_init_script(EARS)
        service = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )

        def set_pace(pace: float) -> None:
            assert service.stdin is not None
            service.stdin.write(f"{pace}\n".encode())

        try:
            assert service.stdout is not None
            while not (found := re.search(rb"http://\S+", await service.stdout.readline())):
                pass
            ticks = Ticks(page)
            await page.goto(found[0].decode())
            await page.locator("#sound").click()
            await wait_for_script(page, "heard.words.length == 1")
            await page.evaluate("heard.tones.length = heard.words.length = 0")
            await expect(page.locator("#band-muted")).to_have_text(
                "No cues: you only just started", timeout=60_000
            )
            set_pace(QUICKLY)
            await expect(page.locator("#band-muted")).to_have_text("", timeout=60_000)
            await ticks.until(BOUTS[0][0])
            set_pace(1.0)  # what is heard and when is looked at in real time

            await expect(page.locator("#cue-words")).to_have_text("Quick and light", timeout=60_000)
            await expect(page.locator("#cue.correct")).to_be_visible()
            late = await page.locator("#cue-late").text_content()
            await wait_for_script(page, "heard.words.length == 1")
            heard = await page.evaluate("heard")
            assert heard["words"] == [{"text": "Quick and light", "lang": "en"}]
            made = tones(heard["tones"])
            assert [t.hz for t in made[:2]] == [659, 988]  # rising: quicker
            beats = [ticks.session_s(t.at_s) for t in made if t.hz == BEAT_HZ]
            off = [nearest(run, t) for t in beats[:4]]
            print(f"\n{late}; phase of the first beats {[round(x, 3) for x in off]} steps")
            assert max(map(abs, off)) < 0.25
            rhythm = [60 / (b - a) for a, b in itertools.pairwise(beats)]
            assert rhythm[0] == pytest.approx(DRIFTED, rel=0.03)
            assert rhythm[-1] > rhythm[0] + 3
            assert rhythm[-1] <= rhythm[0] * 1.075
            set_pace(QUICKLY)
            await ticks.until(RETURN_S)
            set_pace(1.0)  # a cue that comes 3 s late by the session's clock is not given

            await expect(page.locator("#cue-words")).to_have_text("Back on target", timeout=60_000)
            set_pace(QUICKLY)
            after = tones(await page.evaluate("heard.tones"))
            assert after[-1].hz == 784
            assert len(await page.evaluate("heard.words")) == 1  # no praise
            await expect(page.locator("#link")).to_have_text("Finished", timeout=60_000)
            assert tones(await page.evaluate("heard.tones")) == after  # silence
            await browser.close()
        finally:
            service.kill()
            await service.communicate()


def nearest(run: SimulatedRun, t_s: float) -> float:
    """How far a beat is from the true step next to it, in steps; late is positive."""
    step = min(run.ic_s, key=lambda ic: abs(ic - t_s))
    return float((t_s - step) * DRIFTED / 60)

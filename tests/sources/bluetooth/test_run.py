"""Whole runs on emulated sensors: what was live is what the tape gives; the program ends as asked."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dsp.types import Step
from monitor.core.records import LinkState, Out, SensorStatus, SessionEnded, SessionStarted
from monitor.pipeline.session import Session
from monitor.recordings.readers import read_recording
from monitor.recordings.tape import Tape, TapeHeader
from monitor.service.serve import serve
from monitor.simulation.emulated.imus import Movesense
from monitor.simulation.emulated.runner import EmulatedRunner, emulated_settings, emulated_signals
from monitor.storage.session_info import SessionStatus
from monitor.storage.store import Store
from tests.sources.bluetooth.conftest import RadioUnderTest
from tests.sources.bluetooth.quick import BriskLoop, LoopTime

RUN_S = 45.0


class Collect:
    """A sink that keeps everything."""

    name = "collect"

    def __init__(self) -> None:
        self.records: list[Out] = []

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        async for batch in batches:
            self.records += batch


def told(records: list[Out]) -> list[Out]:
    """All that is computed from packets; what is said of links is not on the tape."""
    return [r for r in records if not isinstance(r, SensorStatus | SessionStarted | SessionEnded)]


def replayed(path: Path) -> list[Out]:
    recording = read_recording(path)
    session = Session(recording.settings)
    return [r for packet in recording.packets() for r in session.push(packet)] + session.finish()


def kept(folder: Path) -> Path:
    """The tape of the one session in the store, which must be complete."""
    with Store(folder / "gaitcue" / "gaitcue.db") as store:
        (info,) = store.sessions()
        assert info.status is SessionStatus.COMPLETE
        return Path(info.tape)


async def test_a_recording_of_emulated_sensors_gives_the_records_that_were_live(tmp_path: Path) -> None:
    if not hasattr(asyncio.get_running_loop(), "_quick"):
        pytest.skip("once is enough, and quicker on the clock that does not wait")
    path, live, time = tmp_path / "run.tape", Collect(), LoopTime()
    started = SessionStarted("s", "me", "2026-01-01T00:00:00+00:00", ())
    tape = await asyncio.to_thread(
        Tape, path, TapeHeader("s", started.started_utc, emulated_settings(), "test")
    )
    source = EmulatedRunner(emulated_signals(), RUN_S, time)
    await serve([source], Session(emulated_settings()), [live], started, tape=tape, time=time)

    again = await asyncio.to_thread(replayed, path)
    assert told(again) == told(live.records)
    assert sum(isinstance(r, Step) for r in again) > 2 * RUN_S
    ends = [s for s in again if isinstance(s, SensorStatus)][-3:]
    assert [(s.link, s.lost, s.bad, s.repeated) for s in ends] == [(LinkState.STREAMING, 0, 0, 0)] * 3


CONFIG = """
athlete = "ann"
[[sensor]]
name = "left"
kind = "movesense"
placement = "foot"
side = "L"
match = "204830000001"
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_the_program_streams_from_bluetooth_and_ends_cleanly_when_told(
    tested: RadioUnderTest, tmp_path: Path, how: signal.Signals
) -> None:
    if tested.level == "inproc":
        pytest.skip("the program is a process of its own: it needs a Bluetooth that processes share")
    if isinstance(loop := asyncio.get_running_loop(), BriskLoop):
        loop.keep_true_time()
    device = Movesense(tested.radio, "204830000001")
    await device.start()
    (tmp_path / "gaitcue.toml").write_text(CONFIG)
    tape = tmp_path / "raw.tape"
    command = ["run", "--no-web"] if how is signal.SIGINT else ["record", str(tape)]
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "monitor", *command, "--config", str(tmp_path / "gaitcue.toml"),
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path), "COLUMNS": "120"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        while device.notified < 60:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        program.send_signal(how)
        output, _ = await program.communicate()
    said = output.decode()
    assert program.returncode == 0, said
    assert "left (foot)" in said
    if how is signal.SIGINT:
        tape = await asyncio.to_thread(kept, tmp_path)
    recording = await asyncio.to_thread(read_recording, tape)
    assert recording.settings.sensors[0].match == "204830000001"
    assert recording.count > 40
    await device.wait_until_free()

"""``kill -9`` and a power cut at random instants: what was committed is there once, the rest is counted."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from monitor.core.packet import Packet
from tests.faults.killing import cut_power, examine, kill, packets_of, start_replay
from tests.faults.program import Home, make_tape

RANDOM = random.Random(19)
INSTANTS_S = [RANDOM.uniform(0.0, 3.0) for _ in range(2)]  # a hundred in ``make soak``
SECONDS, SPEED = 36.0, 6  # twice as long as the last instant


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tape(tmp_path_factory.mktemp("tape") / "run.tape", SECONDS)


@pytest.fixture(scope="module")
def sent(tape: Path) -> list[Packet]:
    return packets_of(tape)


@pytest.mark.parametrize("instant_s", INSTANTS_S)
def test_a_killed_run_is_whole_up_to_its_last_commit(
    tmp_path: Path, tape: Path, sent: list[Packet], instant_s: float
) -> None:
    home = Home(tmp_path)
    program, _ = start_replay(home, tape, SPEED)
    time.sleep(instant_s)
    kill(program)
    remains = examine(home, sent)
    assert remains.problems == ()
    assert remains.lost <= 2 * SPEED * len(sent) / SECONDS  # about a second of the clock, by the docs


def test_files_copied_while_they_are_written_make_a_whole_session_too(
    tmp_path: Path, tape: Path, sent: list[Packet]
) -> None:
    home = Home(tmp_path / "home")
    home.folder.mkdir()
    program, _ = start_replay(home, tape, SPEED)
    copies = []
    try:
        for k in range(3):
            time.sleep(0.7)
            copies.append(cut_power(program, home, tmp_path / f"copy{k}"))
    finally:
        kill(program)
    taped = []
    for copy in copies:
        remains = examine(copy, sent)
        assert remains.problems == ()
        assert all(Path(info.tape).is_relative_to(copy.folder) for info in copy.sessions())
        taped.append(remains.taped)
    assert taped == sorted(taped)
    assert taped[-1] > 0

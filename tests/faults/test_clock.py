"""The machine's clock is set in mid-run, back and forth, or the time of the year changes under it."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import pytest

from tests.faults.program import PATIENCE_S, Home, make_tape
from tests.stack.servers import needed

SECONDS = 28.0  # of which four pass in one of the clock
LIBRARY = "faketime/libfaketimeMT.so.1"


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tape(tmp_path_factory.mktemp("tape") / "run.tape", SECONDS)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


class FakeClock:
    """A wall clock for other programs: this machine's, and so much more."""

    def __init__(self, folder: Path) -> None:
        needed("faketime")
        (library,) = Path("/usr/lib").glob(f"*/{LIBRARY}")
        self._file = folder / "offset"
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1",
        }
        self.put_forward(0)

    def put_forward(self, seconds: int) -> None:
        """Let the clock be ahead of the true one by so much, from now on."""
        self._file.write_text(f"{seconds:+d}\n")


def test_a_clock_set_forth_and_back_moves_no_number_and_is_told(
    home: Home, tmp_path: Path, tape: Path
) -> None:
    clock = FakeClock(tmp_path)
    began = datetime.datetime.now(datetime.UTC)
    program = home.start("replay", tape, "--speed", 4, env={**home.environment, **clock.environment})
    home.wait_for("is sending data", program)
    for change, said in ((7200, "set forward by 2:00:00 h"), (-86_400, "set back by")):
        clock.put_forward(change)
        home.wait_for(said, program)
    program.communicate(timeout=PATIENCE_S)
    assert program.returncode == 0
    (session,) = home.sessions()
    assert session.duration_s == pytest.approx(SECONDS, abs=1)
    start = datetime.datetime.fromisoformat(session.started_utc)
    assert abs((start - began).total_seconds()) < 60
    assert "26:00:00 h" in home.log


def test_a_clock_that_begins_in_1970_is_no_reason_not_to_run(home: Home, tmp_path: Path) -> None:
    """A small computer without a battery; set right before the next run."""
    tape = make_tape(tmp_path / "run.tape", 15.0)
    clock = FakeClock(tmp_path)
    clock.put_forward(86_400 - int(time.time()))
    assert home.run("replay", tape, "--speed", "max", **clock.environment).returncode == 0
    assert home.run("replay", tape, "--speed", "max").returncode == 0
    first, last = sorted(home.sessions(), key=lambda s: s.started_utc)
    assert first.started_utc.startswith("1990-01-01")  # as no date is told: FIT knows none before
    assert first.id.startswith("1970")
    assert last.started_utc > "2026"
    assert home.run("export", first.id, "--format", "fit", "--out", tmp_path).returncode == 0
    assert home.run("sessions", "list").returncode == 0
    assert home.run("review", "last").returncode == 0


def test_the_end_of_summer_time_in_mid_run_moves_nothing(home: Home, tmp_path: Path, tape: Path) -> None:
    """At 01:00 UTC clocks in Berlin go back from three to two; the run began at 02:59 by them."""
    clock = FakeClock(tmp_path)
    change = datetime.datetime(2026, 10, 25, 0, 59, 55, tzinfo=datetime.UTC)
    clock.put_forward(round(change.timestamp() - time.time()))
    zone = {"TZ": "Europe/Berlin"}
    done = home.run("replay", tape, "--speed", 4, **zone, **clock.environment)
    assert done.returncode == 0, done.stderr
    assert "clock was set" not in done.stderr
    (session,) = home.sessions()
    assert session.duration_s == pytest.approx(SECONDS, abs=1)
    listed = home.run("sessions", "list", **zone)
    assert "2026-10-25 0" in listed.stdout

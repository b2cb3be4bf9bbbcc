"""The runner's log is added to and never changed; what cannot be read costs its line alone."""

from __future__ import annotations

import multiprocessing
import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.errors import StoreError
from monitor.storage.plan_file import plan_path
from monitor.storage.runner_log import (
    RunnerLog,
    athlete_file_name,
    decision_log_path,
    plan_state_path,
    planned_book_path,
    reminder_log_path,
    runner_log_path,
)
from monitor.storage.sent_days import sent_days_path


@pytest.fixture
def log(tmp_path: Path) -> RunnerLog:
    return RunnerLog(runner_log_path(tmp_path / "gaitcue", "Łukasz / 李"))


def test_lines_come_back_in_their_order(log: RunnerLog) -> None:
    assert log.lines() == []
    log.add({"kind": "morning", "pain": 1.5})
    log.add({"by": "Dr. Müller\nGP"}, {"by": "\u2028"})
    assert log.lines() == [{"kind": "morning", "pain": 1.5}, {"by": "Dr. Müller\nGP"}, {"by": "\u2028"}]
    assert log.unreadable == 0


def test_file_and_folder_are_their_owners(log: RunnerLog) -> None:
    log.add({"pain": 1})
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.path.parent.stat().st_mode) == 0o700
    assert log.path.parent.parent.name == "gaitcue"


def test_every_athlete_has_a_file_and_one_for_the_decisions(tmp_path: Path) -> None:
    paths = {f(tmp_path, name) for f in (runner_log_path, decision_log_path) for name in ("ann", "ben")}
    assert len(paths) == 4


@pytest.mark.parametrize("cut", [1, 5, 32])
def test_a_line_that_was_torn_off_costs_itself_alone(log: RunnerLog, cut: int) -> None:
    log.add({"pain": 1}, {"pain": 22})
    os.truncate(log.path, log.path.stat().st_size - cut)
    log.add({"pain": 3})
    lines = log.lines()
    assert lines[0] == {"pain": 1}
    assert lines[-1] == {"pain": 3}
    whole = cut == 1  # only the end of the line was lost
    assert (len(lines), log.unreadable) == ((3, 0) if whole else (2, 0 if cut == 32 else 1))


def test_a_line_in_which_one_bit_has_changed_is_left_out_and_counted(log: RunnerLog) -> None:
    log.add({"kind": "morning", "pain": 1}, {"kind": "morning", "pain": 5})
    whole = log.path.read_bytes()
    for place in range(whole.index(b"\n")):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            log.path.write_bytes(damaged)
            first, *others = [{k: line.get(k) for k in ("kind", "pain")} for line in log.lines()]
            told = log.unreadable > 0
            assert (told and first["pain"] == 5) or first == {"kind": "morning", "pain": 1}, (place, bit)
            assert all(line["pain"] == 5 for line in others)


def test_lines_of_earlier_versions_have_no_checksum_and_are_read(log: RunnerLog) -> None:
    log.add({"pain": 1})
    with log.path.open("ab") as file:
        file.write(b'{"pain": 2}\n')
    log.add({"pain": 3})
    assert (log.lines(), log.unreadable) == ([{"pain": 1}, {"pain": 2}, {"pain": 3}], 0)


def test_a_line_changed_by_hand_does_not_count_until_its_checksum_is_taken_away(log: RunnerLog) -> None:
    log.add({"pain": 1})
    changed = log.path.read_bytes().replace(b'"pain": 1', b'"pain": 2')
    log.path.write_bytes(changed)
    assert (log.lines(), log.unreadable) == ([], 1)
    log.path.write_bytes(changed[: changed.index(b', "crc"')] + b"}\n")
    assert (log.lines(), log.unreadable) == ([{"pain": 2}], 0)


def test_what_is_no_line_of_ours_is_counted_and_left(log: RunnerLog) -> None:
    log.add({"pain": 1})
    with log.path.open("ab") as file:
        file.write(b'\xff\xfe\n[1]\n{"pain": 1e999}\n' + b"[" * 100_000 + b'\n{"pain": 2}\n')
    before = log.path.read_bytes()
    assert log.lines() == [{"pain": 1}, {"pain": 2}]
    assert log.unreadable == 4
    assert log.path.read_bytes() == before


def test_a_number_that_is_none_is_not_written(log: RunnerLog) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        log.add({"pain": float("nan")})
    assert not log.path.exists()


def test_deleted_is_gone(log: RunnerLog) -> None:
    assert not log.delete()
    log.add({"pain": 1})
    assert log.delete()
    assert log.lines() == []


def test_a_folder_in_its_place_is_a_clear_error(log: RunnerLog) -> None:
    log.path.mkdir(parents=True)
    for use in (log.lines, lambda: log.add({"pain": 1}), log.delete):
        with pytest.raises(StoreError, match="cannot be"):
            use()


def test_no_room_loses_nothing_that_was_there(log: RunnerLog) -> None:
    """A limit of file size stands for a full disk: the kernel writes a part and then refuses."""
    log.add({"pain": 1})
    process = multiprocessing.get_context("spawn").Process(target=_add_with_limit, args=(log.path,))
    process.start()
    process.join(60)
    assert process.exitcode == 3
    assert log.lines() == [{"pain": 1}]
    assert log.unreadable == 0


def test_several_processes_lose_no_line(log: RunnerLog) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_add_many, args=(log.path, k)) for k in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    lines = log.lines()
    assert sorted((line["who"], line["k"]) for line in lines) == [(w, k) for w in (0, 1) for k in range(50)]
    assert log.unreadable == 0


def _add_many(path: Path, who: int) -> None:
    for k in range(50):
        RunnerLog(path).add({"who": who, "k": k})


def _add_with_limit(path: Path) -> None:
    import resource
    import signal
    import sys

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = path.stat().st_size + 10
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        RunnerLog(path).add({"text": "longer than ten characters"})
    except StoreError:
        sys.exit(3)


NAMES = st.sampled_from(
    ["ann", "Ann B", "Ann-B", "Ann/B", "ann-plan", "ann-state", "ann-sent", "", "runner"]
)
PATHS = (
    runner_log_path, decision_log_path, plan_state_path, planned_book_path, reminder_log_path,
    sent_days_path, plan_path,
)  # fmt: skip


@given(st.lists(NAMES | st.text(max_size=12), min_size=2, max_size=6, unique=True))
def test_no_runner_of_a_box_has_a_file_of_another(names: list[str]) -> None:
    paths = [path(Path("/data"), name) for name in names for path in PATHS]
    assert len(set(paths)) == len(paths)
    assert {p.parent.name for p in paths} == {"runner-log", "plans"}


def test_a_plain_name_is_that_of_its_files() -> None:
    assert runner_log_path(Path("/data"), "ann") == Path("/data/runner-log/ann.jsonl")
    hashed = athlete_file_name("Ann B")
    assert re.fullmatch(r"Ann-B-[0-9a-f]{8}", hashed)
    assert athlete_file_name(hashed) != hashed


def test_a_log_that_was_emptied_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = RunnerLog(tmp_path / "me.jsonl")
    log.add({"pain": 1})
    log.path.write_bytes(b"")
    assert log.lines() == []
    assert "me.jsonl: is empty; what was written down in it is lost" in caplog.text


def test_a_first_line_that_finds_no_room_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(descriptor: object) -> None:
        raise OSError(28, "No space left on device")

    log = RunnerLog(tmp_path / "me.jsonl")
    monkeypatch.setattr("monitor.storage.runner_log.os.fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        log.add({"pain": 1})
    assert (log.lines(), log.path.exists(), caplog.text) == ([], False, "")

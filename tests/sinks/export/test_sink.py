"""The folder of finished runs: whole files or none, and a folder that is away stops nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from monitor.core.errors import SinkError
from monitor.core.monotonic import SystemClock
from monitor.sinks.export.sink import make_export_sink, place_file
from monitor.storage.store import Store
from tests.finished_run import add_run, no_batches, write_text


def test_every_run_is_one_whole_file(tmp_path: Path) -> None:
    folder = tmp_path / "synced"
    with Store(tmp_path / "gaitcue.db") as store:
        sink = make_export_sink(folder, store, write_text, SystemClock(), None)
        name = add_run(store)
        asyncio.run(sink.run(no_batches()))
        assert {p.name: p.read_text() for p in folder.iterdir()} == {f"{name}.fit": f"FIT of {name}"}


def test_a_file_appears_under_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    def break_off(path: Path) -> None:
        path.write_bytes(b"half of it")
        assert [p.name for p in tmp_path.iterdir()] == [".run.fit.part"]
        raise OSError(28, "No space left on device")

    with pytest.raises(SinkError, match="No space left on device"):
        place_file(tmp_path, "run.fit", break_off)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_program_left_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / ".run.fit.part").write_bytes(b"half of it")
    (tmp_path / "run.fit").write_bytes(b"the same, delivered before it was acknowledged")
    place_file(tmp_path, "run.fit", lambda path: write_text("a", path))
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("run.fit", "FIT of a")]


def test_a_disk_that_is_not_plugged_in_is_not_made_up(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="cannot be written"):
        place_file(tmp_path / "disk" / "runs", "run.fit", lambda path: write_text("a", path))
    assert list(tmp_path.iterdir()) == []

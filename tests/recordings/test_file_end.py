"""A file that is still being copied is told by its own account."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from monitor.recordings.file_end import has_end
from tests.fit_bytes import file_id, fit_file
from tests.track_bytes import gpx_run, tcx_run, zip_of

FIT = fit_file(file_id())
WHOLE = {
    "run.fit": FIT,
    "run.tcx": tcx_run(20),
    "run.gpx": gpx_run(20),
    "run.fit.gz": gzip.compress(FIT),
    "export.zip": zip_of({"run.fit": FIT}),
}


@pytest.mark.parametrize("name", WHOLE)
def test_only_a_whole_file_has_its_end(tmp_path: Path, name: str) -> None:
    path, data = tmp_path / name, WHOLE[name]
    for size in range(12, len(data) - 1, max(1, len(data) // 50)):
        path.write_bytes(data[:size])
        assert not has_end(path), size
    path.write_bytes(data)
    assert has_end(path)


def test_a_fit_file_that_was_not_closed_has_none(tmp_path: Path) -> None:
    path = tmp_path / "run.fit"
    path.write_bytes(FIT[:4] + bytes(4) + FIT[8:])
    assert not has_end(path)


def test_what_is_no_such_file_waits_for_nothing(tmp_path: Path) -> None:
    for name in ("run.fit", "run.csv"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
        assert has_end(tmp_path / name)


def test_a_file_that_is_gone_has_no_end(tmp_path: Path) -> None:
    assert not has_end(tmp_path / "run.fit")

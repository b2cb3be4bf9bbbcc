"""The own normal as one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.errors import StoreError
from monitor.web.baseline_file import write_baseline_chart
from tests.review.test_baseline_chart import view


def test_the_file_is_small_and_needs_nothing_from_outside(tmp_path: Path) -> None:
    write_baseline_chart(view(30), tmp_path / "new" / "baseline.html")
    page = (tmp_path / "new" / "baseline.html").read_text(encoding="utf-8")
    assert "usual cadence" in page
    assert "src=" not in page
    assert len(page) < 200_000


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--picture"):
        write_baseline_chart(view(30), tmp_path / "file" / "baseline.html")

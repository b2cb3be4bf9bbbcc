"""axe-core (MPL-2.0, only for tests), which looks for what keeps people from using a page."""

from __future__ import annotations

from pathlib import Path

import pytest

_AXE = Path(__file__).parents[2] / ".cache" / "axe" / "node_modules" / "axe-core" / "axe.min.js"


def axe_source() -> str:
    """Return its source; without it the test is skipped, loudly."""
    if not _AXE.is_file():
        pytest.skip("NOT CHECKED by axe-core: npm was not reached (.cache/axe, made by make unit)")
    return _AXE.read_text(encoding="utf-8")

"""Files that the tests run too little, after ``make coverage``: ``python -m tests.coverage_floor``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REPORT = Path(".cache/coverage.json")
WHOLE_PCT, FILE_PCT = 90.0, 70.0
"""Of the lines of ``dsp`` and ``monitor`` together, and of each file (choice)."""


def lines_run_pct(summary: Mapping[str, Any]) -> float:
    """Return the share of lines that were run; a file without any has all of them."""
    lines = summary["num_statements"]
    return 100.0 * summary["covered_lines"] / lines if lines else 100.0


def coverage_faults(report: Mapping[str, Any]) -> list[str]:
    """Return a line for each file below the floor, the thinnest first, and one if all together are."""
    shares = {name: lines_run_pct(file["summary"]) for name, file in report["files"].items()}
    thin = sorted((pct, name) for name, pct in shares.items() if pct < FILE_PCT)
    faults = [f"{name}: {pct:.0f} % of its lines, floor {FILE_PCT:.0f}" for pct, name in thin]
    if (whole := lines_run_pct(report["totals"])) < WHOLE_PCT:
        faults.append(f"all together: {whole:.1f} %, floor {WHOLE_PCT:.0f}")
    return faults


if __name__ == "__main__":
    found = coverage_faults(json.loads(REPORT.read_text(encoding="utf-8")))
    print("\n".join(found) or f"every file has {FILE_PCT:.0f} % of its lines run, and all together more")
    sys.exit(bool(found))

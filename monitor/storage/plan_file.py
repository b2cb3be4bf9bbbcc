"""The cadence plan of one athlete in one JSON file: what was learned, and from which runs.

The rules that make the next run's settings from it are in ``monitor.review.cadence_plan``.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsp.cueing.baseline import Baseline
from monitor.core import json_codec
from monitor.core.errors import StoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """One run with a target: what share of it had cues, and seconds in band and in all without."""

    session: str
    started_utc: str
    cue_share: float = field(metadata={"stored": "availability"})
    off_s: int = 0
    off_in_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``baseline`` as in ``Baseline.to_dict`` (None: nothing learned), ``seen`` the sessions in it."""

    baseline: dict[str, Any] | None = None
    seen: tuple[str, ...] = ()
    runs: tuple[PlannedRun, ...] = ()


def plan_file(folder: Path, athlete: str) -> Path:
    """Where the plan of this athlete lies."""
    return folder / "plans" / f"{'-'.join(athlete.split())}.json"


def read_plan(path: Path) -> Plan:
    """The plan, empty if there is none yet; ``StoreError`` if it cannot be read."""
    try:
        plan = json_codec.from_json(Plan, json.loads(path.read_text(encoding="utf-8")))
        if plan.baseline is not None:
            Baseline.from_dict(plan.baseline)
    except FileNotFoundError:
        return Plan()
    except (OSError, ValueError) as exc:
        raise StoreError(
            f"{path}: cannot be read ({exc}); gaitcue baseline --relearn makes it anew"
        ) from exc
    return plan


def write_plan(path: Path, plan: Plan) -> None:
    """All of it or nothing."""
    new = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(json_codec.to_json(plan), indent=1) + "\n", encoding="utf-8")
        os.replace(new, path)
    except OSError as exc:
        with contextlib.suppress(OSError):
            new.unlink()
        raise StoreError(f"{path}: cannot be written: {exc.strerror}") from exc

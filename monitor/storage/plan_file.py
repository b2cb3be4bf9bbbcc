"""The cadence plan of one athlete in one JSON file: what was learned, and from which runs.

The rules that make the next run's settings from it are in ``monitor.review.cadence_plan``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsp.cueing.baseline import Baseline
from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.private_files import make_private_folder, write_private_file
from monitor.storage.athlete_spelling import require_file_spelling
from monitor.storage.runner_log import athlete_file_name


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """``PlannedRun`` is one run with a target: what share of it had cues, and how it went without.

    ``step`` is that of its target, ``on_s`` and ``off_s`` are the judged seconds with and without cues,
    ``on_in_s`` and ``off_in_s`` those of them that were in the band.
    """

    session: str
    started_utc: str
    cue_share: float = field(metadata={"stored": "availability"})
    off_s: int = 0
    off_in_s: int = 0
    on_s: int = 0
    on_in_s: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPain:
    """``RunPain`` is a pain (0 to 10) noted of a run of this day, with the words that came with it."""

    session: str
    day: str
    value: float
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``Plan`` is what was learned of one athlete.

    ``baseline`` is as in ``Baseline.to_dict`` (None: nothing learned yet), ``seen`` are the ids of the
    sessions in it, ``runs`` those with a target, ``pains`` what was noted of any run, of deleted ones too.
    """

    baseline: dict[str, Any] | None = None
    seen: tuple[str, ...] = ()
    runs: tuple[PlannedRun, ...] = ()
    pains: tuple[RunPain, ...] = ()


def plan_path(folder: Path, athlete: str) -> Path:
    """Return the path of this athlete's plan in the data folder."""
    return folder / "plans" / f"{athlete_file_name(athlete)}.json"


def read_plan(path: Path) -> Plan:
    """Return the plan in this file, an empty one if there is no file; ``StoreError`` if it is damaged."""
    require_file_spelling(path)
    try:
        plan = json_codec.from_json(Plan, json_codec.parse_checked(path.read_bytes()))
        if plan.baseline is not None:
            Baseline.from_dict(plan.baseline)
    except FileNotFoundError:
        return Plan()
    except (OSError, ValueError) as exc:
        raise StoreError("error.plan_unreadable", path=path, error=exc) from exc
    return plan


def write_plan(path: Path, plan: Plan) -> None:
    """Write the plan for its owner alone, all of it or nothing; ``StoreError`` if it cannot be written."""
    try:
        make_private_folder(path.parent)
    except OSError as exc:
        raise StoreError("error.cannot_be_written", path=path, reason=exc) from exc
    write_private_file(path, json_codec.checked_json(json_codec.to_json(plan)))

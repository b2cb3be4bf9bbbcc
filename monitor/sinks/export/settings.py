"""The settings of the folder that gets every finished run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """Settings of the export: every run that was recorded is written to ``folder`` as FIT, if it is set."""

    folder: Path | None = None

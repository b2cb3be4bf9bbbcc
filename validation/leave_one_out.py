"""Scores on runners the regressions have not seen: all of them fitted anew without each in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from dsp.models import MODELS, Models
from validation.card import Card
from validation.refit import SHOWN, note, refit
from validation.run import everything

FITTED_ON = ("rbds_virtual_imu",)
"""Folders whose runners the shipped regressions were fitted on; all others are unseen anyway."""
FEWEST = 4  # runners that can be left out in turn


def leave_one_out(paths: Sequence[Path], sensors: str, progress: Callable[[str], None]) -> dict[str, Card]:
    """One card per folder the regressions were fitted on, each runner scored with models of the others."""
    cards: dict[str, Card] = {}
    for folder in FITTED_ON:
        noted = [
            t for p in paths if p.parent.name == folder and (t := note(p, sensors, MODELS)) is not None
        ]
        runners = sorted({t.true.runner for t in noted})
        if len(runners) < FEWEST:
            continue
        card = cards[folder] = Card()
        for runner in runners:
            progress(f"leaving out {runner}")
            models = refit([t.path for t in noted if t.true.runner != runner], sensors, noted)
            for trial in noted:
                if trial.true.runner == runner:
                    card.add(trial.true, everything(trial.path, sensors, models))
    return cards


def ship(paths: Sequence[Path]) -> Models:
    """All regressions fitted on everybody: what ``dsp.models`` should say."""
    models = MODELS
    for sensors in dict.fromkeys(sets[0] for sets in SHOWN.values()):
        here = [p for p in paths if p.parent.name in FITTED_ON]
        noted = [t for p in here if (t := note(p, sensors, MODELS)) is not None]
        found = refit(here, sensors, noted)
        own = [name for name, sets in SHOWN.items() if sets[0] == sensors]
        models = replace(models, **{name: getattr(found, name) for name in own})
    return models

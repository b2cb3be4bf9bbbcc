"""The runner's own normal and the target made from it, as a table and as curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.table import Table

from dsp.cueing.baseline import REFERENCE_MPS, Baseline, Expectation
from dsp.cueing.target import Target, TargetParams, cadence_target, increase_at_step
from monitor.core.message_catalogues import catalogue
from monitor.core.user_language import user_language, user_text
from monitor.training.cadence_steps import StepChange

_METRIC = "cadence_spm"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineView:
    """A baseline, the steps that led to the one it is shown for, and the user's target."""

    athlete: str
    baseline: Baseline
    steps: tuple[StepChange, ...]
    target: TargetParams

    @property
    def with_speed(self) -> bool:
        """True when cadence is learned over speed; otherwise it is one number for every pace."""
        return self.baseline.ready(_METRIC, True)

    @property
    def speeds(self) -> list[float]:
        """The speeds to show in m/s, from the slowest to the fastest that it may be asked for."""
        if not self.with_speed:
            return [REFERENCE_MPS]
        mean, sd = self.baseline.lines[_METRIC].speeds
        reach = 2 * sd + self.baseline.params.reach_mps
        return [float(v) for v in np.linspace(max(1.8, mean - reach), mean + reach, 7)]

    def at(self, speed_mps: float) -> tuple[Expectation, Target]:
        """Return the own cadence and the target at this speed on level ground."""
        expected = self.baseline.expect(_METRIC, speed_mps if self.with_speed else None, 0.0)
        assert expected is not None
        return expected, cadence_target(expected, self.increase, self.target)

    @property
    def increase(self) -> float:
        """The share by which the target lies above the own cadence."""
        return increase_at_step(self.steps[-1].step, self.target)


def baseline_text(shown: BaselineView) -> str:
    """Return what the baseline rests on, and whether it may be used."""
    known = shown.baseline
    minutes = known.minutes(_METRIC, shown.with_speed)
    text = user_text("say.baseline.rests_on", minutes=minutes, n=known.runs)
    if not known.ready(_METRIC, shown.with_speed):
        return f"{text}: " + user_text("say.baseline.not_yet", minutes=known.params.first_min)
    if not shown.with_speed:
        text += user_text("say.baseline.every_pace")
    if known.frozen or known.full(shown.with_speed):
        return f"{text}. " + user_text("say.baseline.frozen")
    full_min, full_runs = known.params.full_min, known.params.full_runs
    return f"{text}. " + user_text("say.baseline.still_learns", minutes=full_min, runs=full_runs)


def baseline_table(shown: BaselineView) -> Table:
    """Return own cadence and target over speed as a table."""
    out = Table(title=_title(shown))
    for heading in ("speed", "pace", "own", "spread", "target", "range"):
        out.add_column(user_text(f"say.baseline.column.{heading}"), justify="right")
    every = user_text("say.baseline.any")
    for v in shown.speeds:
        expected, target = shown.at(v)
        speed = (f"{v:.1f}", _pace_text(v)) if shown.with_speed else (every, every)
        band = user_text("say.baseline.band", low=f"{target.low:.0f}", high=f"{target.high:.0f}")
        out.add_row(*speed, f"{expected.value:.0f}", f"{expected.sd:.1f}", f"{target.centre:.0f}", band)
    return out


def steps_table(shown: BaselineView) -> Table:
    """Return every change of the target's step with its day and reason."""
    out = Table(title=user_text("say.baseline.steps"))
    for heading in ("since", "target", "why"):
        out.add_column(user_text(f"say.baseline.column.{heading}"))
    for change in shown.steps:
        share = 100 * increase_at_step(change.step, shown.target)
        why = user_text(f"training.step.{change.reason}")
        out.add_row(change.day.isoformat(), f"{_decimal(f'{share:+.1f}')} %", why)
    return out


def baseline_curves(shown: BaselineView) -> dict[str, Any]:
    """Return own cadence and target over speed, as JSON values for ``static/review/baseline_file.js``.

    ``start`` and ``every`` are the speeds in m/s; each of ``lines`` has ``mean``, ``low`` and ``high`` in
    steps/min: 95 % of the uncertainty, and the target range.  ``axis`` is empty without a speed.
    """
    low, high = shown.speeds[0], shown.speeds[-1]
    speeds = np.linspace(low, high, 40) if shown.with_speed else np.array((low - 0.5, low + 0.5))
    pairs = [shown.at(float(v)) for v in speeds]
    own = [(e.value, e.value - 1.96 * e.sd, e.value + 1.96 * e.sd) for e, _ in pairs]
    target = [
        (t.centre, t.centre if t.low is None else t.low, t.centre if t.high is None else t.high)
        for _, t in pairs
    ]
    return {
        "title": _title(shown),
        "text": baseline_text(shown),
        "label": user_text("metric.cadence_spm.label"),
        "unit": user_text("metric.cadence_spm.unit"),
        "axis": user_text("say.baseline.level") if shown.with_speed else "",
        "start": float(speeds[0]),
        "every": float(speeds[1] - speeds[0]),
        "lines": [
            _curve("own", own, user_text("say.baseline.own"), user_text("say.baseline.uncertainty")),
            _curve(
                "target",
                target,
                user_text("say.baseline.column.target"),
                user_text("say.baseline.column.range"),
            ),
        ],
    }


def _curve(
    kind: str, rows: Sequence[tuple[float, float, float]], label: str, spread: str
) -> dict[str, Any]:
    mean, low, high = ([round(v, 2) for v in column] for column in zip(*rows, strict=True))
    return {"kind": kind, "label": label, "spread": spread, "mean": mean, "low": low, "high": high}


def _title(shown: BaselineView) -> str:
    share = _decimal(f"{100 * shown.increase:+.1f}")
    return user_text("say.baseline.title", athlete=shown.athlete, share=share)


def _decimal(number: str) -> str:
    return catalogue(user_language()).localized(number)


def _pace_text(speed_mps: float) -> str:
    minutes, seconds = divmod(round(1000 / speed_mps), 60)
    return f"{minutes}:{seconds:02d}"

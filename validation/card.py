"""The accuracy card: our estimates against the truth, per quantity, per trial and per step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dsp.step_scatter import step_mean
from dsp.types import Activity, ActivityChange, Array, Metric, Record, Step
from validation.quantities import RELATIVE
from validation.truth import Truth

Summary = dict[str, float]


@dataclass(slots=True)
class Tally:
    """Errors of one quantity: of the steps, of the means of the trials, and both over the SDs stated."""

    steps: list[float] = field(default_factory=list)
    trials: list[float] = field(default_factory=list)
    steps_in_sds: list[float] = field(default_factory=list)
    trials_in_sds: list[float] = field(default_factory=list)

    def add(self, errors: Array, sds: Array | None = None, mean_sd: float | None = None) -> None:
        """Add the errors of one trial, one per step, with the SDs stated for them and for their mean."""
        if len(errors):
            self.steps += errors.tolist()
            self.trials.append(float(np.mean(errors)))
            if sds is not None:
                self.steps_in_sds += (errors / sds).tolist()
            if mean_sd is not None:
                self.trials_in_sds.append(self.trials[-1] / mean_sd)

    def summary(self) -> Summary:
        """Return bias, SD and RMSE per step, RMSE and mean absolute error of the trials' means.

        ``within_68`` and ``within_95`` are the shares of trials whose mean error lies within the 68 and
        95 % intervals stated for a mean, ``steps_within_68`` and ``steps_within_95`` those of steps within
        the intervals of a step; NaN where none were.
        """
        s, t = np.array(self.steps), np.array(self.trials)
        return {
            "bias": float(s.mean()),
            "sd_step": float(s.std()),
            "rmse_step": float(np.sqrt((s**2).mean())),
            "rmse_trial": float(np.sqrt((t**2).mean())),
            "mae_trial": float(np.abs(t).mean()),
            "within_68": _share_within(self.trials_in_sds, 1.0),
            "within_95": _share_within(self.trials_in_sds, 1.96),
            "steps_within_68": _share_within(self.steps_in_sds, 1.0),
            "steps_within_95": _share_within(self.steps_in_sds, 1.96),
            "n_steps": len(s),
            "n_trials": len(t),
        }


def _share_within(errors_in_sds: list[float], sds: float) -> float:
    return float(np.mean(np.abs(errors_in_sds) <= sds)) if errors_in_sds else math.nan


@dataclass(slots=True)
class Card:
    """The sums of one set of sensors over all recordings of one folder.

    Counts: true steps (``seen``), those ``found``, ``invented`` ones, steps with a side (``sided``) and
    ``wrong_side`` ones, trials whose cadence was off by two (``octaves``), and of all ``seconds`` those of
    ``other_gait``, which were not called running while the runner ran.
    """

    tallies: dict[str, Tally] = field(default_factory=dict)
    seen: int = 0
    found: int = 0
    invented: int = 0
    sided: int = 0
    wrong_side: int = 0
    octaves: int = 0
    seconds: int = 0
    other_gait: int = 0

    def add(self, true: Truth, records: Sequence[Record]) -> None:
        """Compare the records of one recording with its truth and add the errors."""
        steps = [r for r in records if isinstance(r, Step)]
        if steps:
            self._steps(true, steps)
        else:
            self._by_second(true, [r for r in records if isinstance(r, Metric) and r.side is None])
        self._gait(true, [r for r in records if isinstance(r, ActivityChange)])

    def _steps(self, true: Truth, steps: list[Step]) -> None:
        times = np.array([s.ic_s for s in steps])
        match = true.nearest(times)
        known = set(match.tolist())
        scored = np.flatnonzero(true.settled)
        first, last = true.ic_s[scored[0]], true.ic_s[scored[-1]]
        pairs = [(i, steps[match[i]]) for i in scored.tolist() if match[i] >= 0]
        self.seen += len(scored)
        self.found += len(pairs)
        self.invented += sum(first <= t <= last and j not in known for j, t in enumerate(times))
        sided = [(true.side[i], s.side.value) for i, s in pairs if s.side is not None and true.side[i]]
        self.sided += len(sided)
        self.wrong_side += sum(a != b for a, b in sided)
        self._compare("ic_ms", [(1e3 * true.ic_s[i], 1e3 * s.ic_s) for i, s in pairs])
        self._compare("to_ms", [(1e3 * true.to_s[i], 1e3 * s.to_s) for i, s in pairs if s.to_s is not None])
        for name, values in true.values.items():
            own = [(i, s, e) for i, s in pairs if np.isfinite(values[i]) and (e := s.get(name)) is not None]
            mean = step_mean([s for _, s, _ in own], name)
            rows = [(values[i], e.value, e.sd) for i, _, e in own]
            self._compare(name, rows, None if mean is None else mean.sd)
        within = [s for s in steps if first <= s.ic_s <= last]
        self._cadence(true, [e.value for s in within if (e := s.get("cadence_spm")) is not None])

    def _by_second(self, true: Truth, metrics: list[Metric]) -> None:
        """A pod has no steps: the mean of each true quantity against the mean of the reports."""
        first, last = true.ic_s[true.settled][[0, -1]]
        metrics = [m for m in metrics if first <= m.t_s <= last + 1]
        for name, values in true.values.items():
            own = [m.estimate for m in metrics if m.estimate.metric == name]
            if own and name != "speed_mps":
                mean, sd = (float(np.mean(x)) for x in ([e.value for e in own], [e.sd for e in own]))
                self._compare(name, [(v, mean) for v in values[true.settled]], sd)
        self._cadence(true, [m.estimate.value for m in metrics if m.estimate.metric == "cadence_spm"])

    def _cadence(self, true: Truth, own: list[float]) -> None:
        if own:
            mean, expected = float(np.mean(own)), true.cadence_spm
            self.octaves += int(abs(np.log2(mean / expected)) > 0.4)
            self.tallies.setdefault("cadence_spm", Tally()).add(np.array([mean - expected]))

    def _compare(self, name: str, pairs: Sequence[tuple[float, ...]], mean_sd: float | None = None) -> None:
        """``pairs`` of true and own values, with the SDs that were stated for them and for their mean."""
        values = np.array([p for p in pairs if np.isfinite(p).all()])
        if len(values) == 0:
            return
        errors = values[:, 1] - values[:, 0]
        unit = 100 / values[:, 0].mean() if name in RELATIVE else 1.0
        sds = unit * values[:, 2] if values.shape[1] > 2 else None
        of_mean = None if mean_sd is None else unit * mean_sd
        self.tallies.setdefault(name, Tally()).add(unit * errors, sds, of_mean)

    def _gait(self, true: Truth, changes: list[ActivityChange]) -> None:
        """Whole seconds between the scored steps, all of them running."""
        scored = true.ic_s[true.settled]
        for second in np.arange(np.ceil(scored[0]), np.floor(scored[-1])):
            before = [c.activity for c in changes if c.t_s <= second]
            self.seconds += 1
            self.other_gait += bool(before) and before[-1] is not Activity.RUN

    def summary(self) -> dict[str, Summary]:
        """Return the errors of every quantity, and the counts under ``steps``."""
        out = {name: t.summary() for name, t in self.tallies.items()}
        counts = ("seen", "found", "invented", "sided", "wrong_side", "octaves", "seconds", "other_gait")
        out["steps"] = {name: float(getattr(self, name)) for name in counts}
        return out

"""What to aim at: the runner's own normal at this speed and grade, a few per cent quicker.

It is never a fixed number of steps.  The centre is the own cadence plus the share of this week of the
plan; the band reaches from ``low`` below to ``high`` above it, but never so low that running as before is
in band.  Overstride and braking aim at the own normal, and only ``load`` more of it is a fault.  Evidence
is strongest at +7.5 % (Willy 2016, te Brake 2023), +5 % already lowers knee work (Heiderscheit 2011);
+10 % is the most that was studied as training.
"""

from __future__ import annotations

from dataclasses import dataclass

from dsp.cueing.baseline import Expectation

_MOST_INCREASE = 0.10
_KEPT = 0.2
"""Share of the increase that the lower edge always asks for: running as before is never in band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetParams:
    """The increase over the own cadence by week of the plan, and the band round it, all as shares.

    Raises ``ValueError`` for an increase above 10 % or a band that no runner could keep or leave.
    """

    weeks: tuple[float, ...] = (0.025, 0.05, 0.06)  # the last holds on
    low: float = 0.03  # band below the target; narrower while the increase is small
    high: float = 0.04
    load: float = 0.15  # overstride and braking over their own normal (Napier 2019 aimed at -15 %)

    def __post_init__(self) -> None:
        if not self.weeks or not all(0 <= week <= _MOST_INCREASE for week in self.weeks):
            raise ValueError(f"weeks must be shares between 0 and {_MOST_INCREASE:g}")
        for name in ("low", "high", "load"):
            if not 0.01 <= getattr(self, name) <= 0.5:
                raise ValueError(f"{name} must be between 0.01 and 0.5")


@dataclass(frozen=True, slots=True)
class Target:
    """A band: centre, edges (None is open) and SD of the centre, in the metric's unit."""

    centre: float
    low: float | None
    high: float | None
    sd: float


def increase_in_week(week: int, params: TargetParams) -> float:
    """Return the share to add in this week of the plan (1 is the first)."""
    return params.weeks[min(max(week, 1), len(params.weeks)) - 1]


def cadence_target(expected: Expectation, share: float, params: TargetParams) -> Target:
    """Return the band round the own cadence times one plus ``share``, which is cut at 10 %."""
    share = min(max(share, 0.0), _MOST_INCREASE)
    centre = expected.value * (1 + share)
    low = centre * (1 - params.low)
    if share:
        low = max(low, expected.value * (1 + _KEPT * share))
    return Target(centre, low, centre * (1 + params.high), expected.sd * (1 + share))


def load_target(expected: Expectation, params: TargetParams) -> Target:
    """Return the band of overstride or braking: the own normal, open below."""
    return Target(expected.value, None, expected.value * (1 + params.load), expected.sd)

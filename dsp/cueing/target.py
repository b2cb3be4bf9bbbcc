"""What to aim at: the runner's own normal at this speed and grade, a few per cent quicker.

It is never a fixed number of steps.  The centre is the own cadence plus the share of the step of the
plan; the band reaches from ``low`` below to ``high`` above it, but never so low that running as before is
in band.  Overstride and braking aim at the own normal, and only ``load`` more of it is a fault.  Evidence
is strongest at +7.5 % (Willy 2016, te Brake 2023), +5 % already lowers knee work (Heiderscheit 2011);
+10 % is the most that was studied as training.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dsp.cueing.baseline import Expectation

_MOST_INCREASE = 0.10
_ALWAYS = 0.03  # is added whatever the own cadence is
_KEPT = 0.2
"""Share of the increase that the lower edge always asks for: running as before is never in band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetParams:
    """The increase over the own cadence by step of the plan, and the band round it, all as shares.

    Step 0 is the own cadence.  A target never lies above ``most_spm`` or 3 % over the own cadence,
    whichever is more.

    Raises ``ValueError`` for an increase above 10 % or a band that no runner could keep or leave.
    """

    steps: tuple[float, ...] = field(default=(0.025, 0.05, 0.06), metadata={"stored": "weeks"})
    low: float = 0.03  # band below the target; narrower while the increase is small
    high: float = 0.04
    load: float = 0.15  # overstride and braking over their own normal (Napier 2019 aimed at -15 %)
    enough_spm: float = 177.0  # own cadence at 2.8 m/s that nothing is added to (Lieberman 2015)
    most_spm: float = 190.0
    raise_anyway: bool = False  # leave these two, and a short overstride, out of account

    def __post_init__(self) -> None:
        if not self.steps or not all(0 <= step <= _MOST_INCREASE for step in self.steps):
            raise ValueError(f"steps must be shares between 0 and {_MOST_INCREASE:g}")
        for name in ("enough_spm", "most_spm"):
            if not 140 <= getattr(self, name) <= 260:
                raise ValueError(f"{name} must be between 140 and 260")
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


def increase_at_step(step: int, params: TargetParams) -> float:
    """Return the share to add at this step of the plan; 0 is the own cadence."""
    return params.steps[min(step, len(params.steps)) - 1] if step > 0 else 0.0


def cadence_target(expected: Expectation, share: float, params: TargetParams) -> Target:
    """Return the band round the own cadence times one plus ``share``, which is cut at 10 %."""
    share = min(max(share, 0.0), _MOST_INCREASE)
    if not params.raise_anyway:
        share = min(share, max(params.most_spm / expected.value - 1, _ALWAYS))
    centre = expected.value * (1 + share)
    low = centre * (1 - params.low)
    if share:
        low = max(low, expected.value * (1 + _KEPT * share))
    return Target(centre, low, centre * (1 + params.high), expected.sd * (1 + share))


def load_target(expected: Expectation, params: TargetParams) -> Target:
    """Return the band of overstride or braking: the own normal, open below."""
    return Target(expected.value, None, expected.value * (1 + params.load), expected.sd)

"""One runner's own gains: models made personal by a run of known truth (a force plate, a pod, a lab).

What is left of the models' error is mostly the runner: he lands farther or brakes harder than others at
the same speed and cadence, and does so at every speed.  One number per quantity therefore takes most of
it away.  Each is learned by recursive least squares, that is a Kalman filter of one constant, which
starts at one and trusts a single run as far as people differ.

A run is learned from with ``personal`` models, plain at first: estimate and truth are the means of the
same steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from dsp.models import Linear, Models
from dsp.types import Runner

CALIBRATION_WITHIN = 0.035
"""Share by which a run's mean misses a personal line (Fukuchi 2017, three speeds of one runner)."""


@dataclass(frozen=True, slots=True)
class Gain:
    """A ratio of truth over estimate of one quantity, and its SD; ``ValueError`` beyond 0.5 to 2."""

    value: float = 1.0
    sd: float = 0.09  # between runners, all quantities alike

    def __post_init__(self) -> None:
        if not 0.5 <= self.value <= 2.0:
            raise ValueError(
                f"a gain must be between 0.5 and 2, not {self.value:g}: is it the same quantity?"
            )
        if not 0.0 <= self.sd <= 1.0:
            raise ValueError(f"the SD of a gain must be between 0 and 1, not {self.sd:g}")

    def learn(self, estimated: float, true: float, within: float = CALIBRATION_WITHIN) -> Gain:
        """Return the gain after one more run, from the means of estimate and truth over the same steps.

        ``within`` is the SD of one run's ratio about the runner's own.  Raises ``ValueError`` where
        estimate or truth is not positive.
        """
        if estimated <= 0 or true <= 0:
            raise ValueError("estimate and truth of a stay must be positive")
        trust = self.sd**2 / (self.sd**2 + within**2)
        return Gain(self.value + trust * (true / estimated - self.value), self.sd * (1 - trust) ** 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The gains of one runner, one per quantity; all are 1 before anything is learned."""

    contact_ms: Gain = field(default_factory=Gain)
    overstride_m: Gain = field(default_factory=Gain)
    impulse_bws: Gain = field(default_factory=Gain)
    peak_bw: Gain = field(default_factory=Gain)

    @staticmethod
    def from_runner(runner: Runner) -> Calibration | None:
        """Return the gains that the runner has typed in; None without any."""
        typed = {
            "contact_ms": runner.contact_gain,
            "overstride_m": runner.overstride_gain,
            "impulse_bws": runner.impulse_gain,
            "peak_bw": runner.peak_gain,
        }
        gains = {name: Gain(g, CALIBRATION_WITHIN) for name, g in typed.items() if g is not None}
        return Calibration(**gains) if gains else None

    def learn(self, quantity: str, estimated: float, true: float) -> Calibration:
        """Return the calibration after one more run; ``quantity`` is the name of a field."""
        gain: Gain = getattr(self, quantity)
        return replace(self, **{quantity: gain.learn(estimated, true)})

    def personal(self, models: Models) -> Models:
        """Return the models of this runner: ``models`` times the gains.

        The angle of the foot tells people apart, not the speeds of one: braking impulse goes by step
        length alone.  The contact time of a shoe is the difference of two events: its toe-off is moved.
        """
        models = replace(
            models,
            foot_impulse_bws=models.pod_impulse_bws,
            foot_impulse_bws_with_speed=models.pod_impulse_bws,
        )
        changed: dict[str, Linear] = {}
        for f in fields(self):
            gain: Gain = getattr(self, f.name)
            if gain != Gain():
                names = [m.name for m in fields(models) if f"_{f.name}" in m.name]
                changed |= {n: _scaled_model(getattr(models, n), gain) for n in names}
        if self.contact_ms != Gain():
            later_ms = _MEAN_CONTACT_MS * (self.contact_ms.value - 1)
            to = models.foot_to_ms
            changed["foot_to_ms"] = replace(to, constant=to.constant + later_ms)
        return replace(models, **changed)


_MEAN_CONTACT_MS = 225.0


def _scaled_model(model: Linear, gain: Gain) -> Linear:
    weights = {name: gain.value * w for name, w in model.weights.items()}
    sd = (gain.sd**2 + CALIBRATION_WITHIN**2) ** 0.5
    return Linear(gain.value * model.constant, weights, sd, relative=True)

"""Contact time, overstride and braking of one running step: which model, given what is known.

Every function takes the terms known about a step (``dsp.models`` lists them) and gives the guess of the
best model they allow, or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsp.models import Guess, Linear, Models, best

Terms = Mapping[str, float]
FLIES_G = 0.35  # a pelvis that never gets lighter than this is clipped, or not running
SLOWEST_MPS = 1.8  # the models of speed and cadence alone were fitted above 2.5 m/s


@dataclass(frozen=True, slots=True)
class SelectedModel:
    """The regressions for one kind of sensor, best first.

    ``second`` is another road to overstride: with it the estimate is the mean of both.
    """

    distance: tuple[Linear, ...]
    impulse: tuple[Linear, ...]
    peak: tuple[Linear, ...]
    second: Linear | None = None

    def overstride(self, terms: Terms) -> Guess | None:
        """Overstride in metres."""
        first = best(terms, *self.distance)
        other = None if self.second is None else best(terms, self.second)
        return first if first is None or other is None else model_mean(first, other)


def for_foot(m: Models, *, given: bool) -> SelectedModel:
    """A sensor on the shoe; ``given`` when the speed is not its own."""
    if given:
        return SelectedModel(
            (m.foot_overstride_m_with_speed,),
            (m.foot_impulse_bws_with_speed,),
            (m.pod_peak_bw_with_height, m.pod_peak_bw),
        )
    return SelectedModel(
        (m.foot_overstride_m,), (m.foot_impulse_bws,), (m.foot_peak_bw_with_height, m.foot_peak_bw)
    )


def for_shank(m: Models) -> SelectedModel:
    """A sensor on the shank and a speed from elsewhere."""
    return SelectedModel((m.shank_overstride_m, m.pod_overstride_m), *_braking(m))


def for_pod(m: Models) -> SelectedModel:
    """Nothing but speed and cadence, or a sensor that adds only a contact time.

    Overstride by step length and by contact time: alone 2.2 cm each, their mean 2.0 (Fukuchi 2017,
    leave-one-runner-out).
    """
    return SelectedModel((m.pod_overstride_m,), *_braking(m), m.pod_overstride_m_with_contact)


def _braking(m: Models) -> tuple[tuple[Linear, ...], tuple[Linear, ...]]:
    return (m.pod_impulse_bws,), (m.pod_peak_bw_with_height, m.pod_peak_bw)


def motion_terms(speed_mps: float | None, step_s: float | None, height_m: float | None) -> dict[str, float]:
    """Terms that rest on speed, step time and body height, as far as these are known."""
    out: dict[str, float] = {}
    if step_s is not None:
        out["step_s"] = step_s
    if height_m is not None:
        out["height_m"] = height_m
    if speed_mps is not None and speed_mps > 0:
        out |= {"speed_mps": speed_mps, "per_speed_s_m": 1 / speed_mps}
        if step_s is not None:
            out["speed_step_m"] = speed_mps * step_s
            if height_m is not None:
                out["step_per_height"] = speed_mps * step_s / height_m
    return out


def pod_contact_ms(terms: Terms, m: Models) -> Guess | None:
    """Contact time from speed and cadence, better with the body height."""
    if terms.get("speed_mps", 0.0) < SLOWEST_MPS:
        return None
    return best(terms, m.pod_contact_ms_with_height, m.pod_contact_ms)


def pelvis_contact_ms(terms: Terms, m: Models) -> Guess | None:
    """Contact time from a pelvis that was seen to fly.

    With speed and body height it is the mean of what the pelvis and what these say: their errors are
    nearly independent (Fukuchi 2017, leave-one-runner-out: 14.2 and 14.6 ms alone, 12.7 ms together).
    """
    if terms.get("flight_g", 1.0) >= FLIES_G:
        return None
    own = best(terms, m.pelvis_contact_ms_with_speed, m.pelvis_contact_ms)
    if own is None or "height_m" not in terms:
        return own
    other = pod_contact_ms(terms, m)
    return own if other is None else model_mean(own, other)


def model_mean(a: Guess, b: Guess) -> Guess:
    """The mean of two guesses whose errors are half alike."""
    return (a[0] + b[0]) / 2, 0.88 * (a[1] + b[1]) / 2

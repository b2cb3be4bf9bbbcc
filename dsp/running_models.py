"""Contact time, overstride and braking of one running step: which model, given what is known.

Every function takes the terms known about a step (``dsp.models`` lists them) and returns the guess of the
best model they allow, or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsp.models import Guess, Linear, Models, best_guess

Terms = Mapping[str, float]
_FLIGHT_G = 0.35  # a pelvis that never gets lighter than this is clipped, or not running
_SLOWEST_MPS = 1.8  # the models of speed and cadence alone were fitted above 2.5 m/s


@dataclass(frozen=True, slots=True)
class SelectedModel:
    """The regressions for one kind of sensor, best first: overstride (``distance``), impulse and peak.

    ``second`` is another model of overstride from other terms: with it the estimate is the mean of both.
    """

    distance: tuple[Linear, ...]
    impulse: tuple[Linear, ...]
    peak: tuple[Linear, ...]
    second: Linear | None = None

    def overstride(self, terms: Terms) -> Guess | None:
        """Return the overstride in m and its SD; None where no model has all its terms."""
        first = best_guess(terms, *self.distance)
        other = None if self.second is None else best_guess(terms, self.second)
        return first if first is None or other is None else _model_mean(first, other)


def foot_models(m: Models, *, given: bool) -> SelectedModel:
    """Return the models of a sensor on the shoe; ``given`` when the speed is not its own."""
    if given:
        return SelectedModel(
            (m.foot_overstride_m_with_speed,),
            (m.foot_impulse_bws_with_speed,),
            (m.pod_peak_bw_with_height, m.pod_peak_bw),
        )
    return SelectedModel(
        (m.foot_overstride_m,), (m.foot_impulse_bws,), (m.foot_peak_bw_with_height, m.foot_peak_bw)
    )


def shank_models(m: Models) -> SelectedModel:
    """Return the models of a sensor on the shank with a speed from elsewhere."""
    return SelectedModel((m.shank_overstride_m, m.pod_overstride_m), *_braking_models_of_pod(m))


def pod_models(m: Models) -> SelectedModel:
    """Return the models for nothing but speed and cadence, or a sensor that adds only a contact time.

    Overstride by step length and by contact time: alone 2.2 cm each, their mean 2.0 (Fukuchi 2017,
    leave-one-runner-out).
    """
    return SelectedModel((m.pod_overstride_m,), *_braking_models_of_pod(m), m.pod_overstride_m_with_contact)


def _braking_models_of_pod(m: Models) -> tuple[tuple[Linear, ...], tuple[Linear, ...]]:
    return (m.pod_impulse_bws,), (m.pod_peak_bw_with_height, m.pod_peak_bw)


def motion_terms(speed_mps: float | None, step_s: float | None, height_m: float | None) -> dict[str, float]:
    """Return the terms that rest on speed, step time and body height, as far as these are known."""
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
    """Return the contact time in ms from speed and cadence, and better with the body height.

    None below 1.8 m/s, where these models were not fitted.
    """
    if terms.get("speed_mps", 0.0) < _SLOWEST_MPS:
        return None
    return best_guess(terms, m.pod_contact_ms_with_height, m.pod_contact_ms)


def pelvis_contact_ms(terms: Terms, m: Models) -> Guess | None:
    """Return the contact time in ms from a pelvis that was seen to fly; None from one that was not.

    With speed and body height it is the mean of what the pelvis and what these say: their errors are
    nearly independent (Fukuchi 2017, leave-one-runner-out: 14.2 and 14.6 ms alone, 12.7 ms together).
    """
    if terms.get("flight_g", 1.0) >= _FLIGHT_G:
        return None
    own = best_guess(terms, m.pelvis_contact_ms_with_speed, m.pelvis_contact_ms)
    if own is None or "height_m" not in terms:
        return own
    other = pod_contact_ms(terms, m)
    return own if other is None else _model_mean(own, other)


def _model_mean(a: Guess, b: Guess) -> Guess:
    """The mean of two guesses whose errors are half alike, with its SD."""
    return (a[0] + b[0]) / 2, 0.88 * (a[1] + b[1]) / 2

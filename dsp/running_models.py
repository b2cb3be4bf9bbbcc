"""Contact time, overstride and braking of one running step: which model, given what is known.

Every function takes the terms known about a step (``dsp.models`` lists them) and returns the guess of the
best model they allow, or None.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dsp.models import Guess, Linear, Models, best_guess

Terms = Mapping[str, float]
_FLIGHT_G = 0.35  # a pelvis that never gets lighter than this is clipped, or not running
_NEAR_MS, _FAR_MS = 60.0, 90.0
"""How far loaded width and speed may contradict each other before the width counts less, and not at all: in
45 trials of 15 runners at most 26 ms (SD 11), in another laboratory 51, on four real waists 52 to 163
(Fukuchi 2017; Hamner 2013; Har-Lab).  Up to there a quarter of it goes into the SD."""
_USUAL_SHARE, _WIDEST_SHARE = 0.70, 0.76
"""Loaded width over step time: at most 0.70 in 45 trials of 15 runners; 0.75 to 0.88 on 4 real waists."""
_SLOWEST_MPS = 1.8  # the models of speed and cadence alone were fitted above 2.5 m/s
_OWN_SHARE = 0.75
"""Weight of the foot's own model of braking; the rest is that of step length alone.  RMSE of trials
with this share, without the rest, and with half of each: 6.8, 6.8 and 7.2 % of runners left out, 7.0, 7.2
and 7.2 % with half of them left out (Fukuchi 2017), 9.5, 10.2 and 8.9 % in another laboratory (Hamner 2013,
up to 4.6 m/s)."""


@dataclass(frozen=True, slots=True)
class SelectedModel:
    """The regressions for one kind of sensor, best first: overstride (``distance``), impulse and peak.

    ``second`` is another model of overstride from other terms: with it the estimate is the mean of both.
    ``coarse`` is a model of impulse that knows less of the runner: the other is drawn towards it.
    """

    distance: tuple[Linear, ...]
    impulse: tuple[Linear, ...]
    peak: tuple[Linear, ...]
    second: Linear | None = None
    coarse: Linear | None = None

    def overstride(self, terms: Terms) -> Guess | None:
        """Return the overstride in m and its SD; None where no model has all its terms."""
        first = best_guess(terms, *self.distance)
        other = None if self.second is None else best_guess(terms, self.second)
        return first if first is None or other is None else _model_mean(first, other)

    def impulse_on_level(self, terms: Terms) -> Guess | None:
        """Return the braking impulse on the level in BW·s and its SD; None without the terms of a model.

        The SD of the first model is that of the weighted mean.
        """
        first = best_guess(terms, *self.impulse)
        other = None if self.coarse is None else best_guess(terms, self.coarse)
        if first is None or other is None:
            return first
        return _OWN_SHARE * first[0] + (1 - _OWN_SHARE) * other[0], first[1]


def foot_models(m: Models, *, given: bool) -> SelectedModel:
    """Return the models of a sensor on the shoe; ``given`` when the speed is not its own."""
    if given:
        return SelectedModel(
            (m.foot_overstride_m_with_speed,),
            (m.foot_impulse_bws_with_speed,),
            (m.pod_peak_bw,),
            coarse=m.pod_impulse_bws,
        )
    return SelectedModel(
        (m.foot_overstride_m,),
        (m.foot_impulse_bws,),
        (m.foot_peak_bw_with_height, m.foot_peak_bw),
        coarse=m.pod_impulse_bws,
    )


def shank_models(m: Models) -> SelectedModel:
    """Return the models of a sensor on the shank with a speed from elsewhere."""
    return SelectedModel((m.shank_overstride_m, m.pod_overstride_m), *_braking_models_of_pod(m))


def pod_models(m: Models) -> SelectedModel:
    """Return the models for nothing but speed and cadence, or a sensor that adds only a contact time.

    Overstride by step length and by contact time: alone 2.2 cm each, their mean 2.1 (Fukuchi 2017,
    leave-one-runner-out).
    """
    return SelectedModel((m.pod_overstride_m,), *_braking_models_of_pod(m), m.pod_overstride_m_with_contact)


def _braking_models_of_pod(m: Models) -> tuple[tuple[Linear, ...], tuple[Linear, ...]]:
    return (m.pod_impulse_bws,), (m.pod_peak_bw,)


def motion_terms(speed_mps: float | None, step_s: float | None, height_m: float | None) -> dict[str, float]:
    """Return the terms that rest on speed, step time and body height, as far as these are known."""
    out: dict[str, float] = {}
    if step_s is not None:
        out["step_s"] = step_s
    if speed_mps is not None and speed_mps > 0:
        out |= {"speed_mps": speed_mps, "per_speed_s_m": 1 / speed_mps}
        if step_s is not None:
            out["speed_step_m"] = speed_mps * step_s
            if height_m is not None:
                out["step_per_height"] = speed_mps * step_s / height_m
    return out


def pod_contact_ms(terms: Terms, m: Models) -> Guess | None:
    """Return the contact time in ms from speed and cadence; None below 1.8 m/s, where it was not fitted.

    Body height would help with the 15 runners it was fitted on (14.5 instead of 18.1 ms), but not with
    people of other laboratories (up to a quarter worse): among so few, height stands for something else.
    """
    if terms.get("speed_mps", 0.0) < _SLOWEST_MPS:
        return None
    return best_guess(terms, m.pod_contact_ms)


def pelvis_contact_ms(terms: Terms, m: Models) -> Guess | None:
    """Return the contact time in ms from a pelvis that was seen to fly; None from one that was not.

    On a real belt the low-passed force may stay above 0.3 g nearly to the next step, so that the loaded
    width says 507 ms where a step takes 430.  Such a width is told by what speed and cadence say, or
    without a speed by its share of the step, and then the time of free fall takes its place.  No contact
    lasts longer than the step, or, without a speed, than what free fall leaves of it.
    """
    if terms.get("flight_g", 1.0) >= _FLIGHT_G:
        return None
    step_ms = 1e3 * terms["step_s"]
    other = pod_contact_ms(terms, m)
    if other is None:
        found = _contact_without_speed(terms, m)
        return None if found is None else (min(found[0], step_ms - terms["fall_ms"]), found[1])
    own = best_guess(terms, m.pelvis_contact_ms_with_speed)
    if own is None or (apart := abs(own[0] - other[0])) >= _FAR_MS:
        return None
    value, sd = _weighted_mean(own, other, _share_between(apart, _NEAR_MS, _FAR_MS))
    return min(value, step_ms), math.hypot(sd, apart / 4)


def _contact_without_speed(terms: Terms, m: Models) -> Guess | None:
    """From loaded width and free fall where the width can be believed, else from free fall alone."""
    own = best_guess(terms, m.pelvis_contact_ms)
    other = best_guess(terms, m.pelvis_contact_ms_of_fall)
    if own is None or other is None:
        return other
    share = 1e-3 * terms["load_ms"] / terms["step_s"]
    return _weighted_mean(own, other, _share_between(share, _USUAL_SHARE, _WIDEST_SHARE))


def _share_between(x: float, near: float, far: float) -> float:
    """1 up to ``near``, 0 from ``far`` on, a straight line in between."""
    return min(1.0, max(0.0, (far - x) / (far - near)))


def _weighted_mean(a: Guess, b: Guess, weight: float) -> Guess:
    """The mean of two guesses, ``weight`` for the first; their errors count as alike."""
    return weight * a[0] + (1 - weight) * b[0], weight * a[1] + (1 - weight) * b[1]


def _model_mean(a: Guess, b: Guess) -> Guess:
    """The mean of two guesses whose errors are mostly alike, with its SD (see ``pod_models``)."""
    return (a[0] + b[0]) / 2, 0.96 * (a[1] + b[1]) / 2

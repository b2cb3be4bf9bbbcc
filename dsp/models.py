"""Every regression of the engine, in one place, so that a validation may fit all of them anew.

Fitted on virtual IMUs of 15 runners at 2.5, 3.5 and 4.5 m/s on a level treadmill (Fukuchi 2017, PeerJ
5:e3298) with what the live engine itself measured there; ``python -m validation.ship`` prints these
lines.  A model "with speed" was given the speed a treadmill shows, one without rests on the feet's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Guess = tuple[float, float]
"""A value and its standard deviation, both in the unit of the model."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A regression: ``constant`` plus each term times its weight; terms are named with their unit.

    ``sd`` is the standard deviation of a trial's mean for a runner the fit has not seen
    (leave-one-runner-out): it lasts, and no number of steps takes it away.  With ``relative`` it is a share
    of the value.
    """

    constant: float
    weights: Mapping[str, float]
    sd: float
    relative: bool = False

    def value(self, terms: Mapping[str, float]) -> float:
        """Return the value at ``terms``; a term that is missing raises ``KeyError``."""
        total = 0.0
        for name, weight in self.weights.items():
            total += weight * terms[name]
        return self.constant + total

    def guess(self, terms: Mapping[str, float]) -> Guess:
        """Return the value at ``terms`` and its SD; a term that is missing raises ``KeyError``."""
        value = self.value(terms)
        return value, self.sd * abs(value) if self.relative else self.sd


def best_guess(terms: Mapping[str, float], *models: Linear) -> Guess | None:
    """Return the guess of the first model whose terms are all known; None where there is no such model."""
    for model in models:
        if model.weights.keys() <= terms.keys():
            return model.guess(terms)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The regressions, one per field; the name says of what, from what, and the unit.

    Terms of the foot are those of ``dsp.events.foot_features``, of the shank and the pelvis those of
    their detectors.  ``step_s`` is the step time, ``speed_mps`` the speed, ``per_speed_s_m`` its inverse,
    ``speed_step_m`` the step length, ``speed_contact_m`` the way run during contact, ``step_per_height``
    the step length over body height.
    """

    # how much later than the foot slap the shoe touched down, than its tipping over it left the ground
    foot_ic_ms: Linear = Linear(
        -9.262, {"pitch_max_deg": -0.6411, "fall_ms": -0.288, "slow_ms": 0.1951}, 2.4
    )
    foot_to_ms: Linear = Linear(
        -31.33, {"push_end_ms": 0.2437, "spin_ms": 0.3396, "high_ms": 0.245, "stride_s": 44.41}, 4.1
    )
    # 1.1 deg between the runners of this laboratory, -4.9 ± 3.7 deg in another one (Hamner 2013): 2 deg for
    # its low-passed force, which makes contacts 8 ms early, the rest for how shoes and markers sit on feet
    foot_strike_deg: Linear = Linear(1.518, {"pitch_ic_deg": 1.082, "speed_mps": -0.8274}, 5.0)
    # the ground below a stride, from how far a stride rose in a hundred of its length
    foot_slope_pct: Linear = Linear(0.76, {"rise_pct": 1.0}, 1.4)
    # how much later than the mean of its three marks a shank touched down; its contact time
    shank_ic_ms: Linear = Linear(-16.51, {}, 5.5)
    shank_contact_ms: Linear = Linear(-3.688, {"span_ms": 0.9707}, 9.3)
    shank_contact_ms_with_lean: Linear = Linear(15.73, {"span_ms": 0.9336, "lean_deg": -1.197}, 7.9)
    shank_deg: Linear = Linear(0.0, {"lean_deg": 1.0}, 2.7)
    # how much later than the clock of the pelvis a foot touched down; contact time; rise of the pelvis
    pelvis_ic_ms: Linear = Linear(-18.62, {}, 10.8)
    pelvis_ic_ms_with_speed: Linear = Linear(-51.16, {"speed_mps": 9.295}, 7.7)
    pelvis_contact_ms: Linear = Linear(-95.73, {"load_ms": 1.74, "fall_ms": 0.2298, "step_s": -259.8}, 19.4)
    # 28 is what it misses on people of other sets (see ``dsp.running_models``); 21 of these 15
    pelvis_contact_ms_of_fall: Linear = Linear(-63.44, {"fall_ms": 0.3965, "step_s": 785.5}, 28.0)
    pelvis_contact_ms_with_speed: Linear = Linear(
        39.63, {"load_ms": 1.788, "speed_mps": -18.21, "step_s": -468.1}, 14.2
    )
    # 3.4 mm between the runners of this laboratory, 5.8 in another one (Hamner 2013)
    pelvis_rise_mm: Linear = Linear(-30.61, {"harmonic_mm": 0.7247, "step_s": 134.7}, 4.5)
    pod_contact_ms: Linear = Linear(-67.19, {"per_speed_s_m": 252.1, "step_s": 627.8}, 18.1)
    # ankle ahead of the pelvis centre at contact
    foot_overstride_m: Linear = Linear(-0.0547, {"speed_contact_m": 0.3577}, 0.0124)
    foot_overstride_m_with_speed: Linear = Linear(-0.0606, {"speed_contact_m": 0.3683}, 0.0118)
    shank_overstride_m: Linear = Linear(  # 1.45 cm here, 2.1 in another laboratory (Hamner 2013)
        -0.05321, {"speed_contact_m": 0.3144, "speed_mps": 0.009851}, 0.0165
    )
    pod_overstride_m: Linear = Linear(0.03455, {"speed_step_m": 0.1575}, 0.0219)
    pod_overstride_m_with_contact: Linear = Linear(-0.04163, {"speed_contact_m": 0.3438}, 0.0221)
    # backward impulse and its peak (30 Hz low-pass) on the level, over body weight
    foot_impulse_bws: Linear = Linear(
        -0.02536,
        {"speed_mps": 0.005563, "step_s": 0.08645, "pitch_max_deg": -0.000155},
        0.068,
        relative=True,
    )
    foot_impulse_bws_with_speed: Linear = Linear(
        -0.02599,
        {"speed_mps": 0.00567, "step_s": 0.08772, "pitch_max_deg": -0.0001558},
        0.07,
        relative=True,
    )
    pod_impulse_bws: Linear = Linear(0.005098, {"speed_step_m": 0.01326}, 0.09, relative=True)
    foot_peak_bw: Linear = Linear(-0.2519, {"speed_mps": 0.1047, "step_s": 0.6965}, 0.1, relative=True)
    foot_peak_bw_with_height: Linear = Linear(-0.03785, {"step_per_height": 0.5693}, 0.093, relative=True)
    pod_peak_bw: Linear = Linear(-0.02368, {"speed_step_m": 0.3181}, 0.105, relative=True)


MODELS = Models()
"""The shipped models, which the engine uses by default."""

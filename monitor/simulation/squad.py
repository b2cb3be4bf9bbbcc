"""Eight simulated athletes of different levels: one limps, one tires, one has a sensor that fails.

What their coach knows of them, their own normal, is what the program measures of them when nothing is
wrong: so today's run and the made-up weeks before it differ by their stories alone.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from dsp.cueing.baseline import Baseline
from dsp.cueing.target import increase_at_step
from dsp.simulation.runner import Bout, Device, Style, simulated_imu, simulated_run
from dsp.types import Metric, Placement, Runner, Side
from monitor.core.packet import Packet
from monitor.core.session_settings import CoachSettings, CueSettings
from monitor.pipeline.session import Session
from monitor.recordings.recording import Recording
from monitor.recordings.signals import Signal, recording_from_signals
from monitor.simulation.simulated_runner import RadioModel, deliver

_STEP = 2  # of the cadence's steps up, all of which are taken by now
_NORMAL_S, _SETTLED_S = 40.0, 25.0  # an own normal is measured over the last fifteen seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Athlete:
    """A simulated member of the squad, with what is special about its run; who limps does so by its style.

    ``behind``: by which share the cadence is below its target; ``fades``: cadence that is lost in the
    second half besides, in spm; ``fails``: the left shoe's sensor; ``silent``: a run in which the plan
    gives no cues; ``shank``: the sensors are there, not on the feet.
    """

    name: str
    speed_mps: float
    style: Style
    mass_kg: float
    heart_bpm: float
    behind: float = 0.0
    fades: float = 0.0
    fails: bool = False
    shank: bool = False
    silent: bool = False


SQUAD = (
    Athlete(name="Ada", speed_mps=3.6, style=Style(contact=0.92, strike_deg=-8), mass_kg=56, heart_bpm=158),
    Athlete(
        name="Bea",
        speed_mps=3.2,
        style=Style(height_m=1.68),
        mass_kg=58,
        heart_bpm=152,
        shank=True,
        silent=True,
    ),
    Athlete(name="Cem", speed_mps=3.0, style=Style(), mass_kg=70, heart_bpm=149, behind=0.02, fades=9.0),
    Athlete(name="Dag", speed_mps=2.9, style=Style(height_m=1.88), mass_kg=82, heart_bpm=155),
    Athlete(name="Eli", speed_mps=2.7, style=Style(uneven=0.04, limp=0.25), mass_kg=74, heart_bpm=147),
    Athlete(name="Fay", speed_mps=2.6, style=Style(contact=1.05), mass_kg=63, heart_bpm=161, fails=True),
    Athlete(name="Gus", speed_mps=2.5, style=Style(strike_deg=4), mass_kg=90, heart_bpm=163, behind=0.055),
    Athlete(name="Hana", speed_mps=2.3, style=Style(contact=1.08), mass_kg=66, heart_bpm=166, behind=0.01),
)


DEMO_RUNNER = Athlete(name="demo", speed_mps=2.8, style=Style(), mass_kg=70, heart_bpm=149)
"""The runner of the demo, who is alone."""


def squad_recordings(athletes: Sequence[Athlete], seconds: float) -> list[Recording]:
    """Return the athletes' recordings, as their radios would deliver them."""
    return [_athlete_recording(a, seconds, number) for number, a in enumerate(athletes)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNormal:
    """``OwnNormal`` are the means that the program measures of an athlete who runs as always."""

    cadence_spm: float
    overstride_m: float
    braking_impulse_bws: float
    contact_ms: float


@cache
def own_normal(a: Athlete) -> OwnNormal:
    """Return the own normal of an athlete, from forty simulated seconds without what is special today."""
    usual = replace(a, behind=0.0, fades=0.0, fails=False, style=replace(a.style, limp=0.0, uneven=0.0))
    recording = _plain_recording(usual, _NORMAL_S, 0)
    session = Session(recording.settings)
    records = [record for packet in recording.packets() for record in session.push(packet)]
    metrics = [r for r in (*records, *session.finish()) if isinstance(r, Metric) and r.side is None]
    return OwnNormal(
        **{
            name: statistics.fmean(
                m.estimate.value for m in metrics if m.estimate.metric == name and m.t_s > _SETTLED_S
            )
            for name in ("cadence_spm", "overstride_m", "braking_impulse_bws", "contact_ms")
        }
    )


def _athlete_recording(a: Athlete, seconds: float, number: int) -> Recording:
    made = _plain_recording(a, seconds, number)
    coach = CoachSettings(
        cues=CueSettings(warm_up_s=15.0, plan="always"),
        baseline=_learned_baseline(a).to_dict(),
        step=_STEP,
        cue_share=0.0 if a.silent else 1.0,
        seed=number,
    )
    settings = replace(made.settings, athlete=a.name, coach=coach)
    recording = deliver(
        replace(made, settings=settings), RadioModel(loss=0.06 if a.fails else 0.0), number + 1
    )
    return _with_failing_shoe(recording, seconds) if a.fails else recording


def _plain_recording(a: Athlete, seconds: float, number: int) -> Recording:
    """What the sensors measure, before radio and coach."""
    run = simulated_run(_athlete_bouts(a, seconds), a.style, seed=number + 1)
    leg = Placement.SHANK if a.shank else Placement.FOOT
    worn = ((leg, Side.LEFT), (leg, Side.RIGHT), (Placement.PELVIS, None))
    signals = []
    for place, (placement, side) in enumerate(worn):
        device = Device(misaligned_deg=(4.0, 8.0, -5.0), rate_hz=100.0)
        c = simulated_imu(run, placement, side, device, placement, 10 * number + place)
        signals.append(Signal(placement, side, c.t_s, c.acc_ms2, c.gyr_rads))
    runner = Runner(height_m=a.style.height_m, mass_kg=a.mass_kg)
    pod = {
        "speed_mps": a.speed_mps,
        "slope_pct": 0.0,
        "heart_rate_bpm": a.heart_bpm,
        "power_w": 3.9 * a.mass_kg,
    }
    return recording_from_signals(a.name, signals, runner, pod)


def _athlete_bouts(a: Athlete, seconds: float) -> list[Bout]:
    """A stand, then running at this athlete's pace; who fades does so in the second half."""
    stand = min(10.0, seconds / 6)
    half = (seconds - stand) / 2
    usual = float(simulated_run([Bout(seconds=10.0, speed_mps=a.speed_mps)], a.style).cadence_spm.mean())
    early = usual * (1 - a.behind) if a.behind else None
    late = (early or usual) - a.fades if a.fades else early
    return [
        Bout(seconds=stand, speed_mps=0.0),
        Bout(seconds=half, speed_mps=a.speed_mps, cadence_spm=early),
        Bout(seconds=half, speed_mps=a.speed_mps, cadence_spm=late),
    ]


def _learned_baseline(a: Athlete) -> Baseline:
    """What two earlier runs would have taught: the own normal, a little noisy, before all steps up."""
    known, rng, own = Baseline(a.style.height_m), np.random.default_rng(7), own_normal(a)
    cadence = own.cadence_spm / (1 + increase_at_step(_STEP, CoachSettings().target))
    overstride, braking = own.overstride_m, own.braking_impulse_bws
    for _ in range(2):
        known.begin_run()
        for k in range(720):
            v = a.speed_mps + 0.2 * math.sin(k / 60)
            known.push(
                "cadence_spm", cadence + 10 * (v - a.speed_mps) + 0.5 * rng.standard_normal(), v, 0.0
            )
            known.push("overstride_m", overstride + 0.003 * rng.standard_normal(), v, 0.0)
            known.push("braking_impulse_bws", braking + 0.0004 * rng.standard_normal(), v, 0.0)
    return known


def _with_failing_shoe(recording: Recording, seconds: float) -> Recording:
    """The left shoe falls silent after two thirds."""

    def packets() -> Iterator[Packet]:
        for packet in recording.packets():
            if packet.sensor != "footL" or packet.arrival_ns < seconds * 2e9 / 3:
                yield packet

    return replace(recording, count=sum(1 for _ in packets()), packets=packets)

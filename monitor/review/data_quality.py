"""What the sensors of a session could not tell, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dsp.metrics import BY_NAME
from dsp.types import Gap, Placement
from monitor.core.records import SensorStatus
from monitor.storage.session_data import SessionData

_LONG_GAP_S = 10.0
_OFTEN_LOST = 0.02


def data_limits(run: SessionData) -> tuple[str, ...]:
    """Return what the sensors could not tell, one text for each limit, the most important first."""
    return (*_missing_speed(run), *_lost_samples(run), *_modelled_metrics(run), *_remarks(run))


def _missing_speed(run: SessionData) -> Iterator[str]:
    have = run.columns
    if not run.running.any():
        yield "No running was found in this session."
    if "speed_mps" not in have:
        yield (
            "Speed: nothing worn could tell it, so overstride and braking are absent too and cadence "
            "cannot be compared at equal speed. A foot sensor, GPS, a pod or the treadmill gives it."
        )
    elif "overstride_m" not in have:
        yield "Overstride and braking: they need a foot or shank sensor, or cadence and speed together."
    if "slope_pct" not in have:
        yield "Slope: nothing worn could tell it; hills are not taken out of the comparisons."
    if not run.sided and "contact_balance_pct" not in have:
        yield "Left and right: the sensors worn cannot tell the legs apart."
    if "heart_rate_bpm" not in have:
        yield "Heart rate: no strap or watch was there, so effort is not known."
    if not run.bands:
        yield "Target: none was in force, so time in band cannot be given."


def _lost_samples(run: SessionData) -> Iterator[str]:
    for sensor in run.settings.sensors:
        gaps = [g for g in run.gaps if g.sensor == sensor.name]
        yield from _longest_silence(sensor.name, gaps)
        status = run.statuses.get(sensor.name)
        if status is not None and sensor.placement is not Placement.POD:
            yield from _missing_samples(run, status, gaps)
    for moved in run.shifted:
        at = moved.t_s / 60
        yield f"{moved.sensor} moved on its mount at minute {at:.0f}; its axes were learned anew."


def _longest_silence(sensor: str, gaps: Sequence[Gap]) -> Iterator[str]:
    """The longest silence of a sensor, if it was long."""
    longest = max(gaps, key=lambda g: g.end_s - g.start_s, default=None)
    if longest is not None and longest.end_s - longest.start_s >= _LONG_GAP_S:
        yield (
            f"{sensor} was silent for {_minutes(longest.end_s - longest.start_s)} from minute "
            f"{longest.start_s / 60:.0f} on ({_minutes(sum(g.end_s - g.start_s for g in gaps))} in all); "
            "what needs it is absent there."
        )


def _missing_samples(run: SessionData, status: SensorStatus, gaps: Sequence[Gap]) -> Iterator[str]:
    """What a sensor's last count of samples says."""
    if status.received == 0:
        yield f"{status.sensor} sent nothing at all."
        return
    end_s = float(len(run.t_s))
    away = sum(g.end_s - g.start_s for g in gaps if g.end_s - g.start_s >= _LONG_GAP_S) / end_s
    missing = status.lost / (status.received + status.lost) - away
    if missing > _OFTEN_LOST:
        yield f"{status.sensor}: {100 * missing:.0f} % of its samples were lost on the way."
    last_s = status.t_s - status.silent_s
    if "cadence_spm" in run.columns and last_s < end_s - 60 and not gaps:
        yield f"{status.sensor} stopped at minute {last_s / 60:.0f} and did not come back."


def _modelled_metrics(run: SessionData) -> Iterator[str]:
    modelled = [n for n in ("contact_ms",) if n in run.columns and run.columns[n].how == "model"]
    modelled += [
        n
        for n in ("overstride_m", "braking_impulse_bws")
        if n in run.columns and run.columns[n].how == "pod"
    ]
    if modelled:
        names = " and ".join(BY_NAME[n].label.lower() for n in modelled)
        yield (
            f"{names.capitalize()}: computed from speed and cadence with the mean runner's model, "
            "not measured. It shows how they change with cadence and speed, not how you differ from others."
        )
    slope = run.value("slope_pct")
    if np.nanmax(np.abs(slope), initial=0.0) > 4 and "braking_impulse_bws" in run.columns:
        yield "Braking on slopes follows a momentum law that no force plate has confirmed: less certain."


def _remarks(run: SessionData) -> Iterator[str]:
    for note in run.notes:
        if note.kind == "remark":
            yield note.text[0].upper() + note.text[1:] + "."


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"

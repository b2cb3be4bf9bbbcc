"""What the sensors of a session could not tell, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dsp.metrics import Role, with_role
from dsp.types import Gap, Placement, SensorProblem
from monitor.core.message_catalogues import EnglishText, UserMessage
from monitor.core.records import SensorStatus
from monitor.review.calibration import calibration_offers
from monitor.storage.session_data import SessionData

_LONG_GAP_S = 10.0
_OFTEN_LOST = 0.02


def data_limits(run: SessionData) -> tuple[UserMessage, ...]:
    """Return what the sensors could not tell, one text for each limit, the most important first.

    What the runner could calibrate with this run stands among them.
    The remarks of an importer come as they were stored.
    """
    return (
        *_missing_speed(run),
        *_lost_samples(run),
        *_modelled_metrics(run),
        *calibration_offers(run),
        *_importer_remarks(run),
    )


def _missing_speed(run: SessionData) -> Iterator[UserMessage]:
    have = run.columns
    if not run.running.any():
        yield UserMessage("limits.no_running")
    if "speed_mps" not in have:
        yield UserMessage("limits.no_speed")
    elif "overstride_m" not in have:
        yield UserMessage("limits.no_overstride")
    if "slope_pct" not in have:
        yield UserMessage("limits.no_slope")
    if not run.sided and "contact_balance_pct" not in have:
        yield UserMessage("limits.no_sides")
    if "heart_rate_bpm" not in have:
        yield UserMessage("limits.no_heart_rate")
    if not run.bands:
        yield UserMessage("limits.no_target")


def _lost_samples(run: SessionData) -> Iterator[UserMessage]:
    for sensor in run.settings.sensors:
        gaps = [g for g in run.gaps if g.sensor == sensor.name]
        yield from _longest_silence(sensor.name, gaps)
        status = run.statuses.get(sensor.name)
        if status is not None and sensor.placement is not Placement.POD:
            yield from _missing_samples(run, status, gaps)
    for moved in run.shifted:
        yield UserMessage("limits.moved", {"sensor": moved.sensor, "minute": moved.t_s / 60})
    for found in run.problems:
        yield problem_text(found)


def problem_text(found: SensorProblem) -> UserMessage:
    """Return what is wrong with a sensor, what is missing for it, and what helps."""
    return UserMessage(f"limits.{found.problem}", {"sensor": found.sensor})


def _longest_silence(sensor: str, gaps: Sequence[Gap]) -> Iterator[UserMessage]:
    """The longest silence of a sensor, if it was long."""
    longest = max(gaps, key=lambda g: g.end_s - g.start_s, default=None)
    if longest is not None and longest.end_s - longest.start_s >= _LONG_GAP_S:
        spans = {
            "longest": _duration_text(longest.end_s - longest.start_s),
            "all": _duration_text(sum(g.end_s - g.start_s for g in gaps)),
        }
        yield UserMessage("limits.silent", {"sensor": sensor, "minute": longest.start_s / 60, **spans})


def _missing_samples(run: SessionData, status: SensorStatus, gaps: Sequence[Gap]) -> Iterator[UserMessage]:
    """What a sensor's last count of samples says."""
    if status.received == 0:
        yield UserMessage("limits.nothing_sent", {"sensor": status.sensor})
        return
    end_s = float(len(run.t_s))
    away = sum(g.end_s - g.start_s for g in gaps if g.end_s - g.start_s >= _LONG_GAP_S) / end_s
    missing = status.lost / (status.received + status.lost) - away
    if missing > _OFTEN_LOST:
        yield UserMessage("limits.lost", {"sensor": status.sensor, "share": 100 * missing})
    last_s = status.t_s - status.silent_s
    if "cadence_spm" in run.columns and last_s < end_s - 60 and not gaps:
        yield UserMessage("limits.stopped", {"sensor": status.sensor, "minute": last_s / 60})


def _modelled_metrics(run: SessionData) -> Iterator[UserMessage]:
    for name in with_role(Role.TILE):
        if name in run.modelled:
            yield UserMessage("limits.modelled", {"metric": UserMessage(f"metric.{name}.label")})
    slope = run.value("slope_pct")
    if np.nanmax(np.abs(slope), initial=0.0) > 4 and "braking_impulse_bws" in run.columns:
        yield UserMessage("limits.slope_unproven")


def _importer_remarks(run: SessionData) -> Iterator[UserMessage]:
    for note in run.notes:
        if note.kind == "remark":
            yield UserMessage("limits.remark", {"remark": EnglishText(note.text)})


def _duration_text(seconds: float) -> UserMessage:
    if seconds < 100:
        return UserMessage("limits.seconds", {"seconds": seconds})
    return UserMessage("limits.minutes", {"minutes": seconds / 60})

"""Answers made of records: columns of seconds and steps, and everything else that was recorded."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from monitor.web.api.models.described import OF_THE_METRIC, ApiList, ApiModel, described

_T_S = "seconds since the start of the session"


class SecondsJson(ApiModel):
    """Columns of the whole seconds of a session, all of one length; null where a number is not known.

    Beside those below there is a column for every metric of ``/api/v1/legend`` that the sensors gave:
    ``NAME`` its value, ``NAME_sd`` one standard deviation, ``NAME_L`` and ``NAME_R`` of one leg,
    ``NAME_modelled`` 1 where no sensor saw it (a model gave it from speed and cadence alone),
    ``NAME_target_low`` and ``NAME_target_high`` the edges of its target, all in the unit of the metric.
    """

    __pydantic_extra__: dict[str, list[float | None]]
    model_config = ConfigDict(extra="allow")

    t_s: list[float] = described(_T_S, default_factory=list)
    utc: list[str] = described("time of day, ISO 8601 in UTC", default_factory=list)
    activity: list[str] = described("stand, walk, run or unknown", default_factory=list)
    distance_m: list[float | None] = described(
        "sum of speed while the timer ran; stands still where speed is not known", default_factory=list
    )
    cue: list[str] = described(
        "kind and fault of the cue of this second, in brackets if withheld; empty: none",
        default_factory=list,
    )


class StepsJson(ApiModel):
    """Columns of the steps of a session, all of one length; null where a number is not known.

    Beside those below there is a column for every metric of ``/api/v1/legend`` that any step has, in the
    unit of the metric, and ``NAME_modelled``, 1 where no sensor saw it.
    """

    __pydantic_extra__: dict[str, list[float | None]]
    model_config = ConfigDict(extra="allow")

    side: list[str] = described("L or R, empty where the sensors cannot tell")
    ic_s: list[float] = described(f"initial contact, {_T_S}")
    to_s: list[float | None] = described(f"toe-off, {_T_S}")


class GapJson(ApiModel):
    """Samples of a sensor are missing in between."""

    kind: Literal["gap"] = described("always gap")
    sensor: str = described("name of the sensor")
    start_s: float = described("last sample before")
    end_s: float = described("first sample after")


class ActivityChangeJson(ApiModel):
    """From this moment on the runner does something else."""

    kind: Literal["activity_change"] = described("always activity_change")
    t_s: float = described(_T_S)
    activity: Literal["unknown", "stand", "walk", "run"] = described("what the runner does from now on")
    known_s: float = described("when that was decided")


class ReadinessJson(ApiModel):
    """The progress of a sensor in learning how it is worn."""

    kind: Literal["readiness"] = described("always readiness")
    t_s: float = described(_T_S)
    sensor: str = described("name of the sensor")
    have: int = described("strides seen", "1")
    need: int = described("strides needed", "1")
    shifted: bool = described("true: it moved on its mount, and learning began anew")


class SensorProblemJson(ApiModel):
    """A problem of a sensor that makes some of its numbers absent."""

    kind: Literal["sensor_problem"] = described("always sensor_problem")
    t_s: float = described(_T_S)
    sensor: str = described("name of the sensor")
    problem: Literal["clipped", "loose", "same_foot", "no_steps"] = described(
        "range too small, mount loose, on the foot of the other sensor, or no step found while running"
    )


class TargetBandJson(ApiModel):
    """The target band of a metric until its next band."""

    t_s: float = described(_T_S)
    metric: str = described("name of the metric")
    target: float = described("centre", OF_THE_METRIC)
    low: float | None = described("lower edge; null: open", OF_THE_METRIC)
    high: float | None = described("upper edge; null: open", OF_THE_METRIC)
    muted: str = described("why nothing would be said now, in words; empty: cues are on")


class BandJson(TargetBandJson):
    """The target band of a metric until its next band, among other records."""

    kind: Literal["band"] = described("always band")


class CueJson(ApiModel):
    """A decision to speak, or to stay silent although a cue was due."""

    kind: Literal["correct", "confirm", "notice"] = described(
        "correct: out of band; confirm: back in band; notice: about sensors or the run"
    )
    t_s: float = described(_T_S)
    fault: Literal["braking", "overstride", "cadence_low", "cadence_high"] | None = described(
        "what it is about; null: not about the gait"
    )
    metric: str = described("name of the metric; empty where there is none")
    value: float = described("what was measured", OF_THE_METRIC)
    target: float = described("what was aimed at", OF_THE_METRIC)
    wording: str = described("key of the sentence in the phrase book")
    expires_s: float = described("when it is worthless")
    withheld: str = described("why it was not spoken; empty: it was")
    why: str = described("what decided, in words")


class SensorLinkJson(ApiModel):
    """The state of one sensor right now."""

    t_s: float = described(_T_S)
    sensor: str = described("name of the sensor")
    link: Literal["searching", "connecting", "streaming", "silent", "lost", "off"] = described(
        "state of the connection"
    )
    text: str = described("the state in words")
    received: int = described("samples or readings so far", "1")
    lost: int = described("samples known to be missing so far", "1")
    rate_hz: float | None = described("samples per second")
    silent_s: float = described("since its last packet")
    battery_pct: float | None = described("charge of its battery")
    clock_sd_ms: float | None = described("uncertainty of its time base; null before it is known")
    clock_ppm: float | None = described("how fast its clock runs against ours")
    clock_jitter_ms: float | None = described("SD of arrival about the time base, which was removed")
    repeated: int = described("packets that came twice or out of turn and were dropped", "1")
    bad: int = described("packets that could not be read", "1")


class SensorStatusJson(SensorLinkJson):
    """The state of one sensor, among other records."""

    kind: Literal["sensor_status"] = described("always sensor_status")


class SinkLinkJson(ApiModel):
    """The state of one system that records are sent to."""

    t_s: float = described(_T_S)
    sink: str = described("name of the system")
    ok: bool = described("whether records arrive")
    text: str = described("the state in words")
    backlog: int = described("records that wait", "1")
    dropped: int = described("records given up", "1")
    behind_s: float | None = described("session time that it lies behind; null: not known")


class SinkStatusJson(SinkLinkJson):
    """The state of one system that records are sent to, among other records."""

    kind: Literal["sink_status"] = described("always sink_status")


class SessionBeginningJson(ApiModel):
    """The beginning of a session, with the runner and the sensors."""

    session: str = described("id of the session")
    athlete: str = described("the runner's name")
    started_utc: str = described("start, ISO 8601 in UTC")
    sensors: list[str] = described("names of the sensors")


class SessionStartedJson(SessionBeginningJson):
    """The first record that a session has."""

    kind: Literal["session_started"] = described("always session_started")


class SessionEndedJson(ApiModel):
    """The last record that a session has."""

    kind: Literal["session_ended"] = described("always session_ended")
    session: str = described("id of the session")
    t_s: float = described(_T_S)
    reason: str = described("why it ended, in words")


class EventsJson(ApiList):
    """Everything that was recorded besides steps and metrics; ``kind`` tells what each record is.

    Gaps come first, then the others in the order in which they were made.
    """

    root: list[
        Annotated[
            ActivityChangeJson
            | BandJson
            | CueJson
            | GapJson
            | ReadinessJson
            | SensorProblemJson
            | SensorStatusJson
            | SessionEndedJson
            | SessionStartedJson
            | SinkStatusJson,
            Field(discriminator="kind"),
        ]
    ]

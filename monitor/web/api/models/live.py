"""Answers about the run that is going on, and about the metrics that it has."""

from __future__ import annotations

from typing import Literal

from monitor.web.api.models.described import OF_THE_METRIC, ApiList, ApiModel, Whole, described
from monitor.web.api.models.records import (
    CueJson,
    SensorLinkJson,
    SessionBeginningJson,
    SinkLinkJson,
    TargetBandJson,
)


class DisplayJson(ApiModel):
    """The way a person reads a metric."""

    unit: str = described("unit for people")
    scale: float = described("what a value is multiplied with for that unit", "1")
    decimals: int = described("digits after the point in that unit", "1")
    pace: bool = described("true: a speed that is read as minutes per kilometre")


class MetricJson(ApiModel):
    """What a metric is, and how and where it is shown."""

    label: str = described("name for people")
    unit: str = described("unit of every value of it in this API")
    decimals: int = described("digits after the point worth showing in that unit", "1")
    definition: str = described("what it is, in a sentence")
    source: str = described("where it comes from")
    better: Literal[-1, 0, 1] = described(
        "-1 where less is usually sought, 1 where more, 0 where neither", "1"
    )
    roles: list[str] = described("where it is shown, such as tile, chart or split")
    order: int = described("within a role the smaller one comes first", "1")
    display: DisplayJson = described("how a person reads it")


class LegendJson(ApiList):
    """What every metric is, by its name."""

    root: dict[str, MetricJson]


class NewestValueJson(ApiModel):
    """The newest value of a metric."""

    t_s: float = described("seconds since the start of the session")
    value: float = described("the value", OF_THE_METRIC)
    sd: float = described("one standard deviation", OF_THE_METRIC)
    how: str = described("what it rests on: foot, shank, pelvis, pod or model")
    modelled: bool = described("true: no sensor saw it, a model gave it from speed and cadence alone")


class LiveCueJson(CueJson):
    """A cue of the run that is going on."""

    n: int = described("number of the cue in this run, from 1", "1")


class LapJson(ApiModel):
    """A lap of the run that is going on, after its end."""

    number: int = described("number of the lap, from 1", "1")
    seconds: float = described("how long it was, without pauses", "s")
    distance_m: float = described("how far it went; what was run without a known speed is missing")


class IntervalPartJson(ApiModel):
    """The part of the intervals that the runner is in, by the timer."""

    kind: Literal["work", "easy"] = described("what it is")
    number: int = described("the how many-eth work it is, or follows", "1")
    count: int = described("how many works there are", "1")
    from_s: float = described("timer second of its start")
    until_s: float = described("timer second of its end")
    pace_s_per_km: float | None = described("what it aims at; null: nothing", "s/km")
    walk: bool = described("true: those of running and walking")


class TimerJson(ApiModel):
    """The runner's timer, which stands still in pauses."""

    paused_at_s: float | None = described("session second in which the pause began; null: it runs")
    paused_s: float = described("length of all pauses that have ended")
    distance_m: float = described("how far it went; what was run without a known speed is missing")
    lap_from_s: float = described("timer second in which this lap began")
    lap_from_m: float = described("distance at which this lap began")
    laps: list[LapJson] = described("the laps that have ended, in order")
    interval: IntervalPartJson | None = described("where the intervals are; null: there are none")


class UsedAllowanceJson(ApiModel):
    """The allowance of today in the plan, and how much of it was used."""

    used: float = described("how much was run", "that of unit")
    limit: float = described("how much is allowed", "that of unit")
    unit: Literal["km", "min"] = described("kilometres of running, or minutes on foot")


RunWish = Literal["pause", "resume", "lap", "intervals", "end", "start"]


class IntervalsJson(ApiModel):
    """Intervals of work with something easy between two of them."""

    repeats: Whole = described("how many times", "1", ge=0, le=100)
    work_s: float = described("how long the work is", ge=5, le=7200)
    easy_s: float = described("how long it is easy", ge=0, le=7200)
    pace_s_per_km: float | None = described(
        "what the work aims at; null: nothing", "s/km", default=None, ge=100, le=1200
    )
    walk: bool = described("true: the work is running, and between it is walking", default=False)
    name: str = described("what the runner calls them", default="", max_length=40)


class RunWishJson(ApiModel):
    """What was asked of the run, and is done."""

    did: RunWish = described("what was asked")


class LiveJson(ApiModel):
    """The newest of everything in the run that is going on."""

    t_s: float = described("seconds since the start of the session")
    steps: int = described("steps so far", "1")
    activity: Literal["unknown", "stand", "walk", "run"] = described("what the runner does")
    session: SessionBeginningJson | None = described("the session; null before it began")
    ended: str | None = described("why it ended, in words; null while it goes on")
    gaps: int = described("holes in the samples so far", "1")
    timer: TimerJson | None = described("the timer; null where there is no run")
    allowance: UsedAllowanceJson | None = described("today's; null: none, or it is the runner's alone")
    beats: list[float] = described("initial contacts of the newest steps, session time", "s")
    cues: list[LiveCueJson] = described("the newest cues, the oldest of them first")
    history_s: float = described("how far the history reaches back")
    now: dict[str, NewestValueJson] = described("the newest value of each metric, by its name")
    bands: dict[str, TargetBandJson] = described("the target band of each metric that has one, by its name")
    sensors: dict[str, SensorLinkJson] = described("each sensor by its name")
    sinks: dict[str, SinkLinkJson] = described("each system that records are sent to, by its name")
    history: dict[str, list[list[float | None]]] = described(
        "by metric: pairs of session seconds and value; under band:METRIC: session seconds, low and high",
        "s, then the unit of the metric",
    )


class LineAnswerJson(ApiModel):
    """What becomes of a coach's line."""

    state: Literal["waits"] = described(
        "it waits for a calm moment; the run's cues have it when it was said"
    )

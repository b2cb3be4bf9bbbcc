"""Answers about what follows from sessions: the review of one, comparisons and trends of several."""

from __future__ import annotations

from typing import Literal

from monitor.web.api.models.described import OF_THE_METRIC, ApiList, ApiModel, described
from monitor.web.api.models.live import MetricJson
from monitor.web.api.models.sessions import NoteJson, StoredReanalysisJson

_METRIC = "name of the metric"


class MeanJson(ApiModel):
    """A mean with its 95 % interval."""

    v: float | None = described("the mean; null where there is none", OF_THE_METRIC)
    ci: float | None = described("half of the 95 % interval; null where it is not known", OF_THE_METRIC)


class PercentJson(ApiModel):
    """A difference in per cent with its 95 % interval."""

    v: float = described("the difference", "%")
    ci: float | None = described("half of the 95 % interval; null where it is not known", "%")


class ReviewedSessionJson(ApiModel):
    """The session that a review is about."""

    id: str = described("id of the session")
    title: str = described("title for people")
    athlete: str = described("the runner's name")
    started_utc: str = described("start, ISO 8601 in UTC")
    started_local: str = described("start on the runner's clock, ISO 8601 with the offset valid then")
    sport: str = described("sport in FIT's words; empty: nobody said it")
    sub_sport: str = described("sub-sport in FIT's words, such as treadmill; empty: nobody said it")
    duration_s: float = described("elapsed time: from start to end, pauses included")
    timer_s: float = described("elapsed time without the pauses in which the watch's timer stood")
    moving_s: float = described("timer time in which the runner walked or ran")
    running_s: float = described("timer time in which the runner ran")
    distance_m: float | None = described("distance; null where no sensor told speed")
    sensors: list[str] = described("sensors, with where they were worn")
    tags: list[str] = described("tags")
    version: str = described("version of the program that made the numbers")


class SourcedTextJson(ApiModel):
    """A sentence, and the source of the rule that chose it."""

    text: str = described("the sentence")
    source: str = described("the source; empty where none is needed")


class FeedbackJson(ApiModel):
    """The words on top of a review."""

    well: SourcedTextJson = described("what went well")
    work: SourcedTextJson = described("one thing to work on")
    verdict: Literal["raise", "hold", "lower", "none"] = described(
        "what to do with the target; none: there was no target"
    )
    target: SourcedTextJson = described("the same in words")


class TileJson(MeanJson):
    """The mean of a metric over the running; its interval has the sensor's own uncertainty in it."""

    metric: str = described(_METRIC)
    how: str = described("what it rests on: foot, shank, pelvis, pod or model")


class LineJson(ApiModel):
    """A metric over time, thinned over equal times; null where nothing is known."""

    mean: list[float | None] = described("means", OF_THE_METRIC)
    low: list[float | None] = described(
        "the least value behind each mean; empty where that is one", OF_THE_METRIC
    )
    high: list[float | None] = described(
        "the greatest value behind each mean; empty where that is one", OF_THE_METRIC
    )


class TimelineJson(ApiModel):
    """Lines over time, with the targets that were in force."""

    every_s: int = described("seconds between two points")
    lines: dict[str, LineJson] = described("by metric: its values")
    bands: dict[str, list[tuple[float, float | None, float | None]]] = described(
        "by metric: its targets, each from when in seconds of the session, lower and upper edge, until the "
        "next one; null where there is none",
        OF_THE_METRIC,
    )


class ShadeJson(ApiModel):
    """A time in which there was no running, the watch was paused, or a sensor was silent."""

    kind: Literal["pause", "walk", "stand", "gap"] = described(
        "pause: the watch's timer stood; gap: a sensor was silent"
    )
    start_s: float = described("its start")
    end_s: float = described("its end")
    sensor: str = described("name of the silent sensor, of a gap only", default="")


class ReviewedCueJson(ApiModel):
    """A cue, and whether the runner answered it."""

    t_s: float = described("seconds since the start of the session")
    kind: Literal["correct", "confirm", "notice"] = described("correct: out of band; confirm: back in band")
    wording: str = described("key of the sentence; coach_line: a coach's own words, which why has")
    fault: str | None = described("what it is about; null: not about the gait")
    value: float = described("what was measured", OF_THE_METRIC)
    target: float = described("what was aimed at", OF_THE_METRIC)
    metric: str = described(_METRIC)
    withheld: str = described("why it was not spoken, in words; empty: it was")
    why: str = described("what decided, in words")
    answered_s: float | None = described("seconds until back in band; null: not within a minute")


class InBandJson(ApiModel):
    """Time of cadence in its target band."""

    on_s: int = described("seconds with cues on")
    on_in_s: int = described("of these in band")
    off_s: int = described("seconds that the plan kept silent")
    off_in_s: int = described("of these in band")


class IntervalJson(ApiModel):
    """A number with its 95 % interval."""

    value: float = described("the number; a share lies between 0 and 1", "1 for a share, else %")
    low: float = described("lower end", "1 for a share, else %")
    high: float = described("upper end", "1 for a share, else %")


class ResponseJson(ApiModel):
    """What followed the cues that were spoken."""

    cues: int = described("how many", "1")
    median_s: float | None = described("seconds to band; null where fewer than half came back")
    answered: IntervalJson | None = described("share answered within 15 s; null without cues")


class EffectJson(ApiModel):
    """Spoken cues against those withheld at random."""

    spoken: int = described("cues spoken", "1")
    withheld: int = described("cues withheld at random", "1")
    answered: IntervalJson = described("difference of the shares answered within 15 s")
    change_pct: IntervalJson | None = described(
        "difference of the change towards the target, in % of it; null with fewer than two of a kind"
    )


class CoachedRunJson(ApiModel):
    """What a run with a target came to."""

    in_band: InBandJson = described("time in band")
    response: ResponseJson = described("what followed the cues")
    effect: EffectJson | None = described("what speaking did; null without cues withheld at random")


class LegsJson(ApiModel):
    """A metric of the left leg against the right."""

    metric: str = described(_METRIC)
    left: MeanJson = described("mean of the left leg")
    right: MeanJson = described("mean of the right leg")
    apart: PercentJson = described("left minus right, in % of the mean of both")
    usual_pct: float | None = described("median of healthy runners; null where it is not known")
    stands_out: bool = described(
        "whether the legs are clearly farther apart than healthy runners' often are"
    )


class SplitJson(ApiModel):
    """A kilometre or a lap, with means of its running."""

    name: str = described("its number, for a part of a kilometre with (part)")
    start_s: float = described("its start, session time")
    seconds: float = described("its timer time: its length without pauses", "s")
    distance_m: float = described("distance covered")
    means: dict[str, MeanJson] = described("means over its running, by metric")


class ChangeJson(ApiModel):
    """The first against the last third of the running."""

    metric: str = described(_METRIC)
    first: MeanJson = described("mean of the first third, of the matched seconds where there are some")
    last: MeanJson = described("the same of the last third")
    difference: MeanJson = described("last minus first at the same speed and grade")
    matched_s: float = described("seconds at the same speed and grade")


class PreviousRunsJson(ApiModel):
    """This run against the runner's earlier ones at the same speed and grade."""

    metric: str = described(_METRIC)
    runs: int = described("how many earlier runs", "1")
    difference: MeanJson = described("this run minus the earlier ones")
    edges: list[float] = described("edges of the classes of the two histograms", OF_THE_METRIC)
    here: list[float] = described("share of this run's seconds in each class", "1")
    before: list[float] = described("share of the earlier runs' seconds in each class", "1")


class BaselineChangeJson(ApiModel):
    """The distance of a metric from the runner's own normal."""

    metric: str = described(_METRIC)
    change: PercentJson = described("in % of the own normal at each second's speed and grade")


class DownhillJson(ApiModel):
    """Running on slopes below -2 %, and the braking done there."""

    seconds: float = described("how long", "s")
    steep_s: float = described("of which below -6 %")
    descent_m: float = described("metres of descent")
    dose_bws: float = described("braking impulse of all steps there")
    share: float = described("its part of the run's", "1")
    total_bws: float = described("braking impulse of all steps of the run")
    flat_ratio: float | None = described("the run's braking over that on level ground", "1")


class OfflineRowJson(ApiModel):
    """A metric live, and of the whole run looked at again."""

    metric: str = described(_METRIC)
    live: float = described("mean over the running, live", OF_THE_METRIC)
    again: float = described("the same, looked at again", OF_THE_METRIC)
    apart: float = described("root of the mean squared difference of seconds", OF_THE_METRIC)


class FirstStridesJson(ApiModel):
    """A metric of the first strides live, and with axes that were learned already."""

    metric: str = described(_METRIC)
    live: float = described("mean of the first steps, live", OF_THE_METRIC)
    again: float = described("the same, looked at again", OF_THE_METRIC)


class OfflineJson(ApiModel):
    """Live numbers beside those of the whole run looked at again."""

    rows: list[OfflineRowJson] = described("metrics over the running")
    first: list[FirstStridesJson] = described("metrics of the first strides; empty before a re-analysis")
    why: list[str] = described("why they differ, in words")


class FootThirdJson(ApiModel):
    """The mean stride of a foot in a third of the run, at equal shares of its time between mid-stances."""

    strides: int = described("how many strides it is the mean of", "1")
    ahead_m: list[float] = described("where the sensor is, from the first mid-stance")
    height_m: list[float] = described("its height over the line from one mid-stance to the next")
    spread_m: list[float] = described("SD of the height from stride to stride")
    pitch_deg: list[float] = described("angle of the foot, toes up positive, 0 in mid-stance", "deg")


class FootPathJson(ApiModel):
    """The path of a foot from the side, the first third of a run against the last at the same pace."""

    side: Literal["L", "R"] = described("the foot")
    first: FootThirdJson = described("first third")
    last: FootThirdJson = described("last third")
    highest_first: MeanJson = described("highest point in m, first third")
    highest_last: MeanJson = described("the same, last third")
    difference: MeanJson = described("last minus first, in m")
    stands_out: bool = described("whether the difference is clear")


class ReviewJson(ApiModel):
    """Everything that a review shows; empty lists and null where the sensors could not tell."""

    schema_: int = described("version of this format", "1", alias="schema")
    language: Literal["en", "de"] = described("the language of its texts")
    session: ReviewedSessionJson = described("the session")
    words: FeedbackJson = described("the words on top")
    tiles: list[TileJson] = described("means over the running")
    timeline: TimelineJson = described("lines over time")
    shades: list[ShadeJson] = described("pauses, walking, standing and silence of sensors")
    cues: list[ReviewedCueJson] = described("all cues")
    coached: CoachedRunJson | None = described("what the target came to; null: there was none")
    legs: list[LegsJson] = described("left against right")
    kilometres: list[SplitJson] = described("kilometres, and a rest of more than 50 m")
    laps: list[SplitJson] = described("laps of the watch")
    fatigue: list[ChangeJson] = described("the first against the last third")
    usual: list[PreviousRunsJson] = described("against earlier runs")
    baseline: list[BaselineChangeJson] = described("against the own normal")
    downhill: DownhillJson | None = described("downhill; null where slope or braking is not known")
    limits: list[str] = described("what the sensors could not tell, in words")
    notes: list[NoteJson] = described("notes and pain")
    again: OfflineJson | None = described("live beside looked at again; null with too few steps")
    modelled: list[str] = described(
        "metrics that no sensor saw: a model gave them from speed and cadence alone"
    )
    feet: list[FootPathJson] = described("paths of the feet; empty where no foot wore an IMU")
    legend: dict[str, MetricJson] = described("what each metric is, by its name")
    made_anew: list[StoredReanalysisJson] = described("re-analyses, the oldest first")


class ComparisonJson(ApiModel):
    """A metric in several sessions, each against the first at the same speed and grade."""

    metric: str = described(_METRIC)
    means: list[MeanJson] = described("mean of each session at the first one's speed and grade")
    differences: list[MeanJson] = described("each session minus the first; of the first itself null")
    modelled: list[bool] = described("of each session whether no sensor saw it there")


class ComparisonsJson(ApiList):
    """Metrics that the first session and another have, one object each."""

    root: list[ComparisonJson]


class TrendPointJson(MeanJson):
    """A metric in one session, brought to the speed and grade that all share."""

    when: str = described("start of the session, ISO 8601 in UTC")
    session: str = described("id of the session")
    modelled: bool = described("whether no sensor saw it")


class TrendsJson(ApiList):
    """By metric: its points over the weeks, the oldest first; metrics with fewer than two are left out."""

    root: dict[str, list[TrendPointJson]]

"""Answers about whole sessions: their descriptions, settings and notes, and what a change came to."""

from __future__ import annotations

from typing import Any, Literal

from monitor.web.api.models.described import OF_THE_METRIC, ApiList, ApiModel, described


class SessionJson(ApiModel):
    """One session: who ran it, when, with which sensors, and what it takes on the disk."""

    id: str = described("name in every path; sorts by time, like 2026-11-24T13-05-12-me")
    athlete: str = described("the runner's name")
    title: str = described("title for people; it can be changed")
    started_utc: str = described("start, ISO 8601 in UTC")
    started_local: str = described("start on the runner's clock, ISO 8601 with the offset valid then")
    utc_offset_s: int | None = described(
        "what that clock was ahead of UTC as the watch said; null: it said nothing"
    )
    sport: str = described("sport in FIT's words; empty: nobody said it")
    sub_sport: str = described("sub-sport in FIT's words, such as treadmill; empty: nobody said it")
    source: str = described("fingerprint of the file it was imported from; empty: it was recorded live")
    counted_steps: int | None = described(
        "steps that the watch counted itself, which its cadence need not add up to; null: it said nothing",
        "1",
    )
    ended: bool = described("false while it is being recorded")
    duration_s: float = described("elapsed time, pauses included")
    status: Literal["live", "complete", "recovered"] = described(
        "live: being recorded, or not completed yet; "
        "recovered: completed from its tape after the program was killed"
    )
    sensors: list[str] = described("names of the sensors that were worn")
    version: str = described("version of the program that made its numbers")
    tags: list[str] = described("tags, such as shoe=NAME, effort=0 to 10, or a single word")
    tape_bytes: int | None = described("size of its raw tape; null if it has none or was not asked for")


class SessionsJson(ApiList):
    """A list of sessions, one object each."""

    root: list[SessionJson]


class RunnerJson(ApiModel):
    """What the runner typed in about the own body; null where nothing is known."""

    height_m: float | None = described("body height", default=None)
    mass_kg: float | None = described("body mass", default=None)
    leg_length_m: float | None = described("greater trochanter to floor", default=None)
    contact_gain: float | None = described("truth over estimate of ground contact time", "1", default=None)
    overstride_gain: float | None = described("truth over estimate of overstride", "1", default=None)
    impulse_gain: float | None = described("truth over estimate of braking impulse", "1", default=None)
    peak_gain: float | None = described("truth over estimate of peak braking", "1", default=None)


class SensorSettingsJson(ApiModel):
    """One sensor as it was set up for a session."""

    name: str = described("name in the settings")
    kind: str = described("device family")
    placement: str = described("foot, shank, ankle, pelvis, waist, hip, or pod for finished numbers")
    side: str | None = described("L or R, null where it sees both legs", default=None)
    match: str | None = described(
        "advertised name or serial number that tells it from others", default=None
    )
    rate_hz: float | None = described("samples per second that were asked for", default=None)
    delay_s: float = described("how much later than the others' its samples arrive", default=0.0)
    speed_gain: float | None = described(
        "true over measured speed of a foot sensor; null: not calibrated", "1", default=None
    )
    slope_offset_pct: float | None = described(
        "slope that a foot sensor measures on the level; null: not calibrated", default=None
    )
    cadence_unit: str | None = described("steps or strides, for pods whose unit is contested", default=None)
    options: dict[str, str | float | bool] = described(
        "options of its device family, each in a unit of its own", "of the option", default_factory=dict
    )


class CueSettingsJson(ApiModel):
    """Whether and how long the runner was to be cued."""

    on: bool = described("whether cues were on", default=True)
    plan: str = described("fade: cues in ever less of the time; always", default="fade")
    experiment: bool = described("consent to one due cue in five withheld at random", default=False)
    warm_up_s: float = described("silence at the start", default=300.0)


class TargetSettingsJson(ApiModel):
    """The band that is aimed at, as shares of the own normal."""

    weeks: list[float] = described(
        "increase of cadence at each step of the plan", "1", default_factory=list
    )
    low: float = described("band below the target", "1", default=0.03)
    high: float = described("band above the target", "1", default=0.04)
    load: float = described("overstride and braking above their own normal", "1", default=0.15)
    enough_spm: float = described(
        "own cadence at 2.8 m/s to which nothing is added", "steps/min", default=177.0
    )
    most_spm: float = described("no target above this", "steps/min", default=190.0)
    raise_anyway: bool = described("whether the last two are left out of account", default=False)


class EffortSettingsJson(ApiModel):
    """Limits of easy and moderate running, in which cues are given."""

    today: str = described("auto, easy or hard", default="auto")
    max_heart_rate_bpm: float | None = described("the runner's maximum", default=None)
    heart_rate_share: float = described("limit as a share of the maximum", "1", default=0.82)
    threshold_mps: float | None = described("speed of an all-out hour", default=None)
    speed_share: float = described("limit as a share of the threshold speed", "1", default=0.88)
    back: float = described("how far below the limit cues come back", "1", default=0.03)


class TodaysLimitsJson(ApiModel):
    """What the plan or the longest run allowed on that day, as it was known when the session began."""

    longest_km: float | None = described("longest run of 30 days; null: not known", "km", default=None)
    longest_min: float | None = described("the same in minutes; null: not known", "min", default=None)
    most_km: float | None = described("running that was allowed; null: no limit", "km", default=None)
    most_min: float | None = described("minutes on foot that were; null: no limit", "min", default=None)
    timed: bool = described("true: the minutes count beside the distance", default=False)
    descent_m: float | None = described("running downhill, in metres of height; null: free", default=None)
    descent_s: float | None = described("running downhill, in time; null: free", default=None)
    speed_loss_mps: float | None = described("braking beyond the level's; null: free", default=None)
    loud_share: float = described("from this share of a limit on it was said aloud", "1", default=1.1)
    form_cues: bool = described("false: no cues about cadence, overstride and braking", default=True)
    silence: str = described("why there were none; empty: there were", default="")
    stop: bool = described("true: no target either", default=False)


class CoachSettingsJson(ApiModel):
    """The settings that decided the cues of a session."""

    cues: CueSettingsJson | None = described("whether and how long to cue", default=None)
    target: TargetSettingsJson | None = described("the band aimed at", default=None)
    effort: EffortSettingsJson | None = described("when running is too hard for cues", default=None)
    baseline: dict[str, Any] | None = described(
        "the own normal as it was then, in the program's own format; null: nothing was learned yet",
        default=None,
    )
    week: int = described("step of the plan, 0 is the own cadence", "1", default=1)
    step_reason: str = described("why this step, the end of a key of a message", default="")
    availability: float = described("share of the time in which cues may be spoken", "1", default=1.0)
    seed: int = described("start of the random choices", "1", default=0)
    today: TodaysLimitsJson | None = described(
        "limits of that day; null: there were none, or they are the runner's alone", default=None
    )


class LapSettingsJson(ApiModel):
    """The settings that say when a lap ends."""

    auto_km: float = described("length after which a lap ends by itself; 0: never", "km", default=0.0)


class SessionSettingsJson(ApiModel):
    """The settings of a session as they stand on its tape; an old session may lack some."""

    athlete: str = described("the runner's name", default="me")
    runner: RunnerJson | None = described("body measures", default=None)
    sensors: list[SensorSettingsJson] = described("the sensors", default_factory=list)
    coach: CoachSettingsJson | None = described("the coach; null: numbers only", default=None)
    laps: LapSettingsJson | None = described("laps; an old session has none", default=None)


class DetailedSessionJson(SessionJson):
    """One session with the settings it was recorded with."""

    settings: SessionSettingsJson = described("what decided its numbers and cues")


class ImportedSessionJson(SessionJson):
    """A session made of a file."""

    remarks: list[str] = described("what the file could not tell, in words")


class NoteJson(ApiModel):
    """Something that a person or an importer added to a session."""

    id: int = described("number of the note, for removing it", "1")
    kind: Literal["note", "pain", "lap", "pause", "remark"] = described(
        "lap and pause: of the watch; remark: of an importer"
    )
    t_s: float | None = described(
        "when in the session, a lap's end and a pause's start; null: about all of it"
    )
    value: float | None = described("of a pain, 0 (none) to 10 (worst); of a pause its seconds", "1 or s")
    text: str = described("the words, may be empty; of a lap its trigger in FIT's words")
    made_utc: str = described("when it was added, ISO 8601 in UTC")


class NotesJson(ApiList):
    """All notes of a session, the oldest first."""

    root: list[NoteJson]


class DeletedSessionJson(ApiModel):
    """What deleting a session came to."""

    deleted: str = described("id of the session that is gone")
    freed_bytes: int = described("what its tape took on the disk")


class NumberChangeJson(ApiModel):
    """A number of a session before and after re-analysis."""

    metric: str = described("name of the metric, or steps")
    before: float | None = described("mean over the running before, or a count of steps", OF_THE_METRIC)
    after: float | None = described("the same after", OF_THE_METRIC)


class ReanalysisJson(ApiModel):
    """Which numbers of a session a newer version of the program changed."""

    session: str = described("id of the session")
    old: str = described("version that had made its numbers")
    new: str = described("version that made them now")
    changed: list[NumberChangeJson] = described("the numbers that differ; empty: none does")


class StoredReanalysisJson(ReanalysisJson):
    """A re-analysis that was made earlier."""

    version: str = described("version of the program that made it")
    made_utc: str = described("when, ISO 8601 in UTC")

"""The schema of the time series in InfluxDB: every measurement, tag and field, with unit and meaning.

``monitor.sinks.influx.points`` makes points after it, the dashboards are built from it, and
``schema_markdown`` is its documentation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsp.metrics import BY_NAME, METRICS, MetricSpec, Role, with_role
from dsp.types import Activity, Problem
from monitor.core.records import LinkState
from monitor.sinks.influx.run_rollup import ROLLED_METRICS
from monitor.training.sharing import SHARED_ITEMS

ACTIVITIES = tuple(Activity)
"""The field ``code`` of an activity is its place in this list: 0 unknown, 1 stand, 2 walk, 3 run."""
FINISHED = "finished"
"""The last ``activity`` of a session, with the code that follows those of ``ACTIVITIES``."""
RAW_DAYS = 90
"""Days for which the stack keeps raw measurements (a choice: a season's block, and a last look back)."""
WHOLE_RUN = "all"
"""The tag ``speed`` of the point of a whole run."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of a measurement, with its unit and meaning.

    ``kind``: float, int, bool or string, for ever (a field cannot change its type in InfluxDB).
    ``of``: the metric that it says more about, empty if it stands for itself.
    """

    name: str
    kind: str
    unit: str
    meaning: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class MeasurementSpec:
    """A measurement of the schema with its tags and fields.

    ``time`` is the event whose time a point has; ``tags`` stand beside ``athlete`` and ``session``, which
    every point has; ``series`` says how many series come with a session.  ``of_athlete``: its series go on
    from session to session; its points have no tag ``session``, and ``series`` is how many there are of an
    athlete.  ``raw``: it comes while a run goes on and is not kept for years (``RAW_MEASUREMENTS``).
    """

    name: str
    meaning: str
    time: str
    tags: tuple[str, ...]
    series: str
    fields: tuple[FieldSpec, ...]
    of_athlete: bool = False
    raw: bool = False


_T = FieldSpec("t_s", "float", "s", "Session seconds: the time axis of a review.")
_NOON = "noon UTC of the runner's date"
_COUNT = FieldSpec("count", "int", "", "Always 1: sums count.")


def _metric_fields(specs: Iterable[MetricSpec], banded: Iterable[str] = ()) -> tuple[FieldSpec, ...]:
    """The fields of each metric: its value, what is said about it, and of some its target."""
    out = []
    for m in specs:
        out += [
            FieldSpec(m.name, "float", m.unit, m.definition),
            FieldSpec(f"{m.name}_sd", "float", m.unit, "one standard deviation", m.name),
            FieldSpec(f"{m.name}_how", "string", "", "what it rests on: a sensor, a model, a pod", m.name),
        ]
        if m.name in banded:
            out += [
                FieldSpec(f"{m.name}_target", "float", m.unit, "centre of the target band", m.name),
                FieldSpec(f"{m.name}_low", "float", m.unit, "its lower end", m.name),
                FieldSpec(f"{m.name}_high", "float", m.unit, "its upper end", m.name),
                FieldSpec(f"{m.name}_in_band", "int", "", "1 inside, 0 outside", m.name),
                FieldSpec(
                    f"{m.name}_muted", "string", "", "why no cue would come; empty: cues are on", m.name
                ),
            ]
    return tuple(out)


_ROLLED = tuple(BY_NAME[name] for name in ROLLED_METRICS)
_SUMMED = (
    FieldSpec("duration_s", "float", "s", "From start to end."),
    FieldSpec("running_s", "float", "s", "Of it running."),
    FieldSpec("km", "float", "km", "Run and walked."),
    FieldSpec("cues", "int", "cues", "Said to the runner, notices aside."),
    FieldSpec("braking_dose_bws", "float", "BW·s", BY_NAME["braking_dose_bws"].definition),
    FieldSpec("cued_s", "int", "s", "Seconds of cadence with a band and cues on."),
    FieldSpec("cued_in_band_pct", "float", "%", "Of these inside the band; absent below a minute."),
    FieldSpec("silent_s", "int", "s", "Seconds in which the plan kept silent: the outcome is measured."),
    FieldSpec("silent_in_band_pct", "float", "%", "Of these inside the band; absent below a minute."),
    FieldSpec("in_band_pct", "float", "%", "Of both together."),
)


def _rolled_fields() -> tuple[FieldSpec, ...]:
    """The means of a run's or a day's running seconds."""
    out = [FieldSpec(m.name, "float", m.unit, m.definition) for m in _ROLLED]
    for name in with_role(Role.BANDED):
        unit = BY_NAME[name].unit
        out.append(FieldSpec(f"{name}_target", "float", unit, "mean of its target", name))
        out.append(FieldSpec(f"{name}_off_pct", "float", "%", "mean distance from its target", name))
    return tuple(out)


INFLUX_SCHEMA: tuple[MeasurementSpec, ...] = (
    MeasurementSpec(
        "step",
        "One foot on the ground.",
        "initial contact",
        ("sensor", "side"),
        "2 for each sensor that sees steps",
        (_T, _COUNT, *_metric_fields(m for m in METRICS if m.step)),
        raw=True,
    ),
    MeasurementSpec(
        "second",
        "Means over the last seconds, once a second, and the target band that held.",
        "the whole second",
        ("side",),
        "up to 3 (both, L, R)",
        (_T, *_metric_fields((m for m in METRICS if m.second), with_role(Role.BANDED))),
        raw=True,
    ),
    MeasurementSpec(
        "gap",
        "Samples of a sensor that are missing.",
        "the last sample before",
        ("sensor",),
        "1 for each sensor",
        (_T, FieldSpec("duration_s", "float", "s", "Until the first sample after.")),
        raw=True,
    ),
    MeasurementSpec(
        "activity",
        "What the runner does: each change, every minute, and that the run is over.",
        "the change, or the whole minute",
        (),
        "1",
        (
            _T,
            FieldSpec("activity", "string", "", ", ".join((*ACTIVITIES, FINISHED))),
            FieldSpec("code", "int", "", "0 unknown, 1 stand, 2 walk, 3 run, 4 finished."),
        ),
        raw=True,
    ),
    MeasurementSpec(
        "readiness",
        "How far a sensor has learned how it is worn.",
        "the stride",
        ("sensor",),
        "1 for each sensor",
        (
            _T,
            FieldSpec("have", "int", "strides", "Strides learned from so far."),
            FieldSpec("need", "int", "strides", "Strides needed."),
            FieldSpec("shifted", "bool", "", "The mount moved and learning began anew."),
        ),
        raw=True,
    ),
    MeasurementSpec(
        "problem",
        "A problem of a sensor that makes some of its numbers absent.",
        "when it was found",
        ("sensor",),
        "1 for each sensor",
        (_T, FieldSpec("problem", "string", "", ", ".join(Problem))),
        raw=True,
    ),
    MeasurementSpec(
        "cue",
        "A decision to speak to the runner, or to stay silent although a cue was due.",
        "the step or second that decided",
        ("kind", "fault", "metric"),
        "up to 9 (kinds and faults that occur)",
        (
            _T,
            _COUNT,
            FieldSpec("spoken", "int", "cues", "1 if it was said, 0 if it was withheld."),
            FieldSpec("value", "float", "of the metric", "What the runner did."),
            FieldSpec("target", "float", "of the metric", "What was wanted."),
            FieldSpec("wording", "string", "", "Key of the sentence in the phrase book."),
            FieldSpec("withheld", "string", "", "Why it was not said; empty if it was."),
            FieldSpec("why", "string", "", "What decided, in plain words."),
            FieldSpec("mark", "string", "", "Words for a mark on a board, with a link to this minute."),
        ),
        raw=True,
    ),
    MeasurementSpec(
        "sensor",
        "How a sensor is doing; on every change and at least every 5 s.",
        "the report",
        ("sensor",),
        "1 for each sensor",
        (
            _T,
            FieldSpec("link", "string", "", ", ".join(LinkState)),
            FieldSpec("streaming", "int", "", "1 while it streams, else 0."),
            FieldSpec("text", "string", "", "The state in a runner's words."),
            FieldSpec("received", "int", "samples", "So far in this session."),
            FieldSpec("lost", "int", "samples", "Known to be missing so far."),
            FieldSpec("loss_pct", "float", "%", "Lost of all, so far."),
            FieldSpec("rate_hz", "float", "Hz", "Samples per second now."),
            FieldSpec("silent_s", "float", "s", "Since the last packet."),
            FieldSpec("battery_pct", "float", "%", "As the sensor reports it."),
            FieldSpec("clock_sd_ms", "float", "ms", "Uncertainty of its time base."),
            FieldSpec("clock_ppm", "float", "ppm", "How fast its clock runs."),
            FieldSpec("repeated", "int", "packets", "Came twice or out of turn, and were dropped."),
            FieldSpec("bad", "int", "packets", "Could not be read."),
        ),
        raw=True,
    ),
    MeasurementSpec(
        "sink",
        "How an outside system is doing; on every change and once a minute.",
        "the report",
        ("sink",),
        "1 for each outside system",
        (
            _T,
            FieldSpec("ok", "int", "", "1 if it takes what it is given, else 0."),
            FieldSpec("text", "string", "", "The state in words."),
            FieldSpec("backlog", "int", "records", "Wait for it in the store."),
            FieldSpec("dropped", "int", "records", "Were given up or set aside."),
            FieldSpec("behind_s", "float", "s", "From the last second that arrived there until now."),
        ),
        raw=True,
    ),
    MeasurementSpec(
        "note",
        "What was written about a run, without pain, effort and shoes; sent by gaitcue stack send.",
        "when it was written",
        ("kind",),
        "up to 2 (note, tag)",
        (FieldSpec("text", "string", "", "The words."),),
    ),
    MeasurementSpec(
        "session",
        "One run.  Its one point is completed when it ends.",
        "its start",
        (),
        "1",
        (
            _COUNT,
            FieldSpec("title", "string", "", "As the runner or the program called it."),
            FieldSpec("sensors", "string", "", "Names of what was worn, comma-separated."),
            FieldSpec("duration_s", "float", "s", "Its length, once it has ended."),
            FieldSpec("reason", "string", "", "Why it ended."),
        ),
    ),
    MeasurementSpec(
        "run",
        "What a run came to, written when it has ended: one point of it all, and one for each speed.",
        "its start",
        ("speed",),
        "1 of whole runs, and 1 for each 0.25 m/s that was run",
        (
            _COUNT,
            FieldSpec("session", "string", "", "Its id."),
            FieldSpec("title", "string", "", "As the runner or the program called it."),
            FieldSpec("from_ms", "int", "ms", "Its start, since 1970: for links."),
            FieldSpec("to_ms", "int", "ms", "Its end, likewise."),
            FieldSpec("seconds", "int", "s", "Running at this speed on level ground (within 1 %)."),
            *_SUMMED,
            *_rolled_fields(),
            *(
                FieldSpec(f"{m.name}{end}", "float", m.unit, meaning, m.name)
                for m in _ROLLED
                for end, meaning in (
                    (
                        "_before",
                        "its mean in the 28 days before, at the same speeds on level ground; not of speed",
                    ),
                    ("_change", "how much larger it is than that"),
                )
                if m.name != "speed_mps"
            ),
        ),
        of_athlete=True,
    ),
    MeasurementSpec(
        "day",
        "What the runs of a day came to, on the machine that wrote it.",
        _NOON,
        (),
        "1",
        (
            FieldSpec("day", "string", "", "The runner's date, as 2026-03-09."),
            FieldSpec("runs", "int", "", "How many there were."),
            *_SUMMED,
            *_rolled_fields(),
        ),
        of_athlete=True,
    ),
    MeasurementSpec(
        "plan",
        "A day of the plan: what the runner shares of it, and which items those are.",
        _NOON,
        (),
        "1",
        (
            FieldSpec("day", "string", "", "The runner's date, as 2026-03-09."),
            FieldSpec("phase", "int", "", "-1 no plan, 0 stop, 1 calm, 2 rebuild, 3 reintroduce, 4 full."),
            FieldSpec("change", "string", "", "On the day of a new phase: why, in a word."),
            FieldSpec("hold", "int", "", "1 while the runner is held back, else 0."),
            FieldSpec("hold_why", "string", "", "red (a run was too much) or stop; empty if not held."),
            FieldSpec("hold_since", "string", "", "The date since which that is so; empty likewise."),
            FieldSpec("allowed_km", "float", "km", "Allowed before the day's runs."),
            FieldSpec("allowed_min", "float", "min", "Allowed before the day's runs."),
            FieldSpec("allowed_descent_m", "float", "m", "Allowed below -2 % before the day's runs."),
            FieldSpec("done_km", "float", "km", "Run on this day; 0 is a day of rest."),
            FieldSpec("done_min", "float", "min", "Run and walked on this day."),
            FieldSpec("done_descent_m", "float", "m", "Run below -2 % on this day."),
            FieldSpec("strength_done", "int", "sessions", "Strength of the last two weeks."),
            FieldSpec("strength_planned", "int", "sessions", "Planned in that time."),
            *(
                FieldSpec(
                    f"shares_{item}", "int", "", f"1 if the runner shares this item ({item}), else 0."
                )
                for item in SHARED_ITEMS
            ),
        ),
        of_athlete=True,
    ),
    MeasurementSpec(
        "log",
        "How a day's runs and its morning felt, if the runner shares pain.",
        _NOON,
        (),
        "1",
        (
            FieldSpec("during", "float", "of 10", "Worst pain during the day's runs."),
            FieldSpec(
                "session", "string", "", "The id of the run in which that was, unless it had no sensor."
            ),
            FieldSpec("after", "float", "of 10", "Pain after them."),
            FieldSpec("morning", "float", "of 10", "Pain on the morning of this day."),
            FieldSpec("effort", "float", "of 10", "Effort of the hardest run."),
            FieldSpec("km_before", "float", "km", "Run on the day before, if the allowance is shared too."),
            FieldSpec("descent_before_m", "float", "m", "Run below -2 % on the day before, likewise."),
        ),
        of_athlete=True,
    ),
    MeasurementSpec(
        "shoe",
        "A pair of shoes, if the runner shares shoes: its number, never its name.",
        _NOON,
        ("pair",),
        "1 for each pair",
        (FieldSpec("km", "float", "km", "Run in it by the end of this day, its start with it."),),
        of_athlete=True,
    ),
)

RAW_MEASUREMENTS = frozenset(m.name for m in INFLUX_SCHEMA if m.raw)
"""Measurements that go into the raw bucket, which forgets; all others are kept."""
RECORD_MEASUREMENTS = ("session", *sorted(RAW_MEASUREMENTS))
"""Measurements that come of the records of a run, and so can be sent anew with them."""

_BANDED = ", ".join(f"`{name}`" for name in with_role(Role.BANDED))
_ABOUT = f"""\
# The time series in InfluxDB

Made from the tables `METRICS` and `INFLUX_SCHEMA` by `gaitcue stack schema`.

Times are UTC in nanoseconds: the start of the session plus session seconds. Every point has the tags
`athlete` and `session` (its id, which sorts by time), except where it says "Series of an athlete": those
go on from run to run. Of these `run` and `day` are written for everybody; `plan`, `log` and `shoe` are
there only if the runner shares them, and are deleted when that ends. The same record always makes the same
point, so sending one again changes nothing; of two states of one thing at the same instant the later one
stays. A value that is not known is not there. About 15 series come with each session.

There are two buckets. What comes while a run goes on ("raw") goes into `raw_bucket` (`gait_raw`), which
forgets it after {RAW_DAYS} days; all else goes into `bucket` (`gait`) and is kept. The server computes
nothing of the second kind from the first: it comes from the store of each runner, and can be sent again.
"""


def schema_markdown() -> str:
    """Return the documentation of the schema as Markdown, which stands in ``grafana/SCHEMA.md``."""
    out = [_ABOUT]
    for m in INFLUX_SCHEMA:
        tags = ", ".join(f"`{tag}`" for tag in m.tags)
        whose, beside = (
            ("of an athlete", "`athlete`") if m.of_athlete else ("in a session", "`athlete` and `session`")
        )
        out += [f"## {m.name}", "", f"{m.meaning} Time: {m.time}. Series {whose}: {m.series}."]
        kept = f"Raw: {RAW_DAYS} days." if m.raw else "Kept."
        out += [f"Tags besides {beside}: {tags or 'none'}. {kept}", ""]
        out += ["| field | type | unit | meaning |", "|---|---|---|---|"]
        out += [f"| {f.name} | {f.kind} | {f.unit} | {f.meaning} |" for f in m.fields if not f.of]
        more = {f.name.removeprefix(f.of): f for f in m.fields if f.of}
        if more:
            metrics = {name: [f.of for f in m.fields if f.of and f.name == f.of + name] for name in more}
            every = [n for n in more if len(metrics[n]) > len(with_role(Role.BANDED))]
            for names, of in ((every, "every metric"), ([n for n in more if n not in every], _BANDED)):
                texts = (f"`{n}` ({more[n].kind}: {more[n].meaning})" for n in names)
                out += ["", f"With the name of {of} in front: {', '.join(texts)}."] if names else []
        out.append("")
    return "\n".join(out).rstrip() + "\n"

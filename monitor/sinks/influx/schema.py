"""The schema of the time series in InfluxDB: every measurement, tag and field, with unit and meaning.

``monitor.sinks.influx.points`` makes points after it, the dashboards are built from it, and
``schema_markdown`` is its documentation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsp.metrics import METRICS, MetricSpec, Role, with_role
from dsp.types import Activity, Problem
from monitor.core.records import LinkState
from monitor.training.sharing import SHARED_ITEMS

ACTIVITIES = tuple(Activity)
"""The field ``code`` of an activity is its place in this list: 0 unknown, 1 stand, 2 walk, 3 run."""


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
    every point has; ``series`` says how many series come with a session.  ``daily``: it is of days, not of
    sessions; its points have no tag ``session``, and ``series`` is how many there are of an athlete.
    """

    name: str
    meaning: str
    time: str
    tags: tuple[str, ...]
    series: str
    fields: tuple[FieldSpec, ...]
    daily: bool = False


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


INFLUX_SCHEMA: tuple[MeasurementSpec, ...] = (
    MeasurementSpec(
        "step",
        "One foot on the ground.",
        "initial contact",
        ("sensor", "side"),
        "2 for each sensor that sees steps",
        (_T, _COUNT, *_metric_fields(m for m in METRICS if m.step)),
    ),
    MeasurementSpec(
        "second",
        "Means over the last seconds, once a second, and the target band that held.",
        "the whole second",
        ("side",),
        "up to 3 (both, L, R)",
        (_T, *_metric_fields((m for m in METRICS if m.second), with_role(Role.BANDED))),
    ),
    MeasurementSpec(
        "gap",
        "Samples of a sensor that are missing.",
        "the last sample before",
        ("sensor",),
        "1 for each sensor",
        (_T, FieldSpec("duration_s", "float", "s", "Until the first sample after.")),
    ),
    MeasurementSpec(
        "activity",
        "A change between standing, walking and running.",
        "the change",
        (),
        "1",
        (
            _T,
            FieldSpec("activity", "string", "", ", ".join(ACTIVITIES)),
            FieldSpec("code", "int", "", "0 unknown, 1 stand, 2 walk, 3 run."),
        ),
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
    ),
    MeasurementSpec(
        "problem",
        "A problem of a sensor that makes some of its numbers absent.",
        "when it was found",
        ("sensor",),
        "1 for each sensor",
        (_T, FieldSpec("problem", "string", "", ", ".join(Problem))),
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
        ),
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
        daily=True,
    ),
    MeasurementSpec(
        "log",
        "How a day's runs and its morning felt, if the runner shares pain.",
        _NOON,
        (),
        "1",
        (
            FieldSpec("during", "float", "of 10", "Worst pain during the day's runs."),
            FieldSpec("after", "float", "of 10", "Pain after them."),
            FieldSpec("morning", "float", "of 10", "Pain on the morning of this day."),
            FieldSpec("effort", "float", "of 10", "Effort of the hardest run."),
            FieldSpec("km_before", "float", "km", "Run on the day before, if the allowance is shared too."),
            FieldSpec("descent_before_m", "float", "m", "Run below -2 % on the day before, likewise."),
        ),
        daily=True,
    ),
    MeasurementSpec(
        "shoe",
        "A pair of shoes, if the runner shares shoes: its number, never its name.",
        _NOON,
        ("pair",),
        "1 for each pair",
        (FieldSpec("km", "float", "km", "Run in it by the end of this day, its start with it."),),
        daily=True,
    ),
)

_BANDED = ", ".join(f"`{name}`" for name in with_role(Role.BANDED))
_ABOUT = """\
# The time series in InfluxDB

Made from the tables `METRICS` and `INFLUX_SCHEMA` by `gaitcue stack schema`.

Times are UTC in nanoseconds: the start of the session plus session seconds. Every point has the tags
`athlete` and `session` (its id, which sorts by time); those of a day (`plan`, `log`, `shoe`) have no
session, are there only if the runner shares them, and are deleted when that ends. The same record always
makes the same point, so sending one again changes nothing; of two states of one thing at the same
instant the later one stays. A value that is not known is not there. About 15 series come with each
session: eight athletes with five runs a week make 30,000 in a year, far below what InfluxDB minds.
"""


def schema_markdown() -> str:
    """Return the documentation of the schema as Markdown, which stands in ``grafana/SCHEMA.md``."""
    out = [_ABOUT]
    for m in INFLUX_SCHEMA:
        tags = ", ".join(f"`{tag}`" for tag in m.tags)
        whose, beside = (
            ("of an athlete", "`athlete`") if m.daily else ("in a session", "`athlete` and `session`")
        )
        out += [f"## {m.name}", "", f"{m.meaning} Time: {m.time}. Series {whose}: {m.series}."]
        out += [f"Tags besides {beside}: {tags or 'none'}.", ""]
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

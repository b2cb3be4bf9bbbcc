"""Records to points to lines: one schema, and the client library's own idea of a line."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.metrics import METRICS, Role, with_role
from dsp.types import (
    Activity,
    ActivityChange,
    Band,
    Cue,
    CueKind,
    Estimate,
    Fault,
    Gap,
    Metric,
    Problem,
    Readiness,
    SensorProblem,
    Side,
    Step,
)
from monitor.core.json_codec import RECORD_KINDS
from monitor.core.records import LinkState, Out, SensorStatus, SessionEnded, SessionStarted, SinkStatus
from monitor.core.safe_text import tag_text
from monitor.pipeline.announcements import CUES_OFF, SILENCES
from monitor.pipeline.cue_policy import notice
from monitor.pipeline.load_watch import PRIVATE_NOTICES
from monitor.sinks.influx.line_protocol import Point, Value, protocol_lines
from monitor.sinks.influx.plan_points import shared_day_points
from monitor.sinks.influx.points import note_points, record_points
from monitor.sinks.influx.run_points import day_point, run_points
from monitor.sinks.influx.run_rollup import SpeedBin
from monitor.sinks.influx.schema import INFLUX_SCHEMA, schema_markdown
from monitor.storage.session_info import Note, SessionInfo
from tests.sinks.influx.test_plan_points import FULL_DAY
from tests.sinks.influx.test_run_rollup import FULL_RUN

INFO = SessionInfo(
    id="2026-01-01T00-00-00-ann", athlete="Ann B", title="easy", started_utc="2026-01-01T00:00:00+00:00"
)
T0_NS = 1_767_225_600_000_000_000

ONE_OF_EACH: tuple[Out, ...] = (
    SessionStarted(INFO.id, INFO.athlete, INFO.started_utc, ("left foot", "belt")),
    Step("l", Side.LEFT, 3.25, 3.5, tuple(Estimate(m.name, 2, 1, "foot") for m in METRICS if m.step)),
    *(Metric(4, None, Estimate(m.name, 2, math.nan, "foot")) for m in METRICS if m.second),
    Gap("left foot", 4.5, 5),
    ActivityChange(6, Activity.RUN, 7.0),
    Readiness(6.5, "left foot", 12, 20),
    SensorProblem(6.6, "left foot", Problem.LOOSE),
    *(Band(7, name, 170, 165.0, 180, "warming up") for name in with_role(Role.BANDED)),
    *(Metric(8, None, Estimate(name, 166, 1.0, "foot")) for name in with_role(Role.BANDED)),
    Cue(8, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 158, 168.0, "quicker", 12.0, why="low"),
    SensorStatus(9, "left foot", LinkState.STREAMING, "streams", 90, 10, 208, 0.0, 71, 1.5, 12.0),
    SinkStatus(10, "influx", True, "up to date", 4, 0, 2),
    SessionEnded(INFO.id, 11, "the input ended"),
)  # fmt: skip
KIND = {float: "float", int: "int", bool: "bool", str: "string"}


def test_every_kind_of_record_makes_a_point() -> None:
    assert {type(record) for record in ONE_OF_EACH} == set(RECORD_KINDS.values())
    end = 1  # is an activity too
    assert len(record_points(INFO, ONE_OF_EACH)) == len(ONE_OF_EACH) + end


def test_every_point_keeps_to_the_schema_and_every_measurement_occurs() -> None:
    schema = {m.name: m for m in INFLUX_SCHEMA}
    seen, fields = set(), set()
    rain = [Note(1, "note", None, None, "rain", "2026-01-02T00:00:00+00:00")]
    points = record_points(INFO, ONE_OF_EACH) + note_points(INFO, rain)
    points += shared_day_points(INFO.athlete, [FULL_DAY])
    bins = {2.75: SpeedBin(300, FULL_RUN.sums, dict.fromkeys(FULL_RUN.counts, 300))}
    long_run = replace(FULL_RUN, bins=bins)
    points += run_points(long_run, [long_run])
    points += [p for p in [day_point([FULL_RUN])] if p is not None]
    for point in points:
        measurement = schema[point.measurement]
        seen.add(point.measurement)
        of_session = set() if measurement.of_athlete else {"session"}
        assert set(point.tags) <= {"athlete", *of_session, *measurement.tags}
        kinds = {f.name: f.kind for f in measurement.fields}
        for name, value in point.values.items():
            assert value is None or KIND[type(value)] == kinds[name], name
            fields.add((point.measurement, name))
    assert seen == set(schema)
    assert fields == {(m.name, f.name) for m in INFLUX_SCHEMA for f in m.fields}, (
        "a field that nothing writes"
    )


def test_every_metric_is_stored_where_the_table_says_it_is_given() -> None:
    stored = {(p.measurement, name) for p in record_points(INFO, ONE_OF_EACH) for name in p.values}
    for m in METRICS:
        assert not m.step or ("step", m.name) in stored
        assert not m.second or ("second", m.name) in stored


def test_a_second_is_stored_with_the_target_that_held_wherever_the_batches_are_cut() -> None:
    def second(t_s: float, value: float) -> Metric:
        return Metric(t_s, None, Estimate("cadence_spm", value, 1.0, "foot"))

    before, after = (
        Band(1, "cadence_spm", 170, 165, 175),
        Band(4, "cadence_spm", 172, 167, None, "too steep"),
    )
    records: list[Out] = [second(2, 166.0), second(3, 160.0), after, second(5, 190.0)]
    whole = record_points(INFO, records, [before])
    assert [p.values.get("cadence_spm_in_band") for p in whole] == [1, 0, None, 1]
    assert [p.values["cadence_spm_target"] for p in whole] == [170.0, 170.0, 172.0, 172.0]
    assert whole[-1].values["cadence_spm_muted"] == "too steep"
    assert record_points(INFO, records[:3], [before]) + record_points(INFO, records[3:], [after]) == whole


def test_what_tells_of_the_runners_plan_is_no_point() -> None:
    for wording in sorted(PRIVATE_NOTICES):
        assert record_points(INFO, [notice(5.0, wording, "your plan has ...")]) == []
    assert len(record_points(INFO, [notice(5.0, "longest_run", "9.0 km")])) == 1
    for why in SILENCES.values():
        band = Band(7, "cadence_spm", 170, 165.0, 180, why)
        points = record_points(INFO, [band, Metric(8, None, Estimate("cadence_spm", 166, 1.0, "foot"))])
        assert {p.values["cadence_spm_muted"] for p in points} == {CUES_OFF}


def test_what_the_runner_does_is_stored_each_minute_wherever_the_batches_are_cut() -> None:
    def second(t_s: float) -> Metric:
        return Metric(t_s, None, Estimate("cadence_spm", 166.0, 1.0, "foot"))

    runs, walks = ActivityChange(20.0, Activity.RUN, 22.0), ActivityChange(130.0, Activity.WALK, 131.0)
    ended = SessionEnded(INFO.id, 190.0, "stopped")
    records: list[Out] = [runs, *(second(float(t)) for t in range(22, 131)), walks, second(185.0), ended]

    def states(some: list[Out], held: ActivityChange | None = None) -> list[tuple[float, str]]:
        made = [p.values for p in record_points(INFO, some, activity=held) if p.measurement == "activity"]
        return [(float(str(v["t_s"])), str(v["activity"])) for v in made]

    wanted = [(20, "run"), (60, "run"), (120, "run"), (130, "walk"), (180, "walk"), (190, "finished")]
    assert states(records) == wanted
    for cut in range(1, len(records)):
        held = runs if cut <= records.index(walks) else walks
        assert sorted({*states(records[:cut]), *states(records[cut:], held)}) == wanted


def test_a_mark_leads_to_its_own_two_minutes_of_the_session() -> None:
    (cue,) = (r for r in ONE_OF_EACH if isinstance(r, Cue))
    (point,) = record_points(INFO, [replace(cue, wording="cadence_low")])
    assert point.values["mark"] == (
        '<a href="/d/gaitcue-session?var-athlete=Ann+B&amp;var-session=2026-01-01T00-00-00-ann'
        f'&amp;from={T0_NS // 10**6 - 52_000}&amp;to={T0_NS // 10**6 + 68_000}">cadence low</a>'
    )


def test_the_time_of_a_point_is_the_start_plus_session_seconds_to_the_nanosecond() -> None:
    (point,) = record_points(INFO, [ActivityChange(3661.123456789, Activity.WALK, 0.0)])
    assert point.t_ns == T0_NS + 3661_123_456_789


def test_a_run_has_one_point_of_its_own_that_its_end_completes() -> None:
    first, last = (p for p in record_points(INFO, ONE_OF_EACH) if p.measurement == "session")
    assert (first.measurement, first.tags, first.t_ns) == (last.measurement, last.tags, last.t_ns)


def test_a_value_that_is_not_known_is_not_sent() -> None:
    text = protocol_lines(
        record_points(INFO, [Metric(1.0, Side.LEFT, Estimate("contact_ms", 240.0, math.nan, "foot"))])
    )
    assert text == (
        b'second,athlete=Ann\\ B,session=2026-01-01T00-00-00-ann,side=L '
        b't_s=1.0,contact_ms=240.0,contact_ms_how="foot" 1767225601000000000'
    )  # fmt: skip
    assert protocol_lines([Point("x", {}, {"a": None, "b": math.inf}, 0)]) == b""


WORD = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\\"), max_size=12
)
VALUE = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
)


@settings(deadline=None)
@given(
    tags=st.dictionaries(WORD.filter(bool), WORD, max_size=3),
    values=st.dictionaries(WORD.filter(bool), VALUE, min_size=1, max_size=3),
)
def test_lines_are_those_of_the_client_library(tags: dict[str, str], values: dict[str, Value]) -> None:
    theirs = pytest.importorskip("influxdb_client").Point("step x,y")
    for name, tag in tags.items():
        theirs = theirs.tag(name, tag_text(tag))
    for name, value in values.items():
        theirs = theirs.field(name, value)
    expected = theirs.time(5).to_line_protocol()
    ours = protocol_lines([Point("step x,y", tags, dict(sorted(values.items())), 5)]).decode()
    assert _floats(ours) == _floats(expected)


def _floats(line: str) -> str:
    """Both write 1.0 as they like."""
    return line.replace(".0,", ",").replace(".0 ", " ")


def test_the_documentation_names_every_field() -> None:
    text = schema_markdown()
    for measurement in INFLUX_SCHEMA:
        for field in measurement.fields:
            assert f"`{field.name.removeprefix(field.of)}`" in text or f"| {field.name} |" in text

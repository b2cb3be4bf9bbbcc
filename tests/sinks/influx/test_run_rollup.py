"""What runs and days come to, stated by hand, and on a real server after a simulated run."""

from __future__ import annotations

import asyncio
import datetime
import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from dsp.metrics import Role, with_role
from dsp.types import Activity, ActivityChange, Band, Cue, CueKind, Estimate, Fault, Metric
from monitor.core.monotonic import SystemClock
from monitor.core.records import Out, SessionEnded, SessionStarted
from monitor.core.secret import Secret
from monitor.pipeline.cue_policy import SILENT_BY_PLAN
from monitor.sinks.influx.backfill import send_waiting
from monitor.sinks.influx.run_points import day_point, run_points
from monitor.sinks.influx.run_rollup import (
    ROLLED_METRICS,
    MatchedChange,
    RunRollup,
    RunRollups,
    SpeedBin,
    matched_changes,
)
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.influx.sink import INFLUX_SINK, InfluxSink
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store
from tests.stack.servers import RAW_BUCKET, TOKEN, Influx

_ALL = dict.fromkeys(ROLLED_METRICS, 300.0)
_COUNTS = dict.fromkeys(ROLLED_METRICS, 100)
_BANDED = dict.fromkeys(with_role(Role.BANDED), 300.0)
FULL_RUN = RunRollup(
    info=SessionInfo(id="2026-03-09", athlete="Ann B", title="easy", started_utc="2026-03-09T08:00:00Z"),
    day=datetime.date(2026, 3, 9),
    duration_s=400.0,
    running_s=300,
    moving_s=380.0,
    km=1.2,
    cues=2,
    dose=50.0,
    on_s=100,
    on_in_s=50,
    off_s=100,
    off_in_s=80,
    sums=_ALL,
    counts=_COUNTS,
    targets=_BANDED,
    off=dict.fromkeys(_BANDED, 1.0),
    target_counts=dict.fromkeys(_BANDED, 100),
    bins={2.75: SpeedBin(100, _ALL, _COUNTS)},
)  # fmt: skip
"""A run of which everything is known."""


def run_at(speeds: dict[float, tuple[float, int]], **fields: object) -> RunRollup:
    """A run with this cadence, and so many seconds of it, at each speed."""
    bins = {
        v: SpeedBin(n, {"cadence_spm": mean * n}, {"cadence_spm": n}) for v, (mean, n) in speeds.items()
    }
    return replace(FULL_RUN, bins=bins, **fields)  # type: ignore[arg-type]


def test_runs_are_compared_at_the_speeds_that_both_have() -> None:
    slow, fast = run_at({2.5: (160.0, 600), 3.0: (170.0, 300)}), run_at({3.0: (172.0, 900)})
    assert matched_changes(fast, [slow]) == {"cadence_spm": MatchedChange(2.0, 170.0)}
    assert matched_changes(run_at({3.5: (180.0, 900)}), [slow]) == {}
    assert matched_changes(run_at({3.0: (172.0, 299)}), [slow]) == {}, "a trial clears no alert"


def test_earlier_runs_count_by_their_seconds() -> None:
    earlier = [run_at({3.0: (160.0, 900)}), run_at({3.0: (170.0, 300)})]
    change = matched_changes(run_at({3.0: (165.0, 600)}), earlier)["cadence_spm"]
    assert change == MatchedChange(2.5, 162.5)


def test_a_day_weighs_its_runs_by_what_they_have() -> None:
    morning = replace(
        FULL_RUN, sums={"contact_ms": 24_000.0}, counts={"contact_ms": 100}, off_s=30, off_in_s=0
    )
    evening = replace(FULL_RUN, sums={"contact_ms": 78_000.0}, counts={"contact_ms": 300})
    point = day_point([morning, evening])
    assert point is not None
    assert point.tags == {"athlete": "Ann B"}
    assert point.t_ns == 1_773_057_600 * 10**9  # noon UTC of 2026-03-09
    assert point.values["contact_ms"] == 255.0
    assert (point.values["runs"], point.values["km"], point.values["cues"]) == (2, 2.4, 4)
    assert point.values["silent_in_band_pct"] == pytest.approx(100 * 80 / 130)
    assert point.values["braking_dose_bws"] == 100.0


def test_a_share_of_less_than_a_minute_is_not_there() -> None:
    (whole, _) = run_points(replace(FULL_RUN, off_s=59, off_in_s=0), [])
    assert whole.values["silent_in_band_pct"] is None
    assert whole.values["cued_in_band_pct"] == 50.0


def test_a_session_in_which_nobody_moved_is_no_run_and_makes_no_day() -> None:
    still = replace(FULL_RUN, moving_s=0.0)
    assert run_points(still, []) == []
    assert day_point([still]) is None


# ------------------------------------------------------------------ from the store, to a real server


def records_of(session: str, started: str, cadence: float, seconds: int = 200) -> list[Out]:
    """A run: 20 s standing, then running at 3 m/s; cues on for 100 s, then silent by plan."""
    out: list[Out] = [
        SessionStarted(session, "ann", started, ("footL",)),
        ActivityChange(20.0, Activity.RUN, 20.0),
    ]
    out += [Band(20.0, "cadence_spm", 170.0, 165.0, 175.0)]
    for t in range(1, seconds + 1):
        if t == 120:
            out.append(Band(120.0, "cadence_spm", 170.0, 165.0, None, SILENT_BY_PLAN))
        values = {"cadence_spm": cadence, "speed_mps": 3.0 if t > 20 else 0.0, "braking_dose_bws": 0.1 * t}
        out += [Metric(float(t), None, Estimate(name, v, 1.0, "foot")) for name, v in values.items()]
    out += [
        Cue(50.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", cadence, 170.0, "quicker", 54.0),
        Cue(60.0, CueKind.NOTICE, None, "", 0.0, 0.0, "sensor_lost", 64.0),
    ]
    return [*out, SessionEnded(session, float(seconds), "the input ended")]


def keep_run(store: Store, session: str, started: str, cadence: float, seconds: int = 200) -> None:
    store.begin(
        SessionInfo(id=session, athlete="ann", title="easy", started_utc=started, utc_offset_s=3600)
    )
    store.write(session, records_of(session, started, cadence, seconds))
    store.end(session, float(seconds))


def test_a_rollup_says_what_the_store_holds(tmp_path: Path) -> None:
    with Store(tmp_path / "gaitcue.db") as store:
        keep_run(store, "a", "2026-03-09T23:30:00+00:00", 163.0)
        run = RunRollups(store).rollup("a")
    assert run.day == datetime.date(2026, 3, 10)  # an hour east of Greenwich
    assert (run.running_s, run.cues, run.dose) == (181, 1, 20.0)
    assert run.km == pytest.approx(0.54)
    assert (run.on_s, run.on_in_s, run.off_s, run.off_in_s) == (100, 0, 81, 0)
    assert run.off["cadence_spm"] / run.target_counts["cadence_spm"] == pytest.approx(163 / 170 - 1)
    assert {speed: part.seconds for speed, part in run.bins.items()} == {0.0: 1, 3.0: 180}


def test_a_run_is_compared_with_the_28_days_before_it_and_no_others(tmp_path: Path) -> None:
    with Store(tmp_path / "gaitcue.db") as store:
        starts = {"a": "02-08T07:00", "b": "02-08T09:00", "c": "03-07T08:00", "d": "03-08T08:00"}
        for name, at in starts.items():
            keep_run(store, name, f"2026-{at}:00+00:00", 160.0)
        rollups = RunRollups(store)
        run = rollups.rollup("d")
        assert sorted(s.id for s in rollups.runs_before(run.info)) == ["b", "c"]
        assert [s.id for s in rollups.runs_of_day(run.info)] == ["d"]


async def _send(store: Store, url: str) -> None:
    async def nothing():  # type: ignore[no-untyped-def]
        for batch in list[list[Out]]():
            yield batch

    await InfluxSink(InfluxSettings(url=url, token=Secret(TOKEN)), store, SystemClock()).run(nothing())


def rows(influx: Influx, fields: str, measurement: str, where: str = "") -> list[list[object]]:
    series = influx.query(f"SELECT {fields} FROM {measurement} {where}")
    return [row[1:] for s in series for row in s["values"]]


def test_runs_and_days_arrive_with_their_runs_and_sending_all_again_changes_nothing(
    influx: Influx, tmp_path: Path
) -> None:
    with Store(tmp_path / "gaitcue.db") as store:
        keep_run(store, "a", "2026-03-08T08:00:00+00:00", 160.0, 400)
        keep_run(store, "b", "2026-03-09T08:00:00+00:00", 168.0, 400)
        keep_run(store, "c", "2026-03-09T18:00:00+00:00", 164.0, 400)
        for _ in range(2):
            asyncio.run(_send(store, influx.url))
            whole = "WHERE speed = 'all'"
            assert rows(influx, "session, silent_in_band_pct, cadence_spm_change", "run", whole) == [
                ["a", 0, None], ["b", 100, 8], ["c", 0, 0],
            ]  # fmt: skip
            assert rows(influx, '"day", runs, cadence_spm', "day") == [
                ["2026-03-08", 1, 160], ["2026-03-09", 2, 166],
            ]  # fmt: skip
            store._db.execute("DELETE FROM delivered")


def test_everything_can_be_made_anew_from_the_store(influx: Influx, tmp_path: Path) -> None:
    settings = InfluxSettings(url=influx.url, token=Secret(TOKEN))
    with Store(tmp_path / "gaitcue.db") as store:
        for k, name in enumerate("ab", start=1):
            keep_run(store, name, f"2026-03-0{k}T08:00:00+00:00", 160.0 + k)
        asyncio.run(_send(store, influx.url))
        measurements = ("run", "day", "session", "second", "activity")
        before = {m: influx.query(f"SELECT * FROM {m}") for m in measurements}
        influx.forget()
        send_waiting(settings, store, ["a", "b"], Console(file=io.StringIO()))
        assert {m: influx.query(f"SELECT * FROM {m}") for m in measurements} == before
    assert all(before.values())


def test_what_is_older_than_the_server_keeps_sets_nothing_aside(influx: Influx, tmp_path: Path) -> None:
    influx.query(f'CREATE RETENTION POLICY "days" ON {RAW_BUCKET} DURATION 90d REPLICATION 1 DEFAULT')
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    old, new = (now - datetime.timedelta(days=d) for d in (400, 1))
    with Store(tmp_path / "gaitcue.db") as store:
        keep_run(store, "old", old.isoformat(), 160.0)
        keep_run(store, "new", new.isoformat(), 160.0)
        asyncio.run(_send(store, influx.url))
        assert store.quarantined(INFLUX_SINK) == []
    assert influx.count("second", "cadence_spm") == 200  # of the new run alone
    assert sorted(
        s["tags"]["session"] for s in influx.query("SELECT t_s FROM second GROUP BY session")
    ) == ["new"]
    assert rows(influx, "session", "run", "WHERE speed = 'all'") == [["old"], ["new"]]


def test_a_run_that_cannot_be_read_is_set_aside_and_the_rest_arrives(
    influx: Influx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitor.core.errors import StoreError

    def damaged(self: RunRollups, session: str) -> RunRollup:
        raise StoreError("error.no_session", session=session)

    monkeypatch.setattr(RunRollups, "rollup", damaged)
    with Store(tmp_path / "gaitcue.db") as store:
        keep_run(store, "a", "2026-03-08T08:00:00+00:00", 160.0)
        asyncio.run(_send(store, influx.url))
        aside = store.quarantined(INFLUX_SINK)
    assert len(aside) == 1
    assert influx.count("second", "cadence_spm") == 200

"""Every measurement that needs nothing but this program, at a small size, so that none stops to work.

What they find depends on the machine and is not looked at, but for memory, which has a generous ceiling.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from bench import bare, hub, live, memory, peers, plan, review, service, whole
from dsp.types import Placement
from monitor.storage.store import Store
from tests.hub_rig import needs_nats

BENCH = Path(__file__).parents[2] / "bench"
NOT_HERE = {
    "__main__": "all of them at their own sizes",
    "boards": "needs InfluxDB with months of seconds",
    "cue_latency": "needs a broker and Chromium",
    "first_paint": "needs Chromium",
    "radio": "half a minute on the emulated radio",
}
"""Modules that are only imported here, with the reason."""


def filled(results: Iterable[Mapping[str, str | float]]) -> list[Mapping[str, str | float]]:
    """Return the results, each of which has a name and numbers that are some."""
    rows = list(results)
    for row in rows:
        numbers = [value for value in row.values() if not isinstance(value, str)]
        assert row["case"]
        assert numbers
        assert all(math.isfinite(number) for number in numbers), row
    return rows


def test_every_module_is_run_here_or_says_why_not() -> None:
    here = {module.__name__.removeprefix("bench.") for module in MEASURED}
    assert here | NOT_HERE.keys() == {path.stem for path in BENCH.glob("*.py")} - {"__init__"}
    for name in NOT_HERE:
        importlib.import_module(f"bench.{name}")


MEASURED = (bare, hub, live, memory, peers, plan, review, service, whole)


def test_what_an_hour_costs_and_a_packet_of_the_service() -> None:
    feet_and_pelvis = live.case("two feet and pelvis", live.FEET_AND_PELVIS, 8.0)
    (row,) = filled([feet_and_pelvis])
    assert float(row["ratio_to_sosfilt"]) > 1
    assert bare.cost_s([chunk for _, chunk in live.streams([(Placement.PELVIS, None)], 8.0)], 1) > 0
    assert len(filled([service.throughput(8.0), service.latency(8.0)])) == 2


def test_reanalysis_alone_and_from_a_tape(tmp_path: Path) -> None:
    path = str(tmp_path / "short.tape")
    whole.write_simulated_tape(path, 8.0)
    rows = filled([*whole.ratios(path, 1), whole.engine_alone(8.0), whole.from_tape(path)])
    assert len(rows) == 5


def test_what_a_runner_of_a_hub_costs() -> None:
    needs_nats()
    steps, server = filled(hub.hub_cases(2, 35.0))
    assert 0 < float(steps["snapshot_kb"]) < 1000
    assert float(server["runners_per_worker_core"]) > 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_run_with_an_open_page_holds_less_than_150_mb() -> None:
    (row,) = filled([memory.page_memory(40.0, 10.0)])
    assert float(row["late_mb"]) < 150


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_commands_that_only_read_hold_less_than_80_mb() -> None:
    rows = filled(memory.command_costs())
    assert len(rows) == len(memory.READING_COMMANDS)
    assert max(float(row["memory_mb"]) for row in rows) < 80


def test_years_of_a_plan() -> None:
    assert len(plan.plan_entries(1)) > 365
    assert plan._replay(1)


def test_a_review_of_a_short_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(review, "HOURS", 60 / 3600)
    monkeypatch.setattr(review, "PIECE_S", 60.0)
    for name in review.CASES:
        if name != "page in the browser":
            review.run_case(name, tmp_path)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(filled(rows)) == len(review.CASES) - 1
    with Store(tmp_path / "gaitcue.db") as store:
        assert len(store.sessions()) == 1


def test_the_engine_beside_libraries_that_are_not_installed(capsys: pytest.CaptureFixture[str]) -> None:
    peers.main(["--seconds", "60"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    own = [row for row in rows if row["library"] == "gaitcue"]
    assert len(rows) == 5
    assert [row["steps_found_pct"] > 95 for row in own] == [True, True]
    assert [row["times_of_gaitcue"] for row in own] == [1.0, 1.0]
    assert all("not_run" in row or row["least"] <= row["times_of_gaitcue"] <= row["most"] for row in rows)

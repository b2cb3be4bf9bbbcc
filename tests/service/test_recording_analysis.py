"""The table of a recording says what is wrong with its sensors."""

from __future__ import annotations

from dsp.types import Placement, Problem, SensorProblem, Side
from monitor.core.message_catalogues import catalogue
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.service.recording_analysis import summary_table
from monitor.sinks.run_summary import RunTotals

SHOE = SensorSettings(name="left shoe", kind="plain", placement=Placement.FOOT, side=Side.LEFT)


def test_problems_of_sensors_stand_below_the_table() -> None:
    found = [SensorProblem(3.0, "left shoe", Problem.CLIPPED)]
    settings = SessionSettings(sensors=(SHOE,))
    totals = RunTotals()
    assert summary_table(settings, 60.0, totals, catalogue("en")).caption is None
    totals.add(found)
    table = summary_table(settings, 60.0, totals, catalogue("en"))
    assert "left shoe measures too small a range" in str(table.caption)

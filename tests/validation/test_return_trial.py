"""Table and picture of the simulated half year."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET

import pytest

from monitor.simulation.return_outcome import TRIAL_KINDS, ReturnOutcome, summarize_return
from monitor.training.tables import Phase
from validation.return_trial import return_picture, return_table

ONE = ReturnOutcome(
    kind="honest", days_to_full=50, holds=2, false_holds=1, flares=3, missed=1, back=0, runs=80,
    asked=300, answered=270, last_phase=Phase.FULL,
)  # fmt: skip
ALL = [
    dataclasses.replace(ONE, kind=kind, days_to_full=days)
    for kind in TRIAL_KINDS
    for days in (50, 70, None)
]


def test_the_table_has_a_row_of_all_columns_for_each_kind() -> None:
    lines = return_table(summarize_return(ALL))
    assert len(lines) == 2 + len(TRIAL_KINDS)
    assert {line.count("|") for line in lines} == {lines[0].count("|")}
    assert "| honest | 2 of 3 | 70 (60 to > 182) |" in lines[2]
    assert lines[2].endswith("| 90 % (90 % to 90 %) |")


@pytest.mark.parametrize("outcomes", [ALL, [ONE]])
def test_the_picture_is_xml_with_each_runner_twice_and_all_in_sight(outcomes: list[ReturnOutcome]) -> None:
    root = ET.fromstring(return_picture(outcomes))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    dots = [e for e in root.iter() if e.tag.endswith("circle")]
    assert len(dots) == 2 * len(outcomes) + len(TRIAL_KINDS)
    assert all(0 < float(d.attrib["cx"]) < width and 0 < float(d.attrib["cy"]) < height for d in dots)

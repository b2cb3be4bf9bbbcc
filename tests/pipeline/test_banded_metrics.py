"""The table of banded metrics is complete: its rows are the banded metrics, and every fault has one."""

from __future__ import annotations

from dsp.metrics import BY_NAME, Role, with_role
from dsp.types import Fault
from monitor.pipeline.banded_metrics import BANDED_METRICS, banded_metric_of


def test_the_rows_are_the_metrics_with_the_role() -> None:
    assert set(BANDED_METRICS) == set(with_role(Role.BANDED))


def test_every_fault_belongs_to_one_metric() -> None:
    faults = [fault for row in BANDED_METRICS.values() for fault in row.faults]
    assert sorted(faults) == sorted(Fault)
    assert all(fault in banded_metric_of(fault).faults for fault in Fault)


def test_a_fault_can_be_seen_only_where_the_metric_is_measured() -> None:
    for name, row in BANDED_METRICS.items():
        assert set(row.visible_to) <= set(BY_NAME[name].supported_by)


def test_a_new_band_is_smaller_than_what_a_person_reads() -> None:
    """A band that moves by less than its last digit shows may stay; it may never jump by ten digits."""
    for name, row in BANDED_METRICS.items():
        display = BY_NAME[name].display_or_unit
        assert 0 < row.band_step * display.scale < 10 * 10.0**-display.decimals
        assert 0 < row.least_sd < 0.1

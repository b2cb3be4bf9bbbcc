"""Every row of METRICS is complete, and the lists derived from its roles are unambiguous."""

from __future__ import annotations

import math

import pytest

from dsp.metrics import BY_NAME, METRICS, MetricSpec, Role, with_role
from dsp.types import Placement

each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
each_role = pytest.mark.parametrize("role", Role)


def test_every_metric_has_a_name_and_a_label_of_its_own() -> None:
    assert len(BY_NAME) == len(METRICS)
    assert len({m.label for m in METRICS}) == len(METRICS)


@each_metric
def test_every_metric_says_what_it_is_in_what_unit_and_where_it_comes_from(metric: MetricSpec) -> None:
    for text in (metric.name, metric.unit, metric.label, metric.definition, metric.source):
        assert text == text.strip() != ""
    assert metric.definition.endswith(".")
    assert metric.better in (-1, 0, 1)
    assert metric.step or metric.second


@each_metric
def test_every_metric_is_supported_by_placements_there_are(metric: MetricSpec) -> None:
    assert metric.supported_by
    assert set(metric.supported_by) <= {p.value for p in Placement}


@each_metric
def test_every_metric_can_be_displayed(metric: MetricSpec) -> None:
    display = metric.display_or_unit
    assert display.unit.strip()
    assert 0 < display.scale < math.inf
    assert 0 <= display.decimals <= 4
    assert 0 <= metric.decimals <= 4
    assert not display.pace or metric.unit == "m/s"


@each_metric
def test_a_difference_between_legs_is_only_known_of_metrics_with_sides(metric: MetricSpec) -> None:
    if metric.leg_difference_pct is not None:
        assert metric.sided
        assert metric.leg_difference_pct > 0


@each_role
def test_every_role_has_metrics_in_an_order_without_ties(role: Role) -> None:
    names = with_role(role)
    orders = [BY_NAME[name].order for name in names]
    assert names
    assert orders == sorted(set(orders))


@each_role
def test_what_is_shown_over_time_or_banded_is_given_every_second(role: Role) -> None:
    if role in (Role.TILE, Role.CHART, Role.BANDED, Role.PANEL):
        assert all(BY_NAME[name].second for name in with_role(role))


def test_no_two_metrics_share_a_field_of_a_fit_file() -> None:
    names = [m.fit.name for m in METRICS if m.fit is not None]
    assert names
    assert len(set(names)) == len(names)
    assert all(m.fit.scale > 0 for m in METRICS if m.fit is not None)


def test_developer_fields_have_numbers_of_their_own_and_standard_fields_have_none() -> None:
    fields = [m.fit for m in METRICS if m.fit is not None]
    numbers = [field.number for field in fields if field.unit]
    assert len(set(numbers)) == len(numbers)
    assert all(0 <= n < 255 for n in numbers)
    assert all(field.number == -1 for field in fields if not field.unit)


def test_a_name_in_a_foreign_fit_file_means_one_metric() -> None:
    fields = [m.fit for m in METRICS if m.fit is not None]
    names = [name for field in fields for name in {*field.aliases, field.name.lower()}]
    assert len(set(names)) == len(names)
    for field in fields:
        assert all(alias == alias.strip().lower() for alias in field.aliases)
        assert field.plausible is not None or not field.aliases
        assert field.plausible is None or field.plausible[0] < field.plausible[1]

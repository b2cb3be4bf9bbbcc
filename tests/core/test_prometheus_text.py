"""The text that Prometheus reads, as its own description of the format has it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.prometheus_text import MetricFamily, exposition_text


def family(
    value: float, labels: dict[str, str] | None = None, text: str = "Waiting.", name: str = "a_messages"
) -> MetricFamily:
    return MetricFamily(name=name, kind="gauge", help=text, samples=((labels or {}, value),))


def test_each_family_says_what_it_is_once() -> None:
    lag = MetricFamily(
        name="gaitcue_hub_lag_messages",
        kind="gauge",
        help="Messages that wait.",
        samples=(({"partition": "0"}, 3), ({"partition": "1"}, 0)),
    )
    records = MetricFamily(
        name="gaitcue_hub_records_total", kind="counter", help="Records.", samples=(({}, 7),)
    )
    assert exposition_text([lag, records]) == (
        "# HELP gaitcue_hub_lag_messages Messages that wait.\n"
        "# TYPE gaitcue_hub_lag_messages gauge\n"
        'gaitcue_hub_lag_messages{partition="0"} 3\n'
        'gaitcue_hub_lag_messages{partition="1"} 0\n'
        "# HELP gaitcue_hub_records_total Records.\n"
        "# TYPE gaitcue_hub_records_total counter\n"
        "gaitcue_hub_records_total 7\n"
    )


def test_labels_and_help_are_escaped_each_by_its_own_rule() -> None:
    text = exposition_text([family(1, {"a": 'C:\\ "x"\ny'}, text='a "b" \\ \n c')])
    assert '# HELP a_messages a "b" \\\\ \\n c\n' in text
    assert text.endswith('a_messages{a="C:\\\\ \\"x\\"\\ny"} 1\n')


@given(st.text())
def test_whatever_a_label_holds_its_line_stays_one_line_and_reads_back(text: str) -> None:
    *_, line, nothing = exposition_text([family(1, {"a": text})]).split("\n")
    assert nothing == ""
    inner = line.removeprefix('a_messages{a="').removesuffix('"} 1')
    assert inner.replace("\\\\", "\0\0").replace('\\"', '"').replace("\\n", "\n") == text.replace(
        "\\", "\0\0"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (12345678901, "12345678901"),
        (2.0**53, "9007199254740992.0"),
        (0.25, "0.25"),
        (1e-9, "1e-09"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_written_as_go_reads_them(value: float, text: str) -> None:
    assert exposition_text([family(value)]).splitlines()[-1] == f"a_messages {text}"


@pytest.mark.parametrize("name", ["1a", "a-b", "", "a b", "lag_total"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a gauge"):
        family(1, name=name)


def test_a_counter_says_so_in_its_name() -> None:
    with pytest.raises(ValueError, match="of a counter"):
        MetricFamily(name="a_records", kind="counter", help="x", samples=())


@pytest.mark.parametrize("label", ["__name__", "a-b", ""])
def test_a_label_that_cannot_be_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match="of a label"):
        family(1, {label: "x"})

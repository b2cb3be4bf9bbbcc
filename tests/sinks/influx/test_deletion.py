"""What is to be deleted, in the languages of the servers: never more than one runner's points."""

from __future__ import annotations

import datetime

from monitor.sinks.influx.deletion import Deletion

DAY = datetime.date(2026, 3, 9)


def test_a_deletion_in_both_languages() -> None:
    made = Deletion(measurement="log", athlete="Ann B", first=DAY, last=DAY)
    assert made.span == ("2026-03-09T00:00:00Z", "2026-03-10T00:00:00Z")
    assert made.predicate() == '_measurement="log" AND athlete="Ann B"'
    assert made.influxql() == (
        'DELETE FROM "log" WHERE "athlete" = \'Ann B\' '
        "AND time >= '2026-03-09T00:00:00Z' AND time < '2026-03-10T00:00:00Z'"
    )


def test_of_a_kind_alone() -> None:
    made = Deletion(measurement="note", athlete="Ann", kind="pain")
    assert made.predicate() == '_measurement="note" AND athlete="Ann" AND kind="pain"'
    assert """WHERE "athlete" = 'Ann' AND "kind" = 'pain' AND time >= '1970""" in made.influxql()


def test_a_name_cannot_widen_a_deletion() -> None:
    made = Deletion(measurement="log", athlete="""a" OR athlete="b' OR 1=1 \\""")
    assert made.predicate() == """_measurement="log" AND athlete="a\\" OR athlete=\\"b' OR 1=1 /\""""
    assert """= 'a" OR athlete="b\\' OR 1=1 /' AND""" in made.influxql()


def test_all_days_are_meant_by_default() -> None:
    start, stop = Deletion(measurement="log", athlete="ann").span
    assert start < "2000" < "2100" < stop

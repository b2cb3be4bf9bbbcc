"""A session's start as the runner's clock showed it: the offset of there and then, not of here and now."""

from __future__ import annotations

import datetime

import pytest

from monitor.core.local_time import local_start, offset_at, parse_start


def test_the_offset_that_the_watch_said_wins(berlin: None) -> None:
    start = local_start("2026-05-01T22:30:00+00:00", -7 * 3600)
    assert start.isoformat() == "2026-05-01T15:30:00-07:00"
    assert local_start("2026-05-01T22:30:00+00:00", 20_700).isoformat() == "2026-05-02T04:15:00+05:45"
    assert local_start("2026-05-01T22:30:00+00:00", 0).isoformat() == "2026-05-01T22:30:00+00:00"


@pytest.mark.parametrize(
    ("utc", "local"),
    [
        ("2026-03-29T00:59:59+00:00", "2026-03-29T01:59:59+01:00"),  # a second before summer time
        ("2026-03-29T01:00:00+00:00", "2026-03-29T03:00:00+02:00"),
        ("2026-10-25T00:30:00+00:00", "2026-10-25T02:30:00+02:00"),  # half past two comes twice
        ("2026-10-25T01:30:00+00:00", "2026-10-25T02:30:00+01:00"),
        ("2026-11-28T12:00:00", "2026-11-28T13:00:00+01:00"),  # without an offset it is UTC
    ],
)
def test_without_one_this_machines_zone_at_that_instant_holds(berlin: None, utc: str, local: str) -> None:
    assert local_start(utc, None).isoformat() == local


def test_an_instant_stays_the_instant() -> None:
    utc = datetime.datetime(2026, 7, 1, 6, 0, 0, 250_000, tzinfo=datetime.UTC)
    for offset in (None, 0, -34_200, 50_400):
        assert local_start(utc.isoformat(), offset) == utc


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        local_start("yesterday", None)


@pytest.mark.parametrize(
    "text",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1989-12-31T00:00:00", "yesterday", ""],
)
def test_a_start_that_is_no_date_of_a_run_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_start(text)


def test_a_start_without_an_offset_is_in_utc() -> None:
    assert parse_start("2026-01-01T10:00:00").isoformat() == "2026-01-01T10:00:00+00:00"
    assert parse_start("2026-01-01T10:00:00+02:00").isoformat() == "2026-01-01T08:00:00+00:00"


_BEFORE = datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC)
_AFTER = datetime.datetime(2026, 10, 25, 1, 30, tzinfo=datetime.UTC)


def test_over_a_change_of_summer_time_the_zone_of_this_machine_tells_the_other_offset(berlin: None) -> None:
    assert offset_at(_BEFORE, 3600, known_at=_AFTER) == 7200
    assert offset_at(_AFTER, 7200, known_at=_BEFORE) == 3600
    assert offset_at(_AFTER, 3600, known_at=_AFTER) == 3600


@pytest.mark.parametrize("offset_s", [-4 * 3600, 0, 7200])
def test_in_another_zone_the_offset_stays_what_was_said(berlin: None, offset_s: int) -> None:
    assert offset_at(_BEFORE, offset_s, known_at=_AFTER) == offset_s

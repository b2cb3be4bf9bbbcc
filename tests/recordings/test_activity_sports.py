"""Sports as programs and people write them, in FIT's words."""

from __future__ import annotations

import pytest

from monitor.recordings.activity_sports import sport_from_list, sport_words


@pytest.mark.parametrize(
    ("text", "sport", "sub_sport"),
    [
        ("TrailRun", "running", "trail"),
        ("trail_running", "running", "trail"),
        ("Track Run", "running", "track"),
        ("Indoor Run", "running", "indoor_running"),
        ("Treadmill Run", "running", "treadmill"),
        ("VirtualRun", "running", "virtual_activity"),
        ("obstacle_run", "running", "obstacle"),
        ("Running / Jogging", "running", ""),
        ("Street run", "running", "street"),
        ("Outdoor Run", "running", ""),
        ("9", "running", ""),
        ("Traillauf", "", ""),
        ("Laufen", "running", ""),
        ("Nordic Walking", "walking", ""),
        ("indoor_walking", "walking", "indoor_walking"),
        ("speed-walking", "walking", "speed_walking"),
        ("Mountain Hiking", "hiking", ""),
    ],
)
def test_who_runs_walks_or_hikes_does_so_in_whatever_words(text: str, sport: str, sub_sport: str) -> None:
    assert sport_from_list(text) == (sport, sub_sport)
    if sport:
        assert sport_words(text) == (sport, sub_sport)


@pytest.mark.parametrize(
    "text", ["Swim Run", "Wheelchair Run", "Running Bike", "Roller Ski", "MountainBikeRide", "Kayaking"]
)
def test_other_sports_are_not_running_and_keep_their_words(text: str) -> None:
    sport, sub_sport = sport_words(text)
    assert sport not in ("running", "walking", "hiking", "")
    assert sub_sport == ""
    assert sport_from_list(text) == ("", "")


@pytest.mark.parametrize("text", ["", "Other", "uncategorized", "52"])
def test_a_word_that_says_nothing_names_no_sport(text: str) -> None:
    assert sport_words(text) == ("", "")

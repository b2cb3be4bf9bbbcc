"""The sport of an activity: from the words of TCX, GPX and export lists to those of FIT."""

from __future__ import annotations

import re
from collections.abc import Mapping

UNNAMED = frozenset({"", "generic", "all"})
"""What FIT has where it names no sport."""
ON_FOOT = frozenset({"running", "walking", "hiking"}) | UNNAMED
"""Sports that are imported, in FIT's words; those that say nothing are judged by their speed."""

_FEET: Mapping[str, str] = {
    **dict.fromkeys(("run", "running", "jog", "jogging", "lauf", "laufen", "joggen"), "running"),
    **dict.fromkeys(("walk", "walking", "gehen", "spaziergang"), "walking"),
    **dict.fromkeys(("hike", "hiking", "wandern", "wanderung"), "hiking"),
}
"""A text with one of these words means it, the first of them, unless there is one of ``_NO_FEET``."""
_NO_FEET = frozenset(
    {"swim", "swimming", "bike", "biking", "ride", "cycling", "ski", "skiing", "roller", "wheelchair"}
)
_GROUNDS: Mapping[str, str] = {
    "treadmill": "treadmill",
    "laufband": "treadmill",
    "trail": "trail",
    "track": "track",
    "road": "street",
    "street": "street",
    "virtual": "virtual_activity",
    "ultra": "ultra",
    "obstacle": "obstacle",
}
"""Words beside it that name a sub-sport."""

_WORDS: Mapping[str, tuple[str, str]] = {
    "treadmill": ("running", "treadmill"),
    "casual walking": ("walking", "casual_walking"),
    "speed walking": ("walking", "speed_walking"),
    "ride": ("cycling", ""),
    "bike": ("cycling", ""),
    "biking": ("cycling", ""),
    "cycling": ("cycling", ""),
    "bicycling": ("cycling", ""),
    "virtual ride": ("cycling", "virtual_activity"),
    "indoor cycling": ("cycling", "indoor_cycling"),
    "mountain biking": ("cycling", "mountain"),
    "road biking": ("cycling", "road"),
    "e bike ride": ("e_biking", ""),
    "swim": ("swimming", ""),
    "swimming": ("swimming", ""),
    "lap swimming": ("swimming", "lap_swimming"),
    "open water swimming": ("swimming", "open_water"),
    "multi sport": ("multisport", ""),
    "other": ("", ""),
    "unknown": ("", ""),
    "uncategorized": ("", ""),
    "workout": ("training", ""),
}
"""TCX has Running, Biking and Other; Garmin Connect and Strava write their own words into GPX."""

_STRAVA_NUMBERS: Mapping[str, str] = {
    "1": "ride", "2": "alpine skiing", "4": "hike", "7": "cross country skiing", "9": "run", "10": "walk",
    "16": "swim", "17": "virtual ride",
}  # fmt: skip
"""What Strava's exports of earlier years write in the place of a word, as far as files show it."""


def sport_words(text: str) -> tuple[str, str]:
    """Return FIT's words for sport and sub-sport; empty ones where the text says nothing.

    A word that is not known stays as it is: it is a sport all the same, and not running.
    """
    plain = _plain_word(text)
    if not plain or plain.isdigit():
        return "", ""
    return _sport_of_words(plain) or (plain.replace(" ", "_")[:40], "")


def sport_from_list(text: str) -> tuple[str, str]:
    """Return what ``sport_words`` does for words that are known; empty ones for others."""
    return _sport_of_words(_plain_word(text)) or ("", "")


def _sport_of_words(plain: str) -> tuple[str, str] | None:
    """Return sport and sub-sport; None for words that are not known and in which nobody goes on foot."""
    words = plain.split()
    sport = next((_FEET[word] for word in words if word in _FEET), "")
    if plain in _WORDS or not sport or not _NO_FEET.isdisjoint(words):
        return _WORDS.get(plain)
    if "indoor" in words and sport != "hiking":
        return sport, f"indoor_{sport}"
    return sport, next((_GROUNDS[word] for word in words if word in _GROUNDS), "")


def _plain_word(text: str) -> str:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)  # TrailRun
    plain = " ".join(re.sub(r"[\W_]+", " ", apart).split()).lower()
    return _STRAVA_NUMBERS.get(plain, plain)

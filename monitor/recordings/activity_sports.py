"""The sport of an activity: from the words of TCX, GPX and export lists to those of FIT."""

from __future__ import annotations

from collections.abc import Mapping

UNNAMED = frozenset({"", "generic", "all"})
"""What FIT has where it names no sport."""
ON_FOOT = frozenset({"running", "walking", "hiking"}) | UNNAMED
"""Sports that are imported, in FIT's words; those that say nothing are judged by their speed."""

_WORDS: Mapping[str, tuple[str, str]] = {
    "run": ("running", ""),
    "running": ("running", ""),
    "jogging": ("running", ""),
    "street running": ("running", "street"),
    "trail run": ("running", "trail"),
    "trail running": ("running", "trail"),
    "track running": ("running", "track"),
    "treadmill": ("running", "treadmill"),
    "treadmill running": ("running", "treadmill"),
    "indoor running": ("running", "indoor_running"),
    "virtual run": ("running", "virtual_activity"),
    "virtual running": ("running", "virtual_activity"),
    "ultra run": ("running", "ultra"),
    "walk": ("walking", ""),
    "walking": ("walking", ""),
    "casual walking": ("walking", "casual_walking"),
    "speed walking": ("walking", "speed_walking"),
    "hike": ("hiking", ""),
    "hiking": ("hiking", ""),
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
    return _WORDS.get(plain, (plain.replace(" ", "_")[:40], ""))


def sport_from_list(text: str) -> tuple[str, str]:
    """Return what ``sport_words`` does for words that are known; empty ones for others."""
    return _WORDS.get(_plain_word(text), ("", ""))


def _plain_word(text: str) -> str:
    plain = " ".join(text.replace("_", " ").replace("-", " ").split()).lower()
    return _STRAVA_NUMBERS.get(plain, plain)

"""What the rules of a plan need to know of the runner, and cannot learn from entries or runs."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """Settings of the runner that the rules need, each unknown where it was not given.

    ``long_run_km`` is the runner's own target; ``articles_gates`` makes the articles' high figures of
    strength conditions; an empty ``emergency_number`` leaves the words.  ``morning_at`` is from when on a
    question that is due in the morning may ring the phone, once a day; never, where it is not set.
    """

    sex: Literal["", "man", "woman"] = ""
    born_year: int | None = None
    long_run_km: float | None = None
    articles_gates: bool = False
    emergency_number: str = ""
    morning_at: str | None = None  # local time, "07:00"

    def __post_init__(self) -> None:
        if self.born_year is not None and not 1900 <= self.born_year <= 2100:
            raise ValueError(f"born_year must be between 1900 and 2100, not {self.born_year}")
        if self.long_run_km is not None and not 1 <= self.long_run_km <= 200:
            raise ValueError(f"long_run_km must be between 1 and 200, not {self.long_run_km:g}")
        if self.morning_at is not None and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", self.morning_at):
            raise ValueError(f'morning_at must be like "07:00", not "{self.morning_at}"')


def needs_guardian(settings: PlanSettings, day: datetime.date) -> bool | None:
    """Return whether sharing health entries needs a guardian's tick on this day; None without a birth year.

    It does under 16 (GDPR, article 8, where a country sets no lower age).  Of the birthday only the year is
    known, so it does for the whole of the year in which a runner becomes 16.
    """
    if settings.born_year is None:
        return None
    return day.year - settings.born_year <= _OF_AGE


_OF_AGE = 16

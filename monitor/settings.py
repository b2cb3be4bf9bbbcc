"""The settings a session needs, each with its limits.  TOML in, frozen dataclasses out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dsp.types import Placement, Runner, Side, Worn


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorSettings:
    """One sensor: what it is, which one it is, and where it is worn.

    ``kind`` is a key of ``monitor.sensors.SENSORS``.  ``match`` is the advertised name or serial
    number that tells it from others of its kind (never an address: some systems hide those).
    """

    name: str
    kind: str
    placement: Placement
    side: Side | None = None
    match: str | None = None
    rate_hz: float | None = None
    cadence_unit: str | None = None  # "steps" or "strides" for pods whose unit is contested
    options: dict[str, str | float | bool] = field(default_factory=dict)  # of that kind

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[^\s/+#\"'\\\x00-\x1f][^/+#\"'\\\x00-\x1f]{0,39}", self.name):
            raise ValueError("name must be 1 to 40 characters, without / + # \\ or quotes")
        if self.rate_hz is not None and not 1 <= self.rate_hz <= 5000:
            raise ValueError(f"rate_hz must be between 1 and 5000, not {self.rate_hz:g}")
        if self.cadence_unit not in (None, "steps", "strides"):
            raise ValueError(f'cadence_unit must be "steps" or "strides", not "{self.cadence_unit}"')

    @property
    def worn(self) -> Worn:
        return Worn(self.name, self.placement, self.side)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """All that decides what numbers come out of a session's packets; stored with its tape."""

    athlete: str = "me"
    runner: Runner = field(default_factory=Runner)
    sensors: tuple[SensorSettings, ...] = ()

    def __post_init__(self) -> None:
        names = [sensor.name for sensor in self.sensors]
        for name in sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f'two sensors are called "{name}"; each needs a name of its own')

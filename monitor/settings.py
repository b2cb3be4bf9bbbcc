"""The settings a session needs, each with its limits.  TOML in, frozen dataclasses out."""

from __future__ import annotations

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

    @property
    def worn(self) -> Worn:
        return Worn(self.name, self.placement, self.side)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """All that decides what numbers come out of a session's packets; stored with its tape."""

    athlete: str = "me"
    runner: Runner = field(default_factory=Runner)
    sensors: tuple[SensorSettings, ...] = ()

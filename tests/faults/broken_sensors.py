"""Sensors whose packets are lost, late, repeated, out of turn or cut, with an account of what was done.

All works on the packets of a recording; each kind of damage is one function of the table ``DAMAGES``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from monitor.core.monotonic import MonotonicClock
from monitor.core.packet import Packet
from monitor.core.records import LinkState, SensorStatus
from monitor.devices import plain
from monitor.sources.protocol import Emit

Item = tuple[int, Packet | SensorStatus]
"""What a source emits, with when (ns)."""


@dataclass
class Injected:
    """What was done to one sensor: samples ``lost``, packets ``repeated`` and ``bad``.

    ``unnumbered`` samples were lost while its counter began anew: their number cannot be known, only the
    time; ``away`` holds these times (s).
    """

    lost: int = 0
    unnumbered: int = 0
    repeated: int = 0
    bad: int = 0
    away: list[tuple[float, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Damage:
    """Damage of one kind to one sensor, between two seconds of the run."""

    kind: str
    sensor: str
    start_s: float
    end_s: float

    def holds(self, packet: Packet) -> bool:
        """Whether the packet is this sensor's and of that time."""
        return packet.sensor == self.sensor and self.start_s * 1e9 <= packet.arrival_ns < self.end_s * 1e9


def damaged(
    packets: Sequence[Packet], damages: Sequence[Damage], seed: int
) -> tuple[list[Item], dict[str, Injected]]:
    """Return what a source emits of these packets after the damage, and the account of each sensor.

    Damages of one sensor must not overlap: what one has lost another cannot lose again.
    """
    rng = np.random.default_rng(seed)
    account = {name: Injected() for name in {p.sensor for p in packets}}
    items: list[Item] = [(p.arrival_ns, p) for p in packets]
    for damage in sorted(damages, key=lambda d: d.start_s):
        items = DAMAGES[damage.kind](items, damage, account[damage.sensor], rng)
    items.sort(key=lambda item: item[0])
    return items, account


def _samples(packet: Packet) -> int:
    return len(plain.decode_imu(packet.payload))


def _touched(items: Sequence[Item], damage: Damage) -> list[int]:
    return [k for k, (_, item) in enumerate(items) if isinstance(item, Packet) and damage.holds(item)]


def _after(items: Sequence[Item], damage: Damage, change: Callable[[Packet], Packet]) -> list[Item]:
    """Change every later packet of the sensor."""

    def later(item: Packet | SensorStatus) -> Packet | SensorStatus:
        if isinstance(item, Packet) and item.sensor == damage.sensor:
            return change(item) if item.arrival_ns >= damage.end_s * 1e9 else item
        return item

    return [(at, later(item)) for at, item in items]


def _lose(items: list[Item], damage: Damage, account: Injected, rng: np.random.Generator) -> list[Item]:
    """Out of range: the device goes on counting, and comes back on a new link."""
    lost = set(_touched(items, damage))
    account.lost += sum(_samples(p) for k in lost if isinstance(p := items[k][1], Packet))
    account.away.append((damage.start_s, damage.end_s))
    return _on_new_link([item for k, item in enumerate(items) if k not in lost], damage)


def _restart(items: list[Item], damage: Damage, account: Injected, rng: np.random.Generator) -> list[Item]:
    """Battery taken out: number and time of its samples begin anew."""
    lost = set(_touched(items, damage))
    account.unnumbered += sum(_samples(p) for k in lost if isinstance(p := items[k][1], Packet))
    account.away.append((damage.start_s, damage.end_s))
    left = _on_new_link([item for k, item in enumerate(items) if k not in lost], damage)
    first = next(
        p
        for _, p in left
        if isinstance(p, Packet) and p.sensor == damage.sensor and p.arrival_ns >= damage.end_s * 1e9
    )
    begin = plain.decode_imu(first.payload)
    assert begin.sequence is not None and begin.device_s is not None  # noqa: PT018 -- for the types
    number, time_s = begin.sequence, float(begin.device_s[0])

    def anew(packet: Packet) -> Packet:
        s = plain.decode_imu(packet.payload)
        assert s.sequence is not None and s.device_s is not None  # noqa: PT018 -- for the types
        payload = plain.encode_imu(
            s.sequence - number, s.nominal_hz, s.device_s - time_s, s.acc_ms2, s.gyr_rads
        )
        return replace(packet, payload=payload)

    return _after(left, damage, anew)


def _on_new_link(items: list[Item], damage: Damage) -> list[Item]:
    said = SensorStatus(damage.start_s, damage.sensor, LinkState.LOST, "out of range")
    items = _after(items, damage, lambda p: replace(p, link=p.link + 1))
    return [*items, (round(damage.start_s * 1e9), said)]


def _drop(items: list[Item], damage: Damage, account: Injected, rng: np.random.Generator) -> list[Item]:
    """One packet in twenty never comes."""
    lost = {k for k in _touched(items, damage) if rng.random() < 0.05}
    account.lost += sum(_samples(p) for k in lost if isinstance(p := items[k][1], Packet))
    return [item for k, item in enumerate(items) if k not in lost]


def _repeat(items: list[Item], damage: Damage, account: Injected, rng: np.random.Generator) -> list[Item]:
    """One packet in ten comes twice."""
    again = [items[k] for k in _touched(items, damage) if rng.random() < 0.1]
    account.repeated += len(again)
    return [*items, *((at + 1, item) for at, item in again)]


def _swap(items: list[Item], damage: Damage, account: Injected, rng: np.random.Generator) -> list[Item]:
    """One packet in ten comes after the next one: it is out of turn, and its samples are missing."""
    touched = _touched(items, damage)
    for k, after in zip(touched[::2], touched[1::2], strict=False):
        packet = items[k][1]
        if rng.random() < 0.2 and isinstance(packet, Packet):
            at = items[after][0] + 1
            items[k] = (at, replace(packet, arrival_ns=at))
            account.repeated += 1
            account.lost += _samples(packet)
    return items


def _cut(items: list[Item], damage: Damage, account: Injected, rng: np.random.Generator) -> list[Item]:
    """One packet in twenty is cut short."""
    for k in _touched(items, damage):
        at, packet = items[k]
        if rng.random() < 0.05 and isinstance(packet, Packet):
            end = int(rng.integers(0, len(packet.payload)))
            items[k] = (at, replace(packet, payload=packet.payload[:end]))
            account.bad += 1
            account.lost += _samples(packet)
    return items


def _stall(items: list[Item], damage: Damage, account: Injected, rng: np.random.Generator) -> list[Item]:
    """Nothing comes, then all at once: nothing is lost."""
    for k in _touched(items, damage):
        packet = items[k][1]
        assert isinstance(packet, Packet)
        at = round(damage.end_s * 1e9) + k
        items[k] = (at, replace(packet, arrival_ns=at))
    return items


DAMAGES = {
    "link lost and back": _lose,
    "restart of the device": _restart,
    "packets lost": _drop,
    "packets twice": _repeat,
    "packets out of turn": _swap,
    "packets cut short": _cut,
    "stall, then all at once": _stall,
}


class BrokenSensors:
    """A live source that emits these items at their times of the clock."""

    name, live = "sensors", True

    def __init__(self, items: Sequence[Item], time: MonotonicClock) -> None:
        self._items, self._time = items, time

    async def run(self, emit: Emit) -> None:
        """Emit everything, each at its time or as soon after it as this machine can, and return."""
        for at_ns, item in self._items:
            wait_s = at_ns * 1e-9 - self._time.now_s()
            if wait_s > 0:
                await self._time.sleep(wait_s)
            now_ns = max(at_ns, round(self._time.now_s() * 1e9))
            emit(replace(item, arrival_ns=now_ns) if isinstance(item, Packet) else item)

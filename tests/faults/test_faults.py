"""A run through every kind of fault, short: what was sent is stored, or counted as lost with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from monitor.recordings.recording import Recording
from tests.broker import Broker
from tests.faults.broken_sensors import DAMAGES, Damage, Injected
from tests.faults.fault_run import TROUBLES, Trouble, coached_recording, run_through
from tests.stack.servers import Influx

SECONDS = 92.0
SPEED = 4.0


@pytest.fixture(autouse=True)
def may_block(nothing_blocks: BlockBuster) -> None:
    """Sensors and listener are on the loop of the service; what may block there is tested elsewhere."""
    nothing_blocks.deactivate()


@pytest.fixture(scope="module")
def recording() -> Recording:
    return coached_recording(SECONDS)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    (tmp_path / "broker").mkdir()
    made = Broker(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


async def test_what_was_sent_is_stored_or_counted_through_every_fault(
    tmp_path: Path, influx: Influx, broker: Broker, recording: Recording
) -> None:
    """A cue at 53 s, then each sensor in its turn; meanwhile each server and the disk."""
    sensors = [s.name for s in recording.settings.sensors]
    damages = [
        Damage(kind, sensors[k % len(sensors)], 56.0 + 4 * k, 61.0 + 4 * k)
        for k, kind in enumerate(DAMAGES)
    ]
    starts_s = {
        kind: 6.0 + 11 * k for k, kind in enumerate(k for k in TROUBLES if k.startswith("database"))
    }
    starts_s |= {"disk full": 30.0, "broker killed": 60.0, "broker stopped": 74.0}
    assert starts_s.keys() == TROUBLES.keys()
    troubles = [Trouble(kind, start_s, start_s + 10) for kind, start_s in starts_s.items()]
    account = await run_through(tmp_path, influx, broker, recording, damages, troubles, SPEED)
    assert account.problems == []
    assert all(s.injected != Injected() for s in account.sensors.values())
    assert account.cues[0] > 0
    assert account.points[0] > 1000

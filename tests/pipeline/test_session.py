"""What is said of a sensor: the source's words, the session's counts, and the battery."""

from __future__ import annotations

import struct

import pytest

from dsp.types import Placement
from monitor.core.packet import Packet
from monitor.core.records import LinkState, SensorStatus
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.devices.device_information import BATTERY
from monitor.pipeline.session import Session

POD = SensorSettings(name="pod", kind="rsc", placement=Placement.POD)
STRAP = SensorSettings(name="strap", kind="heart_rate", placement=Placement.POD)


@pytest.fixture
def session() -> Session:
    return Session(SessionSettings(sensors=(POD, STRAP)))


def rsc(t_s: float) -> Packet:
    return Packet("pod", round(t_s * 1e9), "rsc", struct.pack("<BHB", 0, 768, 85))


def beat(t_s: float) -> Packet:
    return Packet("strap", round(t_s * 1e9), "heart_rate", bytes((0, 150)))


def battery(t_s: float, pct: int) -> Packet:
    return Packet("pod", round(t_s * 1e9), BATTERY, bytes([pct]))


def said(records: list[object], sensor: str = "pod") -> list[SensorStatus]:
    return [r for r in records if isinstance(r, SensorStatus) and r.sensor == sensor]


def test_what_the_source_says_of_a_link_holds_until_the_next_packet(session: Session) -> None:
    session.push(rsc(1.0))
    lost = session.push_status(SensorStatus(2.0, "pod", LinkState.LOST, "out of range; searching on"))
    assert lost.received > 0
    statuses = [s for t in range(3, 20) for s in said(session.push(beat(float(t))))]
    assert statuses
    assert {(s.link, s.text) for s in statuses} == {(LinkState.LOST, "out of range; searching on")}
    (back,) = said(session.push(rsc(20.0)))
    assert (back.link, back.text) == (LinkState.STREAMING, "streaming")


def test_without_a_word_from_the_source_a_sensor_without_packets_is_silent(session: Session) -> None:
    session.push(rsc(1.0))
    statuses = [s for t in range(2, 20) for s in said(session.push(beat(float(t))))]
    assert statuses[-1].link is LinkState.SILENT


def test_a_low_battery_is_told_once_and_at_once(session: Session) -> None:
    session.push(rsc(1.0))
    assert said(session.push(battery(1.1, 40))) == []
    session.push(rsc(2.0))
    (low,) = said(session.push(battery(2.1, 14)))
    assert "charge it soon" in low.text
    assert low.battery_pct == 14.0
    session.push(rsc(3.0))
    assert said(session.push(battery(3.1, 13))) == []


def test_a_battery_level_is_no_measurement(session: Session) -> None:
    session.push(battery(1.0, 80))
    (pod, _) = session.statuses()
    assert (pod.link, pod.received, pod.battery_pct) == (LinkState.SEARCHING, 0, 80.0)
    session.push(battery(2.0, 130))
    (pod, _) = session.statuses()
    assert (pod.bad, pod.battery_pct) == (1, 80.0)

"""What every row in DEVICES must be able to do; a new device gets these tests for a packet file."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.errors import DecodeError
from monitor.core.packet import Decoded, Packet, Samples, Values
from monitor.devices.registry import DEVICES
from tests.packet_files import PacketFile, all_packet_files, check_decoded, decode_or_error

FILES = all_packet_files()
NAMED = pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.kind}/{f.path.stem}")
KINDS = pytest.mark.parametrize("kind", DEVICES)


def of(kind: str) -> list[PacketFile]:
    return [file for file in FILES if file.kind == kind]


def channels(kind: str) -> list[str]:
    return sorted({line.channel for file in of(kind) for line in file.lines})


def check_sound(got: list[Decoded] | DecodeError) -> None:
    """Shapes agree, numbers are finite, times go forward."""
    for d in [] if isinstance(got, DecodeError) else got:
        if isinstance(d, Values):
            assert not np.isinf([*d.values.values()]).any()  # NaN: not known any more
            assert np.isfinite([d.age_s, d.device_s or 0.0]).all()
            continue
        n = len(d)
        assert d.acc_ms2.shape == (n, 3)
        assert d.gyr_rads is None or d.gyr_rads.shape == (n, 3)
        assert np.isfinite(d.acc_ms2).all()
        assert d.gyr_rads is None or np.isfinite(d.gyr_rads).all()
        assert 0 < d.nominal_hz < np.inf
        if d.device_s is not None:
            assert d.device_s.shape == (n,)
            assert np.isfinite(d.device_s).all()
            assert (np.diff(d.device_s) > 0).all()


def outcome(got: list[Decoded] | DecodeError) -> object:
    """Comparable; a note is told once, so it is left out."""
    if isinstance(got, DecodeError):
        return "refused"
    return [
        d.values
        if isinstance(d, Values)
        else (d.acc_ms2.tolist(), d.device_s is None or d.device_s.tolist())
        for d in got
        if isinstance(d, Samples) or d.values
    ]


def test_every_device_has_packets_and_every_packet_a_device() -> None:
    assert {file.kind for file in FILES} == set(DEVICES)


@KINDS
def test_a_row_says_what_it_is(kind: str) -> None:
    spec = DEVICES[kind]
    assert spec.kind == kind
    assert spec.label
    assert spec.gives
    assert set(spec.tested.replace(",", " ").split()) <= {"vector", "emulation", "hardware", "experimental"}


@KINDS
def test_what_is_listened_to_has_an_address(kind: str) -> None:
    spec = DEVICES[kind]
    for file in of(kind):
        if spec.gatt is None:
            continue
        gatt = spec.gatt(file.settings)
        assert gatt.names or gatt.services
        assert gatt.notify
        assert set(gatt.notify) | set(gatt.optional) <= set(gatt.characteristics)
        for uuid in (*gatt.characteristics.values(), *gatt.services):
            assert len(uuid) == 36
            assert uuid == uuid.lower()


@NAMED
def test_packets_say_what_they_say(file: PacketFile) -> None:
    decoder = file.decoder()
    for line, packet in zip(file.lines, file.packets(), strict=True):
        got = decode_or_error(decoder, packet)
        check_sound(got)
        check_decoded(line, got)


@KINDS
def test_at_rest_a_sensor_feels_one_g(kind: str) -> None:
    """Units and scales: every device that gives acceleration has a packet at rest."""
    gives = False
    for file in of(kind):
        decoder = file.decoder()
        answers = [decode_or_error(decoder, packet) for packet in file.packets()]
        gives |= any(isinstance(d, Samples) for got in answers if isinstance(got, list) for d in got)
    rests = [line for file in of(kind) for line in file.lines if "at rest" in line.expected]
    assert rests or not gives


@NAMED
def test_a_new_connection_starts_afresh(file: PacketFile) -> None:
    decoder, fresh = file.decoder(), file.decoder()
    for packet in file.packets():
        decode_or_error(decoder, packet)
    for packet in file.packets(link=100):
        assert outcome(decode_or_error(decoder, packet)) == outcome(decode_or_error(fresh, packet))


@NAMED
def test_cut_and_joined_packets_are_refused_or_sound(file: PacketFile) -> None:
    for line in file.lines:
        for size in range(len(line.payload)):
            cut = Packet("it", 0, line.channel, line.payload[:size])
            check_sound(decode_or_error(file.decoder(), cut))
    for first, second in itertools.pairwise(file.lines):
        check_sound(
            decode_or_error(file.decoder(), Packet("it", 0, first.channel, first.payload + second.payload))
        )


@KINDS
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_bytes_give_values_or_a_decode_error(kind: str, data: st.DataObject) -> None:
    """Junk, and real packets with junk in them, after any number of sound ones."""
    file = data.draw(st.sampled_from(of(kind)))
    decoder = file.decoder()
    sound_ones = list(file.packets())[: data.draw(st.integers(0, len(file.lines)))]
    for packet in sound_ones:
        decode_or_error(decoder, packet)
    for n in range(data.draw(st.integers(1, 4))):
        line = data.draw(st.sampled_from(file.lines))
        payload = bytearray(line.payload)
        if data.draw(st.booleans()):
            payload = bytearray(data.draw(st.binary(max_size=64)))
        elif payload:
            at = data.draw(st.integers(0, len(payload) - 1))
            payload[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))
        channel = data.draw(st.sampled_from([*channels(kind), line.channel]))
        link = data.draw(st.integers(0, 1))
        check_sound(
            decode_or_error(
                decoder, Packet("it", (len(sound_ones) + n) * 10**9, channel, bytes(payload), link)
            )
        )

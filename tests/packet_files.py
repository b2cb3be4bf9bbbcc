"""Packets as text: what came over the air, and what it says.

One file per device and subject in ``tests/packets/<kind>/``.  Lines::

    # where the bytes are from
    set rate_hz = 52.0                    a setting of the sensor, in TOML
    data 02 0A 15 9E                      a packet: its channel, then hex (or a text that starts with {)
      samples = 4                         what it must give, indented; numbers to the digits written
      acc_ms2[0] = -0.0550 -0.0766 -9.8229
      speed_mps = 3.359375
      nothing | refused | at rest | note = a part of the note
    reconnect                             what follows came over a new connection

Quantities of samples: ``samples``, ``acc_ms2 acc_g acc_mg gyr_rads gyr_dps device_s`` with an index,
``sequence``, ``nominal_hz``.  Any other name is one of ``Values``; ``name = -`` says that it is absent.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dsp.types import GRAVITY_MS2, Placement
from monitor.core.errors import DecodeError
from monitor.core.packet import Decoded, Packet, Samples, Values
from monitor.core.session_settings import SensorSettings
from monitor.devices.registry import DEVICES, Decoder

FOLDER = Path(__file__).parent / "packets"
SCALES = {
    "acc_ms2": 1.0, "acc_g": GRAVITY_MS2, "acc_mg": GRAVITY_MS2 / 1000,
    "gyr_rads": 1.0, "gyr_dps": np.pi / 180, "device_s": 1.0,
}  # fmt: skip


@dataclass(frozen=True)
class PacketLine:
    """One packet and what is expected of it; ``where`` is file:line."""

    where: str
    channel: str
    payload: bytes
    link: int
    expected: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PacketFile:
    """The packets of one device in the order in which they came."""

    path: Path
    settings: SensorSettings
    lines: list[PacketLine]

    @property
    def kind(self) -> str:
        return self.path.parent.name

    def decoder(self) -> Decoder:
        return DEVICES[self.kind].decoder(self.settings)

    def packets(self, link: int = 0) -> Iterator[Packet]:
        """One a second."""
        for n, line in enumerate(self.lines):
            yield Packet(self.settings.name, n * 10**9, line.channel, line.payload, link + line.link)


def all_packet_files() -> list[PacketFile]:
    """All files, sorted."""
    return [read_packet_file(path) for path in sorted(FOLDER.glob("*/*.txt"))]


def read_packet_file(path: Path) -> PacketFile:
    """Parse one file; anything odd in it is an error of the test."""
    kind, toml, lines, link = path.parent.name, [], list[PacketLine](), 0
    for number, text in enumerate(path.read_text().splitlines(), start=1):
        where = f"{kind}/{path.name}:{number}"
        if not text.strip() or text.startswith("#"):
            continue
        if text[0].isspace():
            lines[-1].expected.append(text.strip())
            continue
        word, _, rest = text.partition(" ")
        if word == "set":
            toml.append(rest)
        elif word == "reconnect":
            link += 1
        else:
            body = rest.encode() if rest.startswith("{") else bytes.fromhex(rest)
            lines.append(PacketLine(where, word, body, link))
    assert lines, path
    given: dict[str, Any] = {"name": "it", "kind": kind, "placement": Placement.WAIST}
    return PacketFile(path, SensorSettings(**given | tomllib.loads("\n".join(toml))), lines)


def decode_or_error(decoder: Decoder, packet: Packet) -> list[Decoded] | DecodeError:
    """What it gives; a refusal is an answer too."""
    try:
        return decoder.decode(packet)
    except DecodeError as exc:
        return exc


def check_decoded(line: PacketLine, got: list[Decoded] | DecodeError) -> None:
    """Everything the line says is so."""
    for text in line.expected:
        _check(text, got, f"{line.where}: {text}; got {got}")


def _check(text: str, got: list[Decoded] | DecodeError, why: str) -> None:
    if text == "refused":
        assert isinstance(got, DecodeError), why
        return
    assert not isinstance(got, DecodeError), why
    if text == "nothing":
        assert got == [], why
        return
    samples = [d for d in got if isinstance(d, Samples)]
    if text == "at rest":
        norm = np.linalg.norm(np.concatenate([s.acc_ms2 for s in samples]), axis=1)
        assert np.abs(norm / GRAVITY_MS2 - 1).max() < 0.03, why
        return
    name, _, value = (part.strip() for part in text.partition("="))
    quantity, _, index = name.partition("[")
    if quantity in SCALES:
        rows = np.concatenate([_column(s, quantity) for s in samples])
        _same(rows[int(index.rstrip("]"))] / SCALES[quantity], value.split(), why)
    elif name == "samples":
        assert sum(map(len, samples)) == int(value), why
    elif name in ("sequence", "nominal_hz"):
        _same([getattr(samples[0], name)], [value], why)
    else:
        _check_value(name, value, [d for d in got if isinstance(d, Values)], why)


def _check_value(name: str, value: str, got: list[Values], why: str) -> None:
    if name == "note":
        assert value in "; ".join(v.note for v in got), why
        return
    found = [v.values[name] for v in got if name in v.values]
    _same(found, [] if value == "-" else value.split(), why)


def _column(samples: Samples, quantity: str) -> Any:
    names = {"acc": "acc_ms2", "gyr": "gyr_rads", "dev": "device_s"}
    column = getattr(samples, names[quantity[:3]])
    assert column is not None, quantity
    return column


def _same(got: Any, texts: list[str], why: str) -> None:
    """Equal to half a unit of the last digit that was written."""
    numbers = np.atleast_1d(got)
    assert len(numbers) == len(texts), why
    for number, text in zip(numbers, texts, strict=True):
        digits = len(text.partition(".")[2]) if "e" not in text else 12
        assert abs(float(number) - float(text)) <= 0.500001 * 10.0**-digits, why

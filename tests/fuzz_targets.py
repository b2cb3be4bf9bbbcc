"""What is fuzzed besides decoders and importers, each a function of bytes that must not raise.

``tests/fuzz.py`` mutates the seeds, ``tests/fuzz_guided.py`` lets Atheris do it, guided by coverage.  What
once failed lies in ``tests/fuzz_corpus`` and is tried with every change.
"""

from __future__ import annotations

import datetime
import json
import random
import struct
import tempfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from dsp.types import Placement, Side
from monitor.core import json_codec
from monitor.core.errors import ConfigError, DecodeError, InputError
from monitor.core.packet import Packet
from monitor.core.records import SessionStarted
from monitor.core.session_settings import SensorSettings, SessionSettings
from monitor.core.toml_reader import read_toml_text
from monitor.devices.declared import parse_description
from monitor.devices.registry import DEVICES
from monitor.hub.hosted_run import HostedRun, RecordBatch
from monitor.hub.record_messages import pack_records, unpack_records
from monitor.pipeline.session import Session
from monitor.recordings.readers import recordings_in
from monitor.recordings.recording import Recording, Wearing
from monitor.recordings.tape import Tape, TapeHeader
from monitor.recordings.tape_blocks import Numbered
from monitor.service.config import Config
from monitor.simulation.simulated_runner import simulated_recording
from monitor.sinks.hub.run_messages import (
    RunEnd,
    RunStart,
    pack_end,
    pack_packets,
    pack_start,
    unpack_end,
    unpack_packets,
    unpack_start,
)
from monitor.sinks.influx.line_protocol import protocol_lines
from monitor.sinks.influx.points import record_points
from monitor.sinks.influx.write_proxy import writing_athletes
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.store import Store
from tests.finished_run import add_run
from tests.web.clients import HOME_SOCKET, page_client


@dataclass(frozen=True, slots=True)
class FuzzTarget:
    """A function that says of any bytes whether they were refused or sound, and what to begin with."""

    seeds: Callable[[], Sequence[bytes]]
    run: Callable[[bytes], str]


_NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)


def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="gaitcue-fuzz-"))


# ---------------------------------------------------------------------------- settings, declared devices


def _settings_seeds() -> list[bytes]:
    folder = Path(__file__).parents[1] / "config"
    return [path.read_bytes() for path in sorted(folder.glob("*.toml"))] or [b'athlete = "me"\n']


def run_settings(data: bytes) -> str:
    """Read a settings file; its mistakes are a line each."""
    try:
        read_toml_text(Config, data.decode(errors="replace"), {}, Path("fuzz.toml"))
    except ConfigError:
        return "refused"
    return "sound"


def _device_seeds() -> list[bytes]:
    shipped = files("monitor.devices") / "described"
    return [entry.read_bytes() for entry in shipped.iterdir() if entry.name.endswith(".toml")]


def run_device(data: bytes) -> str:
    """Read the description of a device and decode some packets with it."""
    text = data.decode(errors="replace")
    try:
        parse_description(text, Path("fuzz.toml"))
    except ConfigError:
        return "refused"
    settings = SensorSettings(
        name="x", kind="declared", placement=Placement.FOOT, side=Side.LEFT,
        options={"description": text, "device": "fuzz"},
    )  # fmt: skip
    with suppress(ConfigError):
        decoder = DEVICES["declared"].decoder(settings)
        rng = random.Random(len(data))
        for k in range(5):
            with suppress(DecodeError):
                decoder.decode(Packet("x", k * 10**8, "imu", rng.randbytes(rng.randint(0, 60))))
    return "sound"


# ---------------------------------------------------------------------------- tapes


@cache
def _tape_seeds() -> tuple[bytes, ...]:
    run, path = simulated_recording(2), _folder() / "seed.tape"
    tape = Tape(path, TapeHeader("made", "2026-01-01T10:00:00+00:00", run.settings, "0.1.0"))
    for packet in list(run.packets())[:40]:
        tape.append(packet)
    tape.finish()
    return (path.read_bytes(),)


def run_tape(data: bytes) -> str:
    """Read a tape to its end and push what is on it."""
    path = _folder() / "fuzz.tape"
    try:
        path.write_bytes(data)
        (found,) = recordings_in(path, Wearing())
        if isinstance(found, Recording):
            try:
                session = Session(found.settings)
                for packet in found.packets():
                    session.push(packet)
                session.finish()
            except (InputError, ConfigError):
                return "refused"
            return "sound"
        return "refused"
    finally:
        for left in path.parent.iterdir():
            left.unlink()
        path.parent.rmdir()


def run_header(data: bytes) -> str:
    """Take bytes as the settings on a tape."""
    try:
        json_codec.from_json(SessionSettings, json_codec.parse_json(data))
    except ValueError:
        return "refused"
    return "sound"


def _header_seeds() -> list[bytes]:
    return [json.dumps(json_codec.to_json(simulated_recording(2).settings)).encode()]


# ---------------------------------------------------------------------------- messages of a hub


@cache
def _run_of_hub() -> tuple[RunStart, list[Numbered]]:
    run = simulated_recording(2)
    sensors = tuple(s.name for s in run.settings.sensors)
    started = SessionStarted("2026-01-01T10-00-00-ann", "ann", "2026-01-01T10:00:00+00:00", sensors)
    return RunStart(started, run.settings, "0.1.0"), list(enumerate(run.packets()))[:60]


def _hub_seeds() -> list[bytes]:
    start, rows = _run_of_hub()
    hosted = HostedRun(start)
    records = [*hosted.begin().records, *hosted.push(rows).records]
    return [
        pack_start(start),
        pack_end(RunEnd(60, "stopped", {"footL": 3})),
        pack_records(RecordBatch(0, records)),
        *(message for _, message in pack_packets(rows)),
    ]


def run_hub_message(data: bytes) -> str:
    """Take bytes as each kind of message; packets, whose checksum is made right, are evaluated."""
    outcome, at = "refused", 3 + 4  # mark and checksum
    checked = data[:3] + struct.pack("<I", zlib.crc32(data[at:])) + data[at:]
    for unpack, message in (
        (unpack_start, data), (unpack_end, data), (unpack_records, data), (unpack_packets, checked),
    ):  # fmt: skip
        try:
            found = unpack(message)
            outcome = "sound"
            if isinstance(found, list):
                hosted = HostedRun(_run_of_hub()[0])
                hosted.push(found)
                hosted.finish(RunEnd(len(found), "stopped"))
        except (DecodeError, InputError):
            continue
    return outcome


# ---------------------------------------------------------------------------- the write proxy's parser


@cache
def _line_seeds() -> tuple[bytes, ...]:
    with Store(_folder() / DATABASE) as store:
        name = add_run(store)
        lines = protocol_lines(record_points(store.session(name), store.records(name)))
    return (lines, b'm,athlete=a\\ b,session=x f=1,g="a\\"b" 1\nm,athlete=c f=1i 2')


def run_lines(data: bytes) -> str:
    """Find the names in line protocol; a line that is passed has one athlete and nothing odd."""
    names = writing_athletes(data)
    if names is None:
        return "refused"
    assert all(names) or not data.strip()
    return "sound"


# ---------------------------------------------------------------------------- the API and its socket


@cache
def _client() -> tuple[TestClient, list[tuple[str, str, dict[str, Any]]]]:
    folder = _folder()
    with Store(folder / DATABASE) as store:
        import_recording(store, folder, simulated_recording(15), "me", _NOON)
    client = page_client(folder)
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    operations = [(m, path, op) for path, ops in paths.items() for m, op in ops.items()]
    return client, [o for o in operations if "reanalyse" not in o[1]]  # a second each


_WORDS = (
    "", "me", "last", "csv", "fit", "zip", "../..", "..%5c", "\x00", "\x1b[2J", "Łukasz", "李", "a" * 300,
    "%",     "NaN", "1e999", "-1", "9" * 30, "a.csv", "a.tape", "x.npz", "2026", "[red]", "<b>", "\u202e",
)  # fmt: skip
_VALUES = (
    "null", "true", "0", "-1", "1.5", "1e308", "1e999", "-1e999", "NaN", "Infinity", "9" * 400, '""', '"x"',
    '"\\u0000"', '"\\ud800"', "[]", "{}", "[1]", "[" * 2000, '["a","a"]', '[null]', '"=cmd|x"', "5", "12",
)  # fmt: skip


def run_request(data: bytes) -> str:
    """Send requests to the API: which, and with what, the bytes choose; none is a mistake of the server."""
    rng = random.Random(data)
    client, operations = _client()
    method, path, operation = rng.choice(operations)
    known = [s["id"] for s in client.get("/api/v1/sessions").json()] or ["x"]
    address, query = path, dict[str, str]()
    for parameter in operation.get("parameters", ()):
        word = rng.choice(known) if rng.random() < 0.7 and parameter["name"] == "id" else rng.choice(_WORDS)
        if parameter["in"] == "path":
            quoted = "".join(f"%{b:02x}" for b in word.encode()) or "x"
            address = address.replace("{" + parameter["name"] + "}", quoted)
        elif rng.random() < 0.6:
            query[parameter["name"]] = word
    content: bytes | None = None
    if "requestBody" in operation:
        names = ("text", "pain", "t_s", "title", "tags", "at_s", "sessions", "x")
        parts = [f'"{rng.choice(names)}": {rng.choice(_VALUES)}' for _ in range(rng.randint(0, 4))]
        content = rng.choice(("{" + ", ".join(parts) + "}", rng.choice(_VALUES))).encode()
        if rng.random() < 0.2:
            content = data[:2000]
    headers = {"content-type": "application/json"}
    answer = client.request(method, address, params=query, content=content, headers=headers)
    assert answer.status_code < 500, (method, address, query, content, answer.text[:300])
    if answer.headers.get("content-type", "") == "application/json":
        json.loads(answer.text, parse_constant=_no_constant)
    return "refused" if answer.status_code >= 400 else "sound"


def _no_constant(text: str) -> float:
    raise AssertionError(f"{text} in an answer")


def run_socket(data: bytes) -> str:
    """Say anything to the live page's socket; it goes on telling."""
    client, _ = _client()
    with client.websocket_connect(HOME_SOCKET) as socket:
        first = socket.receive_json()
        assert "all" in first
        for k in range(0, len(data), 200):
            if k % 400:
                socket.send_bytes(data[k : k + 200])
            else:
                socket.send_text(data[k : k + 200].decode(errors="replace"))
    return "sound"


def _random_seeds() -> list[bytes]:
    return [b"{}", b'{"text": "x", "t_s": 1e999}', struct.pack("<d", float("inf")), b"\xff\xfe\x00"]


TARGETS: dict[str, FuzzTarget] = {
    "settings": FuzzTarget(_settings_seeds, run_settings),
    "declared_devices": FuzzTarget(_device_seeds, run_device),
    "tapes": FuzzTarget(_tape_seeds, run_tape),
    "tape_settings": FuzzTarget(_header_seeds, run_header),
    "hub_messages": FuzzTarget(_hub_seeds, run_hub_message),
    "write_proxy_lines": FuzzTarget(_line_seeds, run_lines),
    "requests": FuzzTarget(_random_seeds, run_request),
    "socket": FuzzTarget(_random_seeds, run_socket),
}
"""By name, which a folder of the corpus has too."""

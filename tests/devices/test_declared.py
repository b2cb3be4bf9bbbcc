"""Descriptions of devices: what a file may say, and that it can do nothing else."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.types import Placement
from monitor.core.errors import ConfigError, DecodeError
from monitor.core.packet import Packet, Samples
from monitor.core.session_settings import SensorSettings
from monitor.devices.declared import (
    DeclaredDecoder,
    description_gatt,
    gatt,
    parse_description,
    sensor_description,
    shipped_description,
)
from monitor.devices.gatt import Ask, Pause, Write
from monitor.devices.registry import DEVICES
from monitor.service import config

PATH = Path("own.toml")
SHIPPED = sorted(p.name.removesuffix(".toml") for p in (files("monitor.devices") / "described").iterdir())

OWN = """
schema = 1
id = "own"
label = "my own"
match.name_prefix = ["Own"]
[[stream]]
id = "imu"
notify = "13012f01-f8c3-4f4a-a8f4-15cd926da146"
nominal_hz = 50.0
record = { struct = "<3h", fields = ["x", "y", "z"] }
[[stream.channel]]
kind = "accel"
fields = ["x", "y", "z"]
scale = 0.001
unit = "g"
"""


def settings(rate_hz: float | None = None, **options: str | float | bool) -> SensorSettings:
    return SensorSettings(
        name="it", kind="declared", placement=Placement.FOOT, rate_hz=rate_hz, options=options
    )


def mistakes(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_description(text, PATH)
    return tuple(str(caught.value).splitlines())


@pytest.mark.parametrize("name", SHIPPED)
def test_every_description_we_ship_has_a_row_and_tests_of_its_own(name: str) -> None:
    found = shipped_description(name)
    assert found.id == name
    assert found.test
    assert DEVICES[name].label


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('struct = "<3h"', 'struct = "@3h"', "struct must be a struct format"),
        ('struct = "<3h"', 'struct = "<3s"', "struct must be a struct format"),
        ('struct = "<3h"', 'struct = "<3h9"', "struct must be a struct format"),
        ('struct = "<3h"', 'struct = "<99999999h"', "bytes; 1 to 512"),
        ('struct = "<3h"', 'struct = "<4h"', "has 4 numbers, but there are 3 names"),
        ('"13012f01-f8c3-4f4a-a8f4-15cd926da146"', '"2a37"', "notify must be a UUID"),
        ('unit = "g"', 'unit = "G"', "unit must be one of g, mg, m/s2"),
        ('"z"]\nscale', '"w"]\nscale', "channel uses w, which is not a field"),
        ("nominal_hz", "nominal", "nominal is not a setting"),
        ('id = "imu"', 'id = "write"', "id must be small letters"),
        ("schema = 1", "schema = 2", "schema must be 1"),
        ('match.name_prefix = ["Own"]', "match.name_prefix = []", "name_prefix must begin"),
        ("scale = 0.001", "scale = 0", "scale must not be zero"),
        ('unit = "g"', 'unit = "g"\naxes = ["+x", "+x", "+z"]', "axes must be x, y and z"),
        ('label = "my own"', 'label = "my own"\nstart = ["01"]', "write must name"),
        ('label = "my own"', 'label = "my own"\nstart = ["rm -rf"]', "start must be bytes like"),
        ("nominal_hz = 50.0", 'nominal_hz = 50.0\nframe = { mode = "sync" }', "length must be"),
        (
            "nominal_hz = 50.0",
            'nominal_hz = 50.0\nframe = { mode = "line" }',
            "record must have a struct, unless",
        ),
        (
            "nominal_hz = 50.0",
            "nominal_hz = 50.0\nframe = { length = 7 }",
            "frame says 7 bytes, but its record has 6",
        ),
        (
            "nominal_hz = 50.0",
            'nominal_hz = 50.0\ntime = { source = "record" }',
            "field must name the time",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, complaint: str) -> None:
    assert old in OWN
    found = mistakes(OWN.replace(old, new, 1))
    assert any(complaint in line.replace(": ", " ") for line in found), found
    assert all(line.startswith("own.toml") for line in found)
    assert any(line[len("own.toml:") :].split(":")[0].isdigit() for line in found)


@pytest.mark.parametrize(
    ("test", "complaint"),
    [
        ('hex = ["000000000004"]\naccel = [0.0, 0.0, 1.0]', "accel is [0.0, 0.0, 1.024] g, expected"),
        ('hex = ["0000"]\nrows = 1', "2 bytes where a frame of 6 was expected"),
        ('hex = ["0000000000e8"]\nrows = 2', "gives 1 rows, not 2"),
        ('hex = ["000000000004"]\nrow = 3\naccel = [0.0, 0.0, 1.0]', "there is no row 3"),
        ('hex = ["000000000004"]\naccel = [0.0, 0.0, 1.024]\ntime_s = 1.0', "time_s is nan"),
    ],
)
def test_a_description_that_fails_its_own_test_is_refused(test: str, complaint: str) -> None:
    found = mistakes(f"{OWN}\n[[test]]\n{test}\n")
    assert len(found) == 1
    assert "[[test]] 1" in found[0]
    assert complaint in found[0]


def test_only_what_is_declared_is_listened_to_and_written() -> None:
    spec = description_gatt(shipped_description("witmotion"), settings())
    assert spec.notify == ("imu",)
    assert set(spec.characteristics) == {"imu", "write"}
    steps = [step for make in (spec.start, spec.stop) for step in make()]
    declared = {
        bytes.fromhex(s)
        for s in shipped_description("witmotion").option["rate_hz"].steps["100"]
        if "wait" not in s
    }
    assert {s.payload for s in steps if isinstance(s, Write)} == declared
    assert all(isinstance(s, Write | Pause) for s in steps)
    assert all(s.characteristic == "write" and not s.response for s in steps if isinstance(s, Write))


@pytest.mark.parametrize(("wanted", "code"), [(None, 9), (100.0, 9), (60.0, 8), (208.0, 9), (1.0, 6)])
def test_the_rate_below_the_wanted_one_is_set(wanted: float | None, code: int) -> None:
    spec = description_gatt(shipped_description("witmotion"), settings(rate_hz=wanted))
    written = [s.payload for s in spec.start() if isinstance(s, Write)]
    assert bytes((0xFF, 0xAA, 3, code, 0)) in written


def test_a_value_is_packed_where_the_description_says() -> None:
    spec = description_gatt(shipped_description("thingy52"), settings(rate_hz=100.0))
    (write,) = spec.start()
    assert isinstance(write, Write)
    assert write.payload == bytes.fromhex("E803 F401 F401 6400 01")
    assert spec.characteristics[write.characteristic].startswith("ef680401")
    pack = shipped_description("thingy52").option["rate_hz"].pack
    assert pack is not None
    with pytest.raises(ValueError, match="cannot be packed"):
        pack.packed(70_000.0)


def test_what_is_expected_is_waited_for_on_the_first_stream() -> None:
    text = OWN.replace('label = "my own"', 'label = "my own"\nstart = ["01 02", "wait 50", "expect 55 71"]')
    text += '\n[write]\nchar = "13012f02-f8c3-4f4a-a8f4-15cd926da146"\n'
    steps = list(description_gatt(parse_description(text, PATH), settings()).start())
    assert steps == [Write("write", b"\x01\x02"), Pause(0.05), Ask("write", b"", "imu", b"\x55\x71")]


def test_a_users_file_is_read_into_the_settings(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "own.toml").write_text(OWN)
    file = tmp_path / "gaitcue.toml"
    file.write_text(
        '[[sensor]]\nname = "L"\nkind = "declared"\nplacement = "waist"\noptions = { device = "own" }\n'
    )
    (sensor,) = config.load_config(file, {}).sensor
    assert sensor_description(sensor).label == "my own"
    assert gatt(sensor).names == ("Own",)
    file.write_text(file.read_text().replace('"own"', '"other"'))
    with pytest.raises(ConfigError, match="there is: own"):
        config.load_config(file, {})
    (tmp_path / "devices" / "other.toml").write_text(OWN.replace("<3h", "<3q"))
    file.write_text(file.read_text())
    config.load_config(file, {})
    (tmp_path / "devices" / "other.toml").write_text(OWN.replace("<3h", "3h"))
    with pytest.raises(ConfigError, match=r"\[\[sensor\]\] 1: other.toml:\d+"):
        config.load_config(file, {})


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ('kind = "witmotion"\noptions = { rate = 1 }', "rate is not an option of witmotion"),
        (
            'kind = "movesense"\noptions = { resorce = "IMU6" }',
            '[options], resorce: is not an option of movesense (did you mean "resource"?)',
        ),
        ('kind = "movesense"\noptions = { resource = "ECG" }', "resource must be one of"),
        ('kind = "sensor_logger"', 'options.platform = "ios" or "android"'),
        ('kind = "rsc"\noptions = { x = 1 }', "(it has none)"),
        ('kind = "declared"', "options.device"),
    ],
)
def test_options_are_checked_when_the_settings_are_read(
    tmp_path: Path, options: str, complaint: str
) -> None:
    file = tmp_path / "gaitcue.toml"
    file.write_text(f'[[sensor]]\nname = "L"\nplacement = "waist"\n{options}\n')
    with pytest.raises(ConfigError) as caught:
        config.load_config(file, {})
    assert complaint in str(caught.value)


def test_without_a_description_nothing_matches() -> None:
    spec = gatt(settings())
    assert not spec.matches("Own 1", frozenset({"0000ffe5-0000-1000-8000-00805f9a34fb"}))


@given(st.lists(st.binary(max_size=50), max_size=30))
def test_a_stream_cut_anywhere_gives_the_same_samples(junk: list[bytes]) -> None:
    """WitMotion's frames, whole or in pieces, with junk that is no frame between them."""
    frame = bytes.fromhex("5561EEFF0000040800000000000000006500D430")
    clean = [piece.replace(b"\x55", b"") for piece in junk]
    stream = b"".join(piece + frame for piece in clean)
    whole, pieces = Decoder(), Decoder()
    expected = whole.rows(stream) if len(stream) < 4000 else len(clean)
    got = sum(pieces.rows(stream[k : k + 7]) for k in range(0, len(stream), 7))
    assert got == expected == len(clean)


class Decoder:
    def __init__(self) -> None:
        self.decoder = DeclaredDecoder(settings(), shipped_description("witmotion"))

    def rows(self, payload: bytes) -> int:
        try:
            got = self.decoder.decode(Packet("it", 0, "imu", payload))
        except DecodeError:
            return 0
        return sum(len(d) for d in got if isinstance(d, Samples))

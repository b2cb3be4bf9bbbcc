"""The set-up dialogue: asked again where it must be, tried, and written without loss."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bleak.backends.device import BLEDevice
from typer.testing import CliRunner

from dsp.types import Placement, Side
from monitor.cli.main import app
from monitor.cli.setup_wizard import SetupContext, run_setup
from monitor.core.errors import BluetoothOff, ConfigError, StoreError
from monitor.core.session_settings import SensorSettings
from monitor.devices import declared
from monitor.devices.gatt import sig_uuid
from monitor.devices.registry import DEVICES
from monitor.service.config import Config, load_config
from monitor.service.sensor_search import FoundSensor, SensorDetails, described_families
from monitor.sources.bluetooth.families import matching_families
from monitor.sources.bluetooth.scanner import Advertisement
from monitor.sources.bluetooth.stream_check import StreamCheck
from tests.broker import program


class Script:
    """Answers by the beginning of the question; what is not listed gets its default."""

    def __init__(self, **answers: str | list[str]) -> None:
        self.answers = {k: [v] if isinstance(v, str) else list(v) for k, v in answers.items()}
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def ask(self, question: str, default: str = "") -> str:
        self.said.append(question)
        for key, answers in self.answers.items():
            if key.replace("_", " ") in question.lower() and answers:
                return answers.pop(0)
        return default

    @property
    def text(self) -> str:
        return "\n".join(self.said)


def found(name: str, *services: str, rssi: int = -60) -> FoundSensor:
    device = BLEDevice(f"F0:{len(name):02X}:{abs(hash(name)) % 256:02X}", name, None)
    s = Advertisement(device, name, frozenset(services), rssi, 0.0)
    return FoundSensor(s, matching_families(s))


def around(
    *near: FoundSensor,
    silent: Sequence[str] = (),
    serials: Sequence[str] = (),
    shaken: Sequence[str | None] = (),
) -> SetupContext:
    of = {f.advertisement.device: serial for f, serial in zip(near, serials, strict=False)}
    hands = list(shaken)

    async def look(_: Config) -> list[FoundSensor]:
        return list(near)

    async def ask(_: Config, f: FoundSensor) -> SensorDetails:
        return SensorDetails(serial=of.get(f.advertisement.device, ""))

    async def trial(_: Config, sensors: Sequence[SensorSettings]) -> list[StreamCheck]:
        return [
            StreamCheck(s, 0.0, False, 0, None, "is not to be seen")
            if s.name in silent
            else StreamCheck(s, 104.2, s.kind == "movesense", 0, 87.0, "streaming")
            for s in sensors
        ]

    async def shake(
        _: Config, sensors: Sequence[SensorSettings], ready: Callable[[], None]
    ) -> SensorSettings | None:
        ready()
        address = hands.pop(0)
        return next((s for s in sensors if s.match == address), None)

    return SetupContext(scan=look, query=ask, try_streams=trial, find_shaken=shake)


MOVESENSE = found("Movesense 204830000123", sig_uuid(0x180D))
POD = found("RunPod 1", sig_uuid(0x1814))


def test_a_device_of_ones_own_is_set_up_with_its_file(tmp_path: Path) -> None:
    text = (Path(declared.__file__).parent / "described" / "thingy52.toml").read_text()
    folder = tmp_path / "devices"
    folder.mkdir()
    (folder / "shoebox.toml").write_text(text)
    ((spec, _),) = described_families(folder)
    path = tmp_path / "gaitcue.toml"
    thing = replace(found("Thingy"), kinds=[spec])
    assert run_setup(path, Script(which_are_yours="1", on_which_side="left"), around(thing))
    assert "description" not in path.read_text()
    (shoe,) = load_config(path, {}).sensor
    assert (shoe.kind, shoe.match, shoe.side) == ("declared", "Thingy", Side.LEFT)
    assert shoe.options == {"device": "shoebox", "description": text}


def test_a_first_setup_makes_a_file_that_run_can_use(tmp_path: Path) -> None:
    path = tmp_path / "new" / "gaitcue.toml"
    script = Script(
        your_name="ann", height="1,70", weight="61", which_are_yours="1 2", on_which_side="right"
    )
    assert run_setup(path, script, around(MOVESENSE, POD))
    config = load_config(path, {})
    assert (config.athlete, config.runner.height_m, config.runner.mass_kg) == ("ann", 1.70, 61.0)
    shoe, pod = config.sensor
    assert (shoe.kind, shoe.placement, shoe.side) == ("movesense", Placement.FOOT, Side.RIGHT)
    assert shoe.match == "Movesense 204830000123"
    assert (pod.kind, pod.placement, pod.match) == ("rsc", Placement.POD, "RunPod 1")
    assert "sends 104 samples a second, battery 87 %" in script.text


def test_setup_again_with_nothing_new_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    assert run_setup(path, Script(which_are_yours="1"), around(MOVESENSE))
    before = path.read_bytes()
    again = Script()
    run_setup(path, again, around(MOVESENSE))
    assert path.read_bytes() == before
    assert "Nothing has changed" in again.text


def test_a_phone_that_shows_the_page_is_let_in_over_https(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("openssl", "openssl")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path, script = tmp_path / "gaitcue.toml", Script(which_are_yours="1", will_a_phone_show="y")
    assert run_setup(path, script, around(MOVESENSE))
    web = load_config(path, {}).web
    assert not web.loopback
    assert web.certificate is not None
    assert web.certificate.read_text().startswith("-----BEGIN CERTIFICATE")
    assert web.authority is not None
    assert web.authority.is_file()
    assert "/certificate once during a run" in script.text
    again = Script()
    run_setup(path, again, around(MOVESENSE))
    assert "Will a phone show" not in again.text


def test_without_openssl_a_phone_is_let_in_over_http_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path, script = tmp_path / "gaitcue.toml", Script(which_are_yours="1", will_a_phone_show="y")
    assert run_setup(path, script, around(MOVESENSE))
    assert load_config(path, {}).web.certificate is None
    assert "apt-get install openssl" in script.text
    assert "no Bluetooth" in script.text


CALIBRATED = """[[sensor]]
name = "left foot"
kind = "movesense"
placement = "foot"
side = "L"
match = "Movesense 1"
speed_gain = 1.03
slope_offset_pct = -0.8
"""


def test_setup_ends_with_how_to_calibrate_feet_that_are_not(tmp_path: Path) -> None:
    script = Script(which_are_yours="1")
    assert run_setup(tmp_path / "feet.toml", script, around(MOVESENSE))
    assert "gaitcue calibrate --speed" in script.said[-1]
    belt = Script(which_are_yours="1", where="waist")
    assert run_setup(tmp_path / "belt.toml", belt, around(MOVESENSE))
    assert "calibrate" not in belt.text
    path = tmp_path / "calibrated.toml"
    path.write_text(CALIBRATED)
    calibrated = Script(height="1.8", look_for_sensors="n")
    assert run_setup(path, calibrated, around())
    assert "gaitcue calibrate" not in calibrated.said[-1]
    assert load_config(path, {}).sensor[0].speed_gain == 1.03


def test_a_sensor_in_the_place_of_another_is_not_calibrated(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    path.write_text(CALIBRATED)
    script = Script(keep="n", which_are_yours="1", where="foot", on_which_side="left")
    assert run_setup(path, script, around(MOVESENSE))
    (shoe,) = load_config(path, {}).sensor
    assert (shoe.name, shoe.match) == ("left foot", "Movesense 204830000123")
    assert (shoe.speed_gain, shoe.slope_offset_pct) == (None, None)


def test_what_setup_does_not_know_it_keeps(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    text = """# mine
athlete = "ann"  # that is me

[web]
port = 9000      # the other one is taken

[[sensor]]
name = "old pod" # in the drawer
kind = "rsc"
placement = "pod"
match = "RunPod 9"
cadence_unit = "strides"
"""
    path.write_text(text)
    assert run_setup(
        path, Script(height="1.8", look_for_sensors="y", which_are_yours="1"), around(MOVESENSE)
    )
    new = path.read_text()
    for kept in ("# mine", "# that is me", "port = 9000      # the other", "# in the drawer", '"strides"'):
        assert kept in new
    assert len(load_config(path, {}).sensor) == 2
    assert (tmp_path / "gaitcue.toml.old").read_text() == text


def test_the_file_of_a_described_device_stays_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    shipped = Path(declared.__file__).parent / "described" / "arduino.toml"
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "mine.toml").write_bytes(shipped.read_bytes())
    path.write_text(
        '[[sensor]]\nname = "xiao"\nkind = "declared"\nplacement = "pelvis"\noptions = {device = "mine"}\n'
    )
    assert run_setup(path, Script(height="1.8"), around())
    assert "description" not in path.read_text()
    assert load_config(path, {}).sensor[0].options["device"] == "mine"


def test_an_answer_that_cannot_be_is_told_and_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    script = Script(
        your_name=["", "ann"],
        height=["tall", "5.9", "1.75"],
        look_for_sensors=["perhaps", "y", "n"],
        which_are_yours=["7", "1"],
        where_is_it_worn=["head", "pel"],
        called=["a/b", "belt"],
    )
    assert run_setup(path, script, around(MOVESENSE))
    for told in (
        "athlete must be", '"tall" is not a number', "height_m must be between 1 and 2.4",
        '"perhaps" is neither', "from 1 to 1", '"head" is none of these', "name must be",
    ):  # fmt: skip
        assert told in script.text, told
    config = load_config(path, {})
    assert config.runner.height_m == 1.75
    assert [(s.name, s.placement) for s in config.sensor] == [("belt", Placement.PELVIS)]


def test_a_sensor_that_does_not_stream_is_told_and_kept_only_if_wanted(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    near = around(MOVESENSE, POD, silent=["left foot"])
    script = Script(which_are_yours="1,2", all_the_same="n")
    assert run_setup(path, script, near)
    assert "left foot: sends nothing (is not to be seen)" in script.text
    assert [s.kind for s in load_config(path, {}).sensor] == ["rsc"]


def test_twins_are_told_apart_by_their_serial_numbers(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    twins = [found("RunPod", sig_uuid(0x1814), rssi=-50), found("RunPod", sig_uuid(0x1814), rssi=-70)]
    script = Script(which_are_yours="1 2", called=["left", "right"])
    assert run_setup(path, script, around(*twins, serials=["A-1", "A-2"]))
    assert [(s.name, s.match) for s in load_config(path, {}).sensor] == [("left", "A-1"), ("right", "A-2")]


WIT_LEFT, WIT_RIGHT = (
    FoundSensor(
        Advertisement(BLEDevice(address, "WT901BLE68", None), "WT901BLE68", frozenset(), -60, 0.0), []
    )
    for address in ("F0:00:00:00:00:0A", "F0:00:00:00:00:0B")
)
for wit in (WIT_LEFT, WIT_RIGHT):
    wit.kinds = [DEVICES["witmotion"]]


def test_twins_without_serial_numbers_are_told_apart_by_shaking_one(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    script = Script(which_are_yours="1 2", try_again="y")
    near = around(WIT_LEFT, WIT_RIGHT, shaken=[None, WIT_RIGHT.advertisement.address])
    assert run_setup(path, script, near)
    assert [(s.side, s.match) for s in load_config(path, {}).sensor] == [
        (Side.LEFT, WIT_RIGHT.advertisement.address),
        (Side.RIGHT, WIT_LEFT.advertisement.address),  # the only one left
    ]
    assert script.text.count("Shake the left one now") == 2
    assert "known by its address on this computer" in script.text


def test_twins_of_one_serial_number_are_told_apart_by_shaking_one(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    addresses = [wit.advertisement.address for wit in (WIT_LEFT, WIT_RIGHT)]
    near = around(WIT_LEFT, WIT_RIGHT, serials=["0000", "0000"], shaken=addresses[:1])
    assert run_setup(path, Script(which_are_yours="1 2"), near)
    assert [s.match for s in load_config(path, {}).sensor] == addresses


def test_twins_that_nothing_tells_apart_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    script = Script(your_name="ann", which_are_yours="1 2", again=["n", "n"])
    run_setup(path, script, around(WIT_LEFT, WIT_RIGHT, shaken=[None, None]))
    assert script.text.count("is left out") == 2
    assert load_config(path, {}).sensor == ()


def test_a_phone_needs_its_platform(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    script = Script(look_for_sensors="n", sensor_logger="y", which_phone="ios", will_a_phone_show="n")
    assert run_setup(path, script, around())
    (phone,) = load_config(path, {}).sensor
    assert (phone.name, phone.kind, phone.options) == ("phone", "sensor_logger", {"platform": "ios"})
    assert phone.placement is Placement.WAIST


@pytest.mark.parametrize("said", ["175", "175 cm", "1,75", "1.75m"])
def test_a_length_may_be_typed_in_metres_or_centimetres(tmp_path: Path, said: str) -> None:
    script = Script(look_for_sensors="n", height=said, hip_bone="92", weight="70 kg")
    runner = run_setup(tmp_path / "gaitcue.toml", script, around()).runner
    assert (runner.height_m, runner.leg_length_m, runner.mass_kg) == (1.75, 0.92, 70.0)


async def _mute(*_: object) -> list[FoundSensor]:
    raise BluetoothOff("Bluetooth does not answer")


@pytest.mark.parametrize("yes", ["", "y"])
def test_without_bluetooth_a_runner_is_led_to_the_phone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yes: str
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path, script = tmp_path / "gaitcue.toml", Script(sensor_logger=yes) if yes else Script()
    run_setup(path, script, replace(around(), scan=_mute))
    config = load_config(path, {})
    assert [(s.kind, s.placement) for s in config.sensor] == [("sensor_logger", Placement.WAIST)]
    assert not config.web.loopback  # the phone that measures shows the page too, unless that is refused
    assert "Try the sensors now" not in script.text
    assert script.said[-2].endswith("gaitcue sensors phone")
    assert script.said[-1].endswith("gaitcue run")


def test_a_setup_without_a_sensor_does_not_end_with_a_run(tmp_path: Path) -> None:
    script = Script(your_name="ann")
    run_setup(tmp_path / "gaitcue.toml", script, around())
    assert "gaitcue run" not in script.text
    assert script.said[-1].startswith("No sensor is set up yet")


def test_enter_alone_does_not_search_for_ever_where_nothing_is_near(tmp_path: Path) -> None:
    script = Script()
    run_setup(tmp_path / "gaitcue.toml", script, around())
    assert script.text.count("No sensor was seen") == 1


def test_asked_to_look_again_it_looks_again(tmp_path: Path) -> None:
    script = Script(which_are_yours=["r", "1"])
    config = run_setup(tmp_path / "gaitcue.toml", script, around(MOVESENSE))
    assert len(config.sensor) == 1
    assert script.text.count("Looking for 8 seconds") == 2


def test_without_bluetooth_the_dialogue_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = tmp_path / "gaitcue.toml"

    async def look(_: Config) -> list[FoundSensor]:
        raise BluetoothOff("Bluetooth is switched off: switch it on")

    near = around()
    script = Script(your_name="ann", look_for_sensors=["y", "n"])
    assert run_setup(path, script, replace(near, scan=look))
    assert "switch it on" in script.text
    assert load_config(path, {}).athlete == "ann"


def test_a_file_with_mistakes_is_not_written_over_without_being_asked(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    path.write_text('athlet = "ann"\n')
    with pytest.raises(ConfigError):
        run_setup(path, Script(), around())
    assert path.read_text() == 'athlet = "ann"\n'
    assert run_setup(path, Script(begin_with="y", look_for_sensors="n"), around())
    assert (tmp_path / "gaitcue.toml.old").read_text() == 'athlet = "ann"\n'


def test_refusing_at_the_end_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gaitcue.toml"
    run_setup(path, Script(look_for_sensors="n", write_this="n"), around())
    assert not path.exists()


def test_a_setup_that_is_left_half_way_is_not_a_success(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "monitor", "setup", "--config", str(tmp_path / "gaitcue.toml")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 1
    assert "nothing was written" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("scans", "phone", "code"), [(["off"], "n", 1), (["off", "on"], "n", 0), (["off"], "y", 0)]
)
def test_the_command_fails_unless_bluetooth_answers_in_the_end_or_a_phone_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scans: list[str], phone: str, code: int
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path, waiting = tmp_path / "gaitcue.toml", list(scans)

    async def look(*_: object) -> list[FoundSensor]:
        if waiting.pop(0) == "off":
            raise BluetoothOff("Bluetooth is switched off: switch it on")
        return [MOVESENSE]

    looks = ["y" for _ in scans] + ["n"]
    script = Script(look_for_sensors=looks, which_are_yours="none", your_name="ann", sensor_logger=phone)
    monkeypatch.setattr("monitor.service.sensor_search.nearby_sensors", look)
    monkeypatch.setattr("monitor.cli.prompts.TerminalDialogue", lambda console: script)
    ended = CliRunner().invoke(app, ["setup", "--config", str(path)])
    assert ended.exit_code == code, script.text
    assert load_config(path, {}).athlete == "ann"


def test_a_trial_without_an_answer_of_bluetooth_is_a_failure_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gaitcue.toml"
    path.write_text(CALIBRATED)

    async def mute(*_: object) -> list[StreamCheck]:
        raise BluetoothOff("Bluetooth does not answer")

    monkeypatch.setattr("monitor.sources.bluetooth.stream_check.check_streams", mute)
    monkeypatch.setattr(
        "monitor.cli.prompts.TerminalDialogue", lambda console: Script(look_for_sensors="n")
    )
    ended = CliRunner().invoke(app, ["setup", "--config", str(path)])
    assert ended.exit_code == 1
    assert load_config(path, {}).sensor[0].speed_gain == 1.03


def test_enter_alone_does_not_search_for_ever_where_bluetooth_is_mute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    script = Script()
    run_setup(tmp_path / "gaitcue.toml", script, replace(around(), scan=_mute))
    assert script.text.count("Bluetooth does not answer") == 1


def test_settings_that_find_no_room_leave_those_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitor.cli.settings_editor import save_settings

    path = tmp_path / "gaitcue.toml"
    save_settings(path, "athlete = 'a'\n")
    write = Path.write_text

    def full(self: Path, text: str, **options: Any) -> int:
        write(self, text[:3], **options)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as on_full_disk:
        on_full_disk.setattr(Path, "write_text", full)
        with pytest.raises(StoreError, match="No space left"):
            save_settings(path, "athlete = 'b'\n")
    assert path.read_text() == "athlete = 'a'\n"
    assert [p.name for p in tmp_path.iterdir()] == ["gaitcue.toml"]
    assert save_settings(path, "athlete = 'b'\n") is not None
    assert path.read_text() == "athlete = 'b'\n"

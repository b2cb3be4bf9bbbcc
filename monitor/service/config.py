"""The configuration file: one line here makes a section exist in ``gaitcue.toml``."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dsp.cueing.gating import EffortParams
from dsp.cueing.target import TargetParams
from dsp.types import Runner
from monitor.core import toml_reader
from monitor.core.errors import ConfigError
from monitor.core.http_access import WebSettings
from monitor.core.message_catalogues import UserMessage
from monitor.core.mqtt_client import MqttSettings
from monitor.core.nats_client import HubSettings
from monitor.core.safe_text import clean_line, line_complaint
from monitor.core.session_settings import (
    CoachSettings,
    CueSettings,
    IntervalPlan,
    LapSettings,
    SensorSettings,
    SessionSettings,
)
from monitor.core.settings_path import default_path, own_folder
from monitor.core.toml_text import TomlKey
from monitor.sinks.export.settings import ExportSettings
from monitor.sinks.influx.settings import InfluxSettings
from monitor.sinks.intervals_icu.settings import IntervalsIcuSettings
from monitor.sinks.push.alerts import AlertSettings
from monitor.sinks.push.apprise import AppriseSettings
from monitor.sinks.push.ntfy import NtfySettings
from monitor.sources.bluetooth.settings import BluetoothSettings
from monitor.sources.phone_settings import PhoneSettings
from monitor.training.plan_settings import PlanSettings

_LONGEST_NAME = 40
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Settings of the store: ``folder`` holds sessions and tapes, that of ``data_folder`` if not set.

    Raw tapes older than these days are compressed or dropped by ``gaitcue sessions tidy``; metrics stay.
    """

    folder: Path | None = None
    compress_after_days: float = 30.0
    drop_after_days: float | None = None

    def __post_init__(self) -> None:
        if self.compress_after_days < 0 or (self.drop_after_days is not None and self.drop_after_days < 1):
            raise ValueError("compress_after_days must not be negative, drop_after_days at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings that a user can make.  A field that is a dataclass is a ``[table]`` of that name."""

    athlete: str = "me"
    runner: Runner = field(default_factory=Runner)
    sensor: tuple[SensorSettings, ...] = ()
    cues: CueSettings = field(default_factory=CueSettings)
    target: TargetParams = field(default_factory=TargetParams)
    effort: EffortParams = field(default_factory=EffortParams)
    laps: LapSettings = field(default_factory=LapSettings)
    intervals: tuple[IntervalPlan, ...] = ()
    plan: PlanSettings = field(default_factory=PlanSettings)
    bluetooth: BluetoothSettings = field(default_factory=BluetoothSettings)
    phone: PhoneSettings = field(default_factory=PhoneSettings)
    web: WebSettings = field(default_factory=WebSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    export: ExportSettings = field(default_factory=ExportSettings)
    intervals_icu: IntervalsIcuSettings = field(default_factory=IntervalsIcuSettings)
    influx: InfluxSettings = field(default_factory=InfluxSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    ntfy: NtfySettings = field(default_factory=NtfySettings)
    apprise: AppriseSettings = field(default_factory=AppriseSettings)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    hub: HubSettings = field(default_factory=HubSettings)

    def __post_init__(self) -> None:
        if line_complaint(self.athlete, _LONGEST_NAME):
            raise ValueError("athlete must be a name of 1 to 40 characters, without control characters")
        object.__setattr__(self, "athlete", clean_line(self.athlete))  # as sessions are found by it: in NFC
        _ = self.session  # its limits are ours

    @property
    def session(self) -> SessionSettings:
        """The settings of a session without a coach, as they stand on a tape."""
        return SessionSettings(
            athlete=self.athlete, runner=self.runner, sensors=self.sensor, laps=self.laps
        )

    @property
    def coach(self) -> CoachSettings:
        """The coach as the user has set it; baseline, week and cue share come from the plan."""
        return CoachSettings(cues=self.cues, target=self.target, effort=self.effort)


def setup_words(path: Path | None) -> str:
    """Return the command that writes the settings file ``path``, or the usual one."""
    if path is None:
        return "gaitcue setup"
    return f'gaitcue setup --config "{path}"' if " " in str(path) else f"gaitcue setup --config {path}"


def data_folder(config: Config, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of database and tapes: the one that is set, else our own (``own_folder``)."""
    return config.store.folder or own_folder(environment, "XDG_DATA_HOME", ".local/share")


def load_config(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> Config:
    """Return the settings in ``path``; without one those of the default file, or the defaults.

    Secrets come from files that the settings name or from ``environment``.  ``ConfigError`` with all
    mistakes, each with its place in the file.
    """
    if path is None and not default_path(environment).exists():
        _log.info("no settings file (%s): using defaults", default_path(environment))
        return toml_reader.read_toml_text(Config, "", environment, Path("the environment"))
    path = path or default_path(environment)
    devices = devices_folder(path)
    checks: toml_reader.Checks = {SensorSettings: functools.partial(_sensor_mistakes, folder=devices)}
    config = toml_reader.read_toml_text(Config, _settings_text(path), environment, path, checks)
    config = replace(config, sensor=tuple(with_device_description(s, devices) for s in config.sensor))
    _check_matches(config.sensor)
    _log.info("settings from %s", path)
    return config


def _check_matches(sensors: Sequence[SensorSettings]) -> None:
    if len(sensors) > 1:
        from monitor.sources.device_identity import check_matches  # decoders are many

        check_matches(sensors)


def _settings_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as exc:
        raise ConfigError("error.settings_missing", path=path, command=setup_words(path)) from exc
    except IsADirectoryError as exc:
        raise ConfigError("error.settings_folder", path=path) from exc
    except UnicodeDecodeError as exc:
        raise ConfigError("error.settings_not_text", path=path) from exc
    except OSError as exc:
        raise ConfigError("error.settings_unreadable", path=path, reason=exc) from exc


def _sensor_mistakes(sensor: SensorSettings, folder: Path) -> Iterator[tuple[TomlKey, UserMessage]]:
    """What is wrong with its kind, its options, or the user's own description in ``folder``."""
    from monitor.devices.registry import (  # decoders are many and only needed where sensors are
        DEVICES,
        is_imu,
    )

    spec, kind = DEVICES.get(sensor.kind), sensor.kind
    if spec is None:
        hint = toml_reader.suggestion(kind, DEVICES)
        yield ("kind",), UserMessage("setting.device", {"kind": kind, "hint": hint})
        return
    known = sensor.options if spec.options is None else spec.options
    for name in sensor.options:
        if name not in known:
            hint = toml_reader.suggestion(name, known) if known else UserMessage("setting.none")
            yield ("options", name), UserMessage("setting.option", {"kind": kind, "hint": hint})
    if sensor.side is None and sensor.placement.one_leg and is_imu(spec):
        yield ("side",), UserMessage("setting.side")
    try:
        sensor = with_device_description(sensor, folder)
        spec.decoder(sensor)
        if spec.gatt is not None:
            spec.gatt(sensor)
    except ConfigError as exc:
        for message in exc.messages:
            yield (), message


def devices_folder(settings_file: Path) -> Path:
    """Return the folder with the descriptions of devices that belongs to a settings file."""
    return settings_file.parent / "devices"


def with_device_description(sensor: SensorSettings, folder: Path) -> SensorSettings:
    """Return the settings of a ``declared`` sensor with the text of ``folder/<device>.toml`` in them.

    Other sensors come back as they are.  ``ConfigError`` if the file cannot be read.
    """
    device = sensor.options.get("device")
    if sensor.kind != "declared" or not isinstance(device, str):
        return sensor
    path = folder / f"{device}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as exc:
        names = ", ".join(sorted(p.stem for p in folder.glob("*.toml")))
        there = names or UserMessage("setting.nothing_yet")
        raise ConfigError(
            "error.description_unreadable", name=sensor.name, path=path, reason=exc, there=there
        ) from exc
    return replace(sensor, options={**sensor.options, "description": text})

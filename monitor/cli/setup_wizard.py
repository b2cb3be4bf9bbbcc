"""``gaitcue setup``: a dialogue that finds the sensors, tries them, and writes the settings.

It may be run again at any time: what is there is the default, and settings that it does not ask for stay.
"""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsp.types import Placement, Runner, Side
from monitor.cli import settings_editor
from monitor.cli.prompts import Dialogue, ask_choice, ask_numbers, ask_yes_no
from monitor.cli.settings_editor import SettingsEdit
from monitor.core.errors import ConfigError, MonitorError, StoreError
from monitor.core.http_access import WebSettings
from monitor.core.message_catalogues import catalogue
from monitor.core.session_settings import SensorSettings
from monitor.core.user_language import user_language, user_text
from monitor.devices import declared
from monitor.devices.registry import DEVICES, SensorSpec, is_imu
from monitor.devices.sensor_logger import PLATFORMS
from monitor.service.config import Config, data_folder, load_config
from monitor.service.page_certificate import make_page_certificate
from monitor.service.sensor_search import FoundSensor, SensorDetails
from monitor.sources.bluetooth.stream_check import StreamCheck
from monitor.web.app import page_address

SETUP_SCAN_S = 8.0
_PHONE = "sensor_logger"
_WORN_AS_IMU = tuple(p.value for p in Placement if p is not Placement.POD)
_SIDES = {"left": Side.LEFT, "right": Side.RIGHT}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupContext:
    """The Bluetooth that the dialogue needs.

    A scan, a query of one sensor, a trial of all chosen ones, and which one of several is shaken after a
    call (None if that is not clear).
    """

    scan: Callable[[Config], Coroutine[Any, Any, list[FoundSensor]]]
    query: Callable[[Config, FoundSensor], Coroutine[Any, Any, SensorDetails]]
    try_streams: Callable[[Config, Sequence[SensorSettings]], Coroutine[Any, Any, list[StreamCheck]]]
    find_shaken: Callable[
        [Config, Sequence[SensorSettings], Callable[[], None]], Coroutine[Any, Any, SensorSettings | None]
    ]


def run_setup(path: Path, dialogue: Dialogue, context: SetupContext) -> Config:
    """Ask for runner and sensors, try them, write the settings, and return those that hold in the end.

    ``ConfigError`` if the file that is there has mistakes and is not to be replaced.
    """
    text, before = _read_existing(path, dialogue)
    config = _ask_runner(before, dialogue)
    config = replace(config, sensor=_ask_sensors(config, dialogue, context))
    if any(needs_bluetooth(s) for s in config.sensor) and ask_yes_no(dialogue, user_text("say.setup.try")):
        config = replace(config, sensor=_try_sensors(config, dialogue, context))
    config = replace(config, web=_ask_page(config, dialogue))
    new = settings_editor.with_new_settings(text, _settings_edit(config), path)
    if new == text:
        dialogue.say(user_text("say.setup.unchanged", path=str(path)))
        return config
    dialogue.say(f"\n{new.strip()}\n")
    if not ask_yes_no(dialogue, user_text("say.setup.write", path=str(path))):
        dialogue.say(user_text("say.setup.not_written"))
        return before
    backup = settings_editor.save_settings(path, new)
    load_config(path)  # what was written must be readable
    key = "say.setup.written_over" if backup else "say.setup.written"
    dialogue.say(user_text(key, path=str(path), backup=str(backup)))
    _say_next_steps(config, dialogue)
    return config


def needs_bluetooth(sensor: SensorSettings) -> bool:
    """Return whether this sensor is heard over Bluetooth, and not over the network or from a file."""
    return DEVICES[sensor.kind].gatt is not None


def _say_next_steps(config: Config, dialogue: Dialogue) -> None:
    if not config.sensor:
        dialogue.say(user_text("say.setup.no_sensor"))
        return
    if any(s.kind == _PHONE for s in config.sensor):
        dialogue.say(user_text("say.setup.app"))
    dialogue.say(user_text("say.setup.start"))
    feet = [s for s in config.sensor if s.placement is Placement.FOOT]
    if any(s.speed_gain is None or s.slope_offset_pct is None for s in feet):
        dialogue.say(user_text("say.setup.calibrate"))


def _read_existing(path: Path, dialogue: Dialogue) -> tuple[str, Config]:
    if not path.exists():
        dialogue.say(user_text("say.setup.new", path=str(path)))
        return "", Config()
    try:
        config = load_config(path)
        text = path.read_text(encoding="utf-8")
    except ConfigError as exc:
        dialogue.say(f"{user_text('say.setup.mistakes')}\n{exc.text_in(user_language())}")
        backup = f"{path.name}{settings_editor.BACKUP_SUFFIX}"
        question = user_text("say.setup.begin_anew", backup=backup)
        if ask_yes_no(dialogue, question, default=False):
            return "", Config()
        raise
    dialogue.say(user_text("say.setup.there", path=str(path)))
    return text, config


def _ask_runner(config: Config, dialogue: Dialogue) -> Config:
    while True:
        try:
            athlete = dialogue.ask(user_text("say.setup.name"), config.athlete)
            config = replace(config, athlete=athlete)
            break
        except ValueError as exc:
            dialogue.say(_refusal(str(exc)))
    runner = config.runner
    for field, question in (
        ("height_m", user_text("say.setup.height")),
        ("mass_kg", user_text("say.setup.mass")),
        ("leg_length_m", user_text("say.setup.leg")),
    ):
        runner = _ask_number(runner, field, question, dialogue)
    return replace(config, runner=runner)


def _ask_number(runner: Runner, field: str, question: str, dialogue: Dialogue) -> Runner:
    known = getattr(runner, field)
    while True:
        said = dialogue.ask(question, "-" if known is None else f"{known:g}")
        try:
            return replace(runner, **{field: None if said == "-" else _read_measure(field, said)})
        except ValueError as exc:
            no_number = user_text("say.setup.no_number", said=said)
            dialogue.say(_refusal(str(exc)) if field in str(exc) else no_number)


def _read_measure(field: str, said: str) -> float:
    """Return metres or kilograms; a length of ten or more was said in centimetres."""
    number = float(re.sub(r"\s*(cm|m|kg)$", "", said.replace(",", "."), flags=re.IGNORECASE))
    return number / 100 if field.endswith("_m") and number >= 10 else number


def _refusal(limit: str) -> str:
    return catalogue(user_language()).translate_english(limit) + "."


def _ask_sensors(config: Config, dialogue: Dialogue, context: SetupContext) -> tuple[SensorSettings, ...]:
    """Those that are kept, those that were found, and the phone."""
    kept = [
        s
        for s in config.sensor
        if ask_yes_no(
            dialogue,
            user_text("say.setup.keep", name=s.name, device=DEVICES[s.kind].label, worn=_worn_text(s)),
        )
    ]
    silent, look = False, not kept
    while ask_yes_no(dialogue, user_text("say.setup.look"), default=look):
        dialogue.say(user_text("say.setup.looking", seconds=SETUP_SCAN_S))
        try:
            found, silent = asyncio.run(context.scan(config)), False
        except MonitorError as exc:
            dialogue.say(exc.text_in(user_language()))
            silent, look = True, False
            continue
        look = bool(found)  # whoever answers by Enter alone goes on after a search in vain
        chosen = _ask_which(found, dialogue)
        if chosen is not None:
            for f in chosen:
                sensor = _ask_sensor(f, kept, found, config, dialogue, context)
                kept += [] if sensor is None else [sensor]
            break
    if all(s.kind != _PHONE for s in kept):
        question = user_text("say.setup.phone" if kept else "say.setup.phone_alone")
        if ask_yes_no(dialogue, question, default=silent and not kept):
            kept.append(_ask_phone(kept, dialogue))
    return tuple(kept)


def _ask_which(found: Sequence[FoundSensor], dialogue: Dialogue) -> list[FoundSensor] | None:
    if not found:
        dialogue.say(user_text("say.setup.none"))
        return None
    for number, f in enumerate(found, start=1):
        labels = user_text("command.or").join(k.label for k in f.kinds)
        rssi = f.advertisement.rssi_dbm
        near = user_text("say.scan.connected") if rssi is None else f"{rssi} dBm"
        dialogue.say(f"{number:2}  {f.advertisement.name or f.advertisement.address}  {labels}  {near}")
    picked = ask_numbers(dialogue, user_text("say.setup.which"), len(found))
    return None if picked is None else [found[n] for n in picked]


def _ask_sensor(
    f: FoundSensor,
    others: Sequence[SensorSettings],
    found: Sequence[FoundSensor],
    config: Config,
    dialogue: Dialogue,
    context: SetupContext,
) -> SensorSettings | None:
    """Ask for one sensor; None where nothing tells it from another one."""
    name = f.advertisement.name
    dialogue.say(f"\n{name or f.advertisement.address}:")
    spec = f.kinds[0]
    if len(f.kinds) > 1:
        kind = ask_choice(dialogue, "  " + user_text("say.setup.use"), [k.kind for k in f.kinds], spec.kind)
        spec = next(k for k in f.kinds if k.kind == kind)
    placement, side = _ask_placement(spec, others, dialogue)
    match = name
    same_name = [o for o in found if o.advertisement.name == name]
    if not name or len(same_name) > 1:
        taken = {s.match for s in others}
        match = asyncio.run(context.query(config, f)).serial
        if match and match not in taken and not _shared_serial(match, f, same_name, config, context):
            dialogue.say("  " + user_text("say.setup.serial", serial=match))
        else:
            twins = [
                o.advertisement.address
                for o in found
                if o.advertisement.name == name and spec in o.kinds and o.advertisement.address not in taken
            ]
            match = _ask_which_twin(twins, spec, placement, side, config, dialogue, context)
        if not match:
            dialogue.say("  " + user_text("say.setup.alike"))
            return None
    return _ask_name(spec, placement, side, match, others, dialogue)


def _shared_serial(
    serial: str, f: FoundSensor, same_name: Sequence[FoundSensor], config: Config, context: SetupContext
) -> bool:
    """Return whether another of that name has this serial number too, as those of a cheap batch may."""
    others = (o for o in same_name if o is not f)
    return any(asyncio.run(context.query(config, o)).serial == serial for o in others)


def _ask_which_twin(
    addresses: Sequence[str],
    spec: SensorSpec,
    placement: Placement,
    side: Side | None,
    config: Config,
    dialogue: Dialogue,
    context: SetupContext,
) -> str:
    """Return the address of the one that is shaken, or of the only one left; empty if that fails."""
    sensors = [
        SensorSettings(
            name=f"twin {n}",
            kind=spec.kind,
            placement=placement,
            side=side,
            match=address,
            options=dict(spec.preset),
        )
        for n, address in enumerate(addresses)
    ]
    shake = {
        Side.LEFT: "say.setup.shake_left",
        Side.RIGHT: "say.setup.shake_right",
        None: "say.setup.shake",
    }
    twin = sensors[0] if len(sensors) == 1 else None
    while twin is None:
        dialogue.say("  " + user_text("say.setup.twins", n=len(sensors)))
        now = "  " + user_text(shake[side])
        twin = asyncio.run(context.find_shaken(config, sensors, functools.partial(dialogue.say, now)))
        if twin is None and not ask_yes_no(dialogue, "  " + user_text("say.setup.not_shaken")):
            return ""
    address = twin.match or ""
    dialogue.say("  " + user_text("say.setup.address", address=address))
    return address


def _ask_placement(
    spec: SensorSpec, others: Sequence[SensorSettings], dialogue: Dialogue
) -> tuple[Placement, Side | None]:
    if not is_imu(spec):
        return Placement.POD, None
    placement = Placement(ask_choice(dialogue, "  " + user_text("say.setup.where"), _WORN_AS_IMU, "foot"))
    if not placement.one_leg:
        return placement, None
    taken = any((s.placement, s.side) == (placement, Side.LEFT) for s in others)
    side = ask_choice(
        dialogue, "  " + user_text("say.setup.side"), list(_SIDES), "right" if taken else "left"
    )
    return placement, _SIDES[side]


def _ask_name(
    spec: SensorSpec,
    placement: Placement,
    side: Side | None,
    match: str | None,
    others: Sequence[SensorSettings],
    dialogue: Dialogue,
    options: Mapping[str, Any] | None = None,
) -> SensorSettings:
    """Ask for a name until it is possible and nobody else's."""
    sided = {Side.LEFT: "left ", Side.RIGHT: "right ", None: ""}[side]
    where = placement.value if placement is not Placement.POD else spec.label
    if spec.kind == _PHONE:
        where = "phone"
    default = re.sub(r"[^\w .-]", "", sided + where).strip()[:40]
    while True:
        name = dialogue.ask("  " + user_text("say.setup.called"), default)
        try:
            if any(s.name == name for s in others):
                raise ValueError(f'another sensor is called "{name}"')
            return SensorSettings(
                name=name,
                kind=spec.kind,
                placement=placement,
                side=side,
                match=match,
                options={**spec.preset, **(options or {})},
            )
        except ValueError as exc:
            dialogue.say(f"  {_refusal(str(exc))}")


def _ask_phone(others: Sequence[SensorSettings], dialogue: Dialogue) -> SensorSettings:
    platform = ask_choice(dialogue, "  " + user_text("say.setup.which_phone"), PLATFORMS, PLATFORMS[0])
    worn = ask_choice(dialogue, "  " + user_text("say.setup.where"), ("waist", "hip", "pelvis"), "waist")
    spec = DEVICES[_PHONE]
    return _ask_name(spec, Placement(worn), None, None, others, dialogue, {"platform": platform})


def _ask_page(config: Config, dialogue: Dialogue) -> WebSettings:
    """Let phones in, over https where a certificate can be made."""
    web, phone = config.web, any(s.kind == _PHONE for s in config.sensor)
    if not web.loopback or not ask_yes_no(dialogue, user_text("say.setup.page"), default=phone):
        return web
    web = replace(web, host="0.0.0.0")
    if web.certificate is None:
        try:
            made = make_page_certificate(data_folder(config) / "certificate")
        except StoreError as exc:
            dialogue.say(user_text("say.setup.no_https", why=exc.text_in(user_language())))
            return web
        web = replace(web, certificate=made.certificate, key=made.key)
        dialogue.say(user_text("say.setup.https", url=f"{page_address(web, web.port, None)}certificate"))
    return web


def _try_sensors(config: Config, dialogue: Dialogue, context: SetupContext) -> tuple[SensorSettings, ...]:
    """Those that stream, and those that are wanted nevertheless."""
    tried = [s for s in config.sensor if needs_bluetooth(s)]
    out = {s.name for s in config.sensor}
    dialogue.say(user_text("say.setup.connecting", n=len(tried)))
    try:
        checks = asyncio.run(context.try_streams(config, tried))
    except MonitorError as exc:
        dialogue.say(user_text("say.setup.untried", why=exc.text_in(user_language())))
        checks = []
    for check in checks:
        dialogue.say(f"{check.sensor.name}: {_check_text(check)}")
        if not check.good and not ask_yes_no(
            dialogue, user_text("say.setup.keep_anyway", name=check.sensor.name)
        ):
            out.discard(check.sensor.name)
    return tuple(s for s in config.sensor if s.name in out)


def _check_text(check: StreamCheck) -> str:
    if not check.good:
        why = catalogue(user_language()).translate_recorded(check.text)
        return user_text("say.setup.no_stream", why=why)
    key = "say.setup.samples" if check.imu else "say.setup.readings"
    parts = [user_text(key, rate=check.per_second)]
    if check.lost:
        parts.append(user_text("say.setup.lost", n=check.lost))
    if check.battery_pct is not None:
        parts.append(user_text("live.sensor.battery", level=check.battery_pct))
    return ", ".join(parts)


def _settings_edit(config: Config) -> SettingsEdit:
    runner = config.runner
    return SettingsEdit(
        values={"athlete": config.athlete},
        tables={
            "runner": {
                "height_m": runner.height_m,
                "mass_kg": runner.mass_kg,
                "leg_length_m": runner.leg_length_m,
            },
            "web": {
                "host": None if config.web.host == WebSettings().host else config.web.host,
                "certificate": config.web.certificate and str(config.web.certificate),
                "key": config.web.key and str(config.web.key),
            },
        },
        sensors=[_sensor_row(s) for s in config.sensor],
    )


def _sensor_row(s: SensorSettings) -> dict[str, Any]:
    row: dict[str, Any] = {"name": s.name, "kind": s.kind, "placement": s.placement.value}
    row["side"] = s.side.value if s.side else None
    row["match"] = s.match
    # written although it is not asked: another sensor of the same name must not take it over
    row |= {"speed_gain": s.speed_gain, "slope_offset_pct": s.slope_offset_pct}
    row["options"] = {k: v for k, v in s.options.items() if k != declared.DESCRIPTION_OPTION} or None
    return row


def _worn_text(s: SensorSettings) -> str:
    return f"{s.placement.value}{f' {s.side.value}' if s.side else ''}"

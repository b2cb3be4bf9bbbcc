"""``gaitcue calibrate``: a run of known speed or distance, or on the level, sets the foot sensors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import SessionArgument, SettingsOption, open_session_store, resolve_session
from monitor.core.errors import ConfigError
from monitor.core.message_catalogues import catalogue
from monitor.core.user_language import user_language, user_text

if TYPE_CHECKING:
    from rich.table import Table

    from monitor.review.calibration import RunCalibration, Settings
    from monitor.storage.session_data import Stretch
    from monitor.storage.store import Store

_SPEEDS_MPS = {"km/h": 1 / 3.6, "m/s": 1.0, "mph": 1609.344 / 3600}
_LENGTHS_M = {"km": 1000.0, "m": 1.0, "mi": 1609.344}
_PACES_S_M = {"min/km": 60 / 1000, "min/mi": 60 / 1609.344}
_NUMBER, _PACE = r"(\d+(?:[.,]\d+)?)", r"(\d{1,2}):([0-5]\d)"


def calibrate_command(
    session: SessionArgument = None,
    speed: Annotated[str | None, typer.Option(help="option.calibrate.speed")] = None,
    distance: Annotated[str | None, typer.Option(help="option.calibrate.distance")] = None,
    level: Annotated[bool, typer.Option("--level", help="option.calibrate.level")] = False,
    start: Annotated[str | None, typer.Option("--from", help="option.calibrate.from")] = None,
    end: Annotated[str | None, typer.Option("--to", help="option.calibrate.to")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="option.calibrate.yes")] = False,
    config: SettingsOption = None,
) -> None:
    """Enter what a runner knows of a run (speed, distance, level) into the settings of the foot sensors."""
    from rich.console import Console

    from monitor.cli.prompts import TerminalDialogue, ask_yes_no
    from monitor.core.settings_path import default_path
    from monitor.service.config import load_config

    if (speed is not None) + (distance is not None) + level != 1:
        raise ConfigError("error.calibrate.one_of")
    path = config or default_path()
    settings = {s.name: s for s in load_config(config).sensor}
    with open_session_store(config) as store:
        name = resolve_session(store, session)
        found = _measure_calibration(store, name, (speed, distance), _stretch(start, end), settings)
    console = Console()
    console.print(user_text("say.calibrate.run", session=name), highlight=False)
    console.print(calibration_table(found))
    for message in found.left_out:
        console.print(catalogue(user_language()).render(message), highlight=False)
    for row in found.sensors:
        if row.changed:
            console.print(user_text("say.calibrate.changed", sensor=row.sensor), highlight=False)
    question = user_text("say.calibrate.store", path=str(path))
    if yes or ask_yes_no(TerminalDialogue(console), question):
        _store_calibration(path, found, settings)
        console.print(user_text("say.calibrate.stored"), highlight=False)
        if level:
            console.print(user_text("say.calibrate.mount"), highlight=False)


def calibration_table(found: RunCalibration) -> Table:
    """Return one row per sensor: what it measured, what is true, its setting before and after with ±."""
    from rich.table import Table

    from monitor.review.calibration import minutes_text

    of_speed = found.setting == "speed_gain"
    factor, unit, decimals = (3.6, "km/h", 3) if of_speed else (1.0, "%", 1)
    times = [minutes_text(t) for t in (found.stretch.start_s, found.stretch.end_s)]
    table = Table(caption=user_text("say.calibrate.caption", start=times[0], end=times[1]))
    table.add_column(user_text("terminal.column.sensor"))
    for heading in ("measured", "true", "before", "after"):
        table.add_column(user_text(f"say.calibrate.column.{heading}"), justify="right")
    localized = catalogue(user_language()).localized
    for row in found.sensors:
        values = [f"{factor * v:.{2 if of_speed else 1}f} {unit}" for v in (row.measured, found.true)]
        settings = [f"{g.value:.{decimals}f} ± {g.sd:.{decimals}f}" for g in (row.before, row.after)]
        table.add_row(row.sensor, *map(localized, (*values, *settings)))
    return table


def parse_speed(text: str) -> float:
    """Return the m/s of a speed like ``10 km/h``, ``2.8 m/s``, ``6.2 mph`` or a pace like ``5:30 min/km``.

    ``ConfigError`` for anything else.
    """
    pace = re.fullmatch(rf"{_PACE}\s*(min/km|min/mi|/km|/mi)", text.strip())
    if pace is not None and (minutes := int(pace[1]) + int(pace[2]) / 60) > 0:
        unit = pace[3] if pace[3] in _PACES_S_M else f"min{pace[3]}"
        return 1 / (minutes * _PACES_S_M[unit])
    value = _quantity(text, _SPEEDS_MPS)
    if value <= 0:
        raise ConfigError("error.calibrate.speed_text", text=text)
    return value


def parse_distance(text: str) -> float:
    """Return the metres of a distance like ``5 km``, ``400 m`` or ``3.1 mi``; ``ConfigError`` if none."""
    value = _quantity(text, _LENGTHS_M)
    if value <= 0:
        raise ConfigError("error.calibrate.distance_text", text=text)
    return value


def _quantity(text: str, units: dict[str, float]) -> float:
    """A number with one of these units, in SI; 0 where it is none."""
    matched = re.fullmatch(rf"{_NUMBER}\s*({'|'.join(units)})", text.strip())
    return 0.0 if matched is None else float(matched[1].replace(",", ".")) * units[matched[2]]


def _stretch(start: str | None, end: str | None) -> Stretch:
    from monitor.cli.sessions import seconds_into_session
    from monitor.storage.session_data import Stretch

    stretch = Stretch(
        0.0 if start is None else seconds_into_session(start),
        float("inf") if end is None else seconds_into_session(end),
    )
    if stretch.seconds <= 0:
        raise ConfigError("error.calibrate.backwards", start=start or "0", end=end or "")
    return stretch


def _measure_calibration(
    store: Store, name: str, texts: tuple[str | None, str | None], within: Stretch, settings: Settings
) -> RunCalibration:
    """What the run says; ``texts`` are speed and distance, both None for the level."""
    from monitor.review.calibration import calibrate_distance, calibrate_level, calibrate_speed
    from monitor.storage.session_data import Stretch, load_session

    speed, distance = texts
    true = 0.0
    if speed is not None:
        true = parse_speed(speed)
    elif distance is not None:
        true = parse_distance(distance)
    run, steps = load_session(store, name), store.steps(name)
    within = Stretch(within.start_s, min(within.end_s, float(len(run.t_s))))
    if speed is not None:
        return calibrate_speed(run, steps, true, within, settings)
    if distance is not None:
        return calibrate_distance(run, steps, true, within, settings)
    return calibrate_level(run, steps, within, settings)


def _store_calibration(path: Path, found: RunCalibration, settings: Settings) -> None:
    from monitor.cli.settings_editor import SettingsEdit, save_settings, with_new_settings
    from monitor.service.config import load_config

    decimals = 4 if found.setting == "speed_gain" else 2
    new = {row.sensor: {found.setting: round(row.after.value, decimals)} for row in found.sensors}
    rows = [{"name": name, **new.get(name, {})} for name in settings]
    text = path.read_text(encoding="utf-8")
    save_settings(path, with_new_settings(text, SettingsEdit({}, {}, rows), path))
    load_config(path)  # what was written must be readable

"""The main job on simulated sensors: two shoes and a belt behind a simulated radio, and a coach."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from monitor.core.browser import command_as_typed, open_in_browser
from monitor.core.errors import ConfigError, StoreError
from monitor.core.http_access import WebSettings
from monitor.core.private_files import make_private_folder, write_private_file
from monitor.core.toml_text import toml_literal
from monitor.core.user_language import user_text
from monitor.service.config import Config, StoreSettings, data_folder
from monitor.service.live_session import LiveOptions, result_console, run_session
from monitor.service.review_server import review_address
from monitor.service.session_store import open_store
from monitor.service.squad_weeks import add_weeks
from monitor.simulation.demo_history import demo_entries
from monitor.simulation.drifting_runner import Drift, coached_settings, drifting_bouts, story_length_s
from monitor.simulation.simulated_runner import RadioModel, recording_of_run
from monitor.simulation.squad import DEMO_RUNNER
from monitor.sources.replay import Replay
from monitor.training.plan_settings import PlanSettings


def run_demo(
    seconds: float | None,
    speed: float,
    web: WebSettings | None,
    drift: Drift = "both",
    *,
    history_until: datetime.date | None = None,
    browse: bool = False,
) -> None:
    """Run on simulated shoes and belt, ``speed`` times real time, and keep it apart from real runs.

    ``seconds`` is how long, None for what there is to see; ``speed`` 0 is as fast as possible; without
    ``web`` no page is served.  ``drift`` is what the coach is given to find.  With ``browse`` a browser
    shows the page and then the review.  At a terminal the page stays until Ctrl-C.  Before the day
    ``history_until`` four made-up weeks are added, once.
    """
    console = result_console()
    length_s = story_length_s(drift) if seconds is None else seconds
    if length_s < _SHORTEST_WITH_A_CUE_S:
        console.print(user_text("say.demo.no_cue"))
    with console.status(user_text("say.demo.made")):
        recording = recording_of_run(drifting_bouts(length_s, drift), RadioModel())
    settings = replace(coached_settings(recording.settings, drift), athlete=DEMO_RUNNER.name)
    config, settings_file = _own_folder(console)
    if history_until is not None and settings_file is not None:
        with open_store(config) as store:
            add_weeks(config, store, [(DEMO_RUNNER, settings)], history_until, console, demo_entries)
    pace, watched = speed if speed > 0 else math.inf, console.is_terminal
    browse = browse and watched

    def tell_next_steps(session: str, url: str | None) -> None:
        assert settings_file is not None  # else nothing is kept
        review = None if url is None or not watched else review_address(url)
        steps = _FIRST_STEPS if history_until is None else _STEPS_WITH_HISTORY
        _print_next_steps(console, steps, settings_file, review)
        if review is not None and browse:
            open_in_browser(review)

    live = LiveOptions(
        title="demo",
        settings=settings,
        sources=lambda time: [Replay(recording, time, pace)],
        origin="simulated",
        keep=settings_file is not None,
        web=web,
        linger=watched,
        pace=pace,
        when_kept=tell_next_steps,
        on_page=open_in_browser if browse else lambda url: None,
    )
    run_session(config, live, console)
    if settings_file is None:
        console.print(user_text("say.demo.caveat"))


def demo_config() -> tuple[Config, Path]:
    """Return settings of the demo's runner and their file, which is written: a folder of their own.

    ``StoreError`` if that cannot be.
    """
    folder = data_folder(Config()) / "demo"
    path = folder / "gaitcue.toml"
    try:
        make_private_folder(folder)
    except OSError as exc:
        raise StoreError("error.at", where=folder, what=exc) from exc
    plan = PlanSettings(sex="woman", born_year=1988)  # without them nobody knows how strong is enough
    text = f"""athlete = {toml_literal(DEMO_RUNNER.name)}

[store]
folder = {toml_literal(folder)}

[plan]
sex = {toml_literal(plan.sex)}
born_year = {toml_literal(plan.born_year)}
"""
    write_private_file(path, text)
    return Config(athlete=DEMO_RUNNER.name, store=StoreSettings(folder=folder), plan=plan), path


def _own_folder(console: Console) -> tuple[Config, Path | None]:
    """The settings of the demo and their file; where no file can be written nothing is kept."""
    try:
        return demo_config()
    except StoreError as exc:
        console.print(user_text("say.demo.not_kept", error=str(exc)), soft_wrap=True)
        return Config(), None


_FIRST_STEPS = (("review", "--config"), ("demo", "--history"), ("setup",))
_STEPS_WITH_HISTORY = (("plan", "--config"), ("sessions", "trends", "--config"), ("setup",))


def _print_next_steps(
    console: Console, steps: Sequence[tuple[str, ...]], settings_file: Path, review: str | None
) -> None:
    """Say that it was simulated, where its review is, and what to do next, as it can be typed here."""
    console.print()
    console.print(user_text("say.demo.caveat"))
    if review is not None:
        console.print(user_text("say.demo.review", url=review), soft_wrap=True)
    console.print(user_text("say.demo.next"))
    for words in steps:
        line = command_as_typed(*words, *([settings_file] if words[-1] == "--config" else []))
        console.print(f"  {line}", soft_wrap=True, highlight=False, markup=False)
        console.print(f"      {user_text(f'say.demo.next.{words[0]}')}")
    if review is not None:
        console.print(user_text("say.demo.stays"))


def run_radio_demo(seconds: float, web: WebSettings | None) -> None:
    """Run in real time on emulated Bluetooth sensors, through the code that real ones go through.

    ``ConfigError`` without the extra ``radio``.
    """
    try:
        from monitor.simulation.emulated.runner import (
            EmulatedRunner,
            emulated_settings,
            emulated_signals,
        )
    except ModuleNotFoundError as exc:
        raise ConfigError("error.radio") from exc
    console, signals = result_console(), emulated_signals()
    live = LiveOptions(
        title="demo",
        settings=emulated_settings(),
        sources=lambda time: [EmulatedRunner(signals, seconds, time)],
        keep=False,
        origin="simulated",
        web=web,
        summary=True,
    )
    run_session(Config(), live, console)
    console.print(user_text("say.demo.caveat"))


_SHORTEST_WITH_A_CUE_S = 60

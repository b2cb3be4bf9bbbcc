"""Commands by which a runner writes something down: a run, how it felt, the morning, the week, strength."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from monitor.cli.options import SettingsOption, finite_number
from monitor.core.errors import ConfigError, InputError
from monitor.core.user_language import user_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.cli.prompts import Dialogue
    from monitor.review.training_plan import PlanKeeper

SideOption = Annotated[Literal["left", "right", "both"] | None, typer.Option(help="option.log.side")]
PlaceOption = Annotated[
    Literal["front", "inner", "outer", "behind", "calf", "achilles", "other"] | None,
    typer.Option(help="option.log.place"),
]
EffortOption = Annotated[
    float | None, typer.Option(min=0, max=10, callback=finite_number, help="option.log.effort")
]
PickupsOption = Annotated[int | None, typer.Option(min=0, help="option.log.pickups")]
TempoOption = Annotated[
    float | None, typer.Option("--tempo-min", min=0, callback=finite_number, help="option.log.tempo")
]
DayOption = Annotated[str | None, typer.Option("--day", help="option.log.day")]


def after_command(
    session: Annotated[str | None, typer.Argument(help="option.log.session")] = None,
    during: Annotated[
        float | None, typer.Option(min=0, max=10, callback=finite_number, help="option.log.during")
    ] = None,
    now: Annotated[
        float | None, typer.Option(min=0, max=10, callback=finite_number, help="option.log.now")
    ] = None,
    side: SideOption = None,
    place: PlaceOption = None,
    limp: Annotated[bool, typer.Option("--limp", help="option.log.limp")] = False,
    effort: EffortOption = None,
    stopped_early: Annotated[
        bool, typer.Option("--stopped-early", help="option.log.stopped_early")
    ] = False,
    painkiller: Annotated[bool, typer.Option("--painkiller", help="option.log.painkiller")] = False,
    pickups: PickupsOption = None,
    tempo_min: TempoOption = None,
    config: SettingsOption = None,
) -> None:
    """Note how a run felt: the newest one, or the one that is named."""
    from monitor.cli.log_questions import ask_after_run
    from monitor.cli.runner_notebook import entry_of_options, open_notebook, resolve_run
    from monitor.training.entries import AfterEntry

    fields: dict[str, Any] = {"during": during, "now": now, "side": side, "place": place, "effort": effort}
    fields |= {"pickups": pickups, "tempo_min": tempo_min}
    fields |= _ticked(limp=limp, stopped_early=stopped_early, painkiller=painkiller)
    with open_notebook(config) as notebook:
        run, day = resolve_run(notebook, notebook.plan(), session)
        if (dialogue := _dialogue_for(fields)) is not None:
            dialogue.say(user_text("say.log.about_run", day=day.isoformat()))
            fields = ask_after_run(dialogue)
        _require(fields, "during", "now")
        entry = entry_of_options("after", fields | {"session": run}, day)
        answered = any(isinstance(e, AfterEntry) and e.session == run for e in notebook.plan().standing)
        notebook.write(entry)
        if answered:
            print(user_text("say.log.twice"))


def morning_command(
    pain: Annotated[
        float | None, typer.Option(min=0, max=10, callback=finite_number, help="option.log.morning_pain")
    ] = None,
    as_before: Annotated[
        bool | None, typer.Option("--as-before/--not-as-before", help="option.log.as_before")
    ] = None,
    stiffness: Annotated[
        float | None, typer.Option(min=0, max=1440, callback=finite_number, help="option.log.stiffness")
    ] = None,
    swelling: Annotated[
        Literal["none", "same", "more"] | None, typer.Option(help="option.log.swelling")
    ] = None,
    tender: Annotated[
        Literal["less", "same", "more"] | None, typer.Option(help="option.log.tender")
    ] = None,
    day: DayOption = None,
    config: SettingsOption = None,
) -> None:
    """Note how this morning is, and whether it is as before the run."""
    from monitor.cli.log_questions import ask_morning
    from monitor.cli.runner_notebook import day_of_option, entry_of_options, open_notebook
    from monitor.service.runner_plan import runner_now
    from monitor.training.entries import MorningEntry

    fields: dict[str, Any] = {"pain": pain, "as_before": as_before, "stiffness_min": stiffness}
    fields |= {"swelling": swelling, "tender": tender}
    with open_notebook(config) as notebook:
        of = day_of_option(day) or runner_now().date()
        ran = any(run.day == of - datetime.timedelta(days=1) for run in notebook.plan().current_runs)
        if (dialogue := _dialogue_for(fields)) is not None:
            fields = ask_morning(dialogue, ran)
        _require(fields, "pain")
        there = [e for e in notebook.plan().standing if isinstance(e, MorningEntry) and e.day == of]
        answered = any(e.as_before is not None or not ran for e in there)  # or this one completes it
        notebook.write(entry_of_options("morning", fields, of))
        if answered:
            print(user_text("say.log.twice"))
        if ran and fields["as_before"] is None:
            print(user_text("say.log.as_before_missing"))


def weekly_command(
    taking_part: Annotated[
        int | None, typer.Option(min=0, max=3, help="option.log.week.taking_part")
    ] = None,
    volume: Annotated[int | None, typer.Option(min=0, max=3, help="option.log.week.volume")] = None,
    performance: Annotated[
        int | None, typer.Option(min=0, max=3, help="option.log.week.performance")
    ] = None,
    pain: Annotated[int | None, typer.Option(min=0, max=3, help="option.log.week.pain")] = None,
    day: DayOption = None,
    config: SettingsOption = None,
) -> None:
    """Note the answers to the four questions about the week."""
    from monitor.cli.log_questions import ask_week
    from monitor.cli.runner_notebook import day_of_option, entry_of_options, open_notebook

    fields: dict[str, Any] = {"taking_part": taking_part, "volume": volume, "performance": performance}
    fields["pain"] = pain
    with open_notebook(config) as notebook:
        if (dialogue := _dialogue_for(fields)) is not None:
            fields = ask_week(dialogue)
        _require(fields, "taking_part", "volume", "performance", "pain")
        notebook.write(entry_of_options("weekly", fields, day_of_option(day)))
        print(user_text("say.log.weekly_flags"))


def strength_command(
    exercise: Annotated[str | None, typer.Argument(help="option.log.exercise")] = None,
    side: SideOption = None,
    sets: Annotated[int | None, typer.Option(min=1, help="option.log.sets")] = None,
    reps: Annotated[int | None, typer.Option(min=0, help="option.log.reps")] = None,
    load_kg: Annotated[
        float | None, typer.Option(min=0, callback=finite_number, help="option.log.load")
    ] = None,
    pain: Annotated[
        float | None, typer.Option(min=0, max=10, callback=finite_number, help="option.log.exercise_pain")
    ] = None,
    benchmark: Annotated[bool, typer.Option("--benchmark", help="option.log.benchmark")] = False,
    day: DayOption = None,
    config: SettingsOption = None,
) -> None:
    """Write down an exercise or a test; without an exercise, show today's checklist."""
    from monitor.cli.runner_notebook import day_of_option, entry_of_options, open_notebook
    from monitor.cli.strength_views import print_checklist
    from monitor.training.strength import CURL, HEEL_RAISE

    with open_notebook(config) as notebook:
        if exercise is None:
            print_checklist(notebook.plan())
            return
        name = exercise.replace("-", "_").lower()
        known = sorted({e.name for e in notebook.keeper.tables.exercises} | {CURL, HEEL_RAISE})
        if name not in known:
            raise InputError("error.log.exercise", name=exercise, names=", ".join(known))
        if benchmark and (reps is None or name not in (CURL, HEEL_RAISE)):
            raise ConfigError("error.log.benchmark", names=f"{HEEL_RAISE}, {CURL}")
        fields: dict[str, Any] = {"exercise": name, "side": side, "sets": sets, "reps": reps}
        fields |= {"load_kg": load_kg, "pain": pain} | _ticked(benchmark=benchmark)
        notebook.write(entry_of_options("strength", fields, day_of_option(day)))


def run_entry_command(
    km: Annotated[float | None, typer.Option(min=0, callback=finite_number, help="option.log.km")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, callback=finite_number, help="option.log.minutes")
    ] = None,
    descent_m: Annotated[
        float | None, typer.Option("--descent-m", min=0, callback=finite_number, help="option.log.descent")
    ] = None,
    effort: EffortOption = None,
    pickups: PickupsOption = None,
    tempo_min: TempoOption = None,
    walk: Annotated[bool, typer.Option("--walk", help="option.log.walk")] = False,
    shoe: Annotated[str | None, typer.Option(help="option.log.shoe")] = None,
    start: Annotated[str | None, typer.Option(help="option.log.start")] = None,
    day: DayOption = None,
    config: SettingsOption = None,
) -> None:
    """Write down a run or a walk that no sensor recorded."""
    from monitor.cli.runner_notebook import day_of_option, entry_of_options, open_notebook
    from monitor.service.runner_plan import runner_now

    if km is None and minutes is None:
        raise ConfigError("error.log.run_length")
    of = day_of_option(day) or runner_now().date()
    fields: dict[str, Any] = {"km": km, "minutes": minutes, "descent_m": descent_m, "effort": effort}
    fields |= {"pickups": pickups, "tempo_min": tempo_min, "start": _start_of(start, of)}
    fields |= _ticked(walk=walk)
    with open_notebook(config) as notebook:
        if shoe is not None:
            from monitor.cli.shoes import resolve_shoe

            fields["shoe"] = resolve_shoe(notebook.plan(), shoe).shoe
        notebook.write(entry_of_options("manual_run", fields, of))
        print(user_text("say.log.then_after"))


def declare_command(
    began: Annotated[str | None, typer.Option(help="option.log.began")] = None,
    side: SideOption = None,
    place: PlaceOption = None,
    tissue: Annotated[
        Literal["tendon", "joint", "bone", "muscle", "unknown"] | None,
        typer.Option(help="option.log.tissue"),
    ] = None,
    up_to_5: Annotated[bool, typer.Option("--up-to-5", help="option.log.up_to_five")] = False,
    reference_km: Annotated[
        float | None, typer.Option(min=0, max=500, callback=finite_number, help="option.log.reference")
    ] = None,
    longest_km: Annotated[
        float | None, typer.Option(min=0, max=500, callback=finite_number, help="option.log.longest")
    ] = None,
    runs_10_min: Annotated[
        bool | None, typer.Option("--runs-10-min/--not-10-min", help="option.log.runs_ten_min")
    ] = None,
    flag: Annotated[list[str] | None, typer.Option(help="option.log.declare_flag")] = None,
    no_flags: Annotated[bool, typer.Option("--no-flags", help="option.log.no_flags")] = False,
    config: SettingsOption = None,
) -> None:
    """Begin a plan: say what hurts, after all warning signs were asked."""
    from monitor.cli.log_questions import ask_declaration
    from monitor.cli.runner_notebook import day_of_option, entry_of_options, open_notebook

    fields: dict[str, Any] = {"began": day_of_option(began), "side": side, "place": place, "tissue": tissue}
    fields |= {"reference_km": reference_km, "longest_km": longest_km, "runs_10_min": runs_10_min}
    fields |= _ticked(up_to_5=up_to_5)
    with open_notebook(config) as notebook:
        dialogue = None if flag or no_flags else _dialogue_for({})
        flags = _asked_flags(notebook.keeper, flag or [], no_flags, dialogue)
        _tick_flags(notebook.keeper, flags)
        if dialogue is not None and _is_empty(fields) and not flags:
            fields = ask_declaration(dialogue)
        notebook.write(entry_of_options("declare", fields))
        if flags:
            print(user_text("say.log.declared_stopped"))


def flag_command(
    name: Annotated[str | None, typer.Argument(help="option.log.flag")] = None,
    config: SettingsOption = None,
) -> None:
    """Note a warning sign: running stops, and the answer says what to do."""
    from monitor.cli.log_questions import ask_red_flags
    from monitor.service.config import load_config
    from monitor.service.runner_plan import log_keeper

    keeper = log_keeper(load_config(config))  # no store: the answer must not depend on a database
    texts = _flag_texts(keeper)
    if name is not None:
        _tick_flags(keeper, [name])
    elif (dialogue := _dialogue_for({})) is not None:
        _tick_flags(keeper, ask_red_flags(dialogue, keeper.tables.flags, texts))
    else:
        _print_flags(texts)


def cleared_command(
    by: Annotated[str | None, typer.Option(help="option.log.by")] = None,
    day: DayOption = None,
    config: SettingsOption = None,
) -> None:
    """Note that somebody has looked at it and running may begin again."""
    from monitor.cli.runner_notebook import day_of_option, entry_of_options, open_notebook

    with open_notebook(config) as notebook:
        if notebook.plan().now.stop is None:
            raise InputError("error.log.nothing_to_clear")
        if by is None and (dialogue := _dialogue_for({})) is not None:
            by = dialogue.ask(user_text("say.log.ask.cleared_by"))
        if not (by or "").strip():
            raise ConfigError("error.log.cleared_by")
        notebook.write(entry_of_options("cleared", {"by": by}, day_of_option(day)))


# ------------------------------------------------------------------ parts


def _dialogue_for(fields: Mapping[str, Any]) -> Dialogue | None:
    """Who is asked: nobody where something was given as an option, or where there is no terminal."""
    from rich.console import Console

    from monitor.cli.prompts import TerminalDialogue, is_at_terminal

    return TerminalDialogue(Console()) if _is_empty(fields) and is_at_terminal() else None


def _is_empty(fields: Mapping[str, Any]) -> bool:
    return not any(value is not None for value in fields.values())


def _ticked(**switches: bool) -> dict[str, Any]:
    """The switches that are on; a switch that was not given says nothing."""
    return {name: True if on else None for name, on in switches.items()}


def _require(fields: Mapping[str, Any], *names: str) -> None:
    missing = [f"--{name.replace('_', '-')}" for name in names if fields.get(name) is None]
    if missing:
        raise ConfigError("error.log.options_missing", options=", ".join(missing))


def _start_of(text: str | None, day: datetime.date) -> str | None:
    if text is None:
        return None
    try:
        return datetime.datetime.combine(day, datetime.time.fromisoformat(text)).isoformat()
    except ValueError as exc:
        raise ConfigError("error.log.start", text=text) from exc


def _flag_texts(keeper: PlanKeeper) -> dict[str, str]:
    from monitor.core.message_catalogues import catalogue
    from monitor.core.user_language import user_language
    from monitor.training.red_flags import flag_messages

    messages = catalogue(user_language())
    texts = flag_messages(keeper.tables.flags)
    return {
        name: messages.render(message) if message.key in messages.keys else name
        for name, message in texts.items()
    }


def _print_flags(texts: Mapping[str, str]) -> None:
    from monitor.cli.plan_views import print_pairs

    print(user_text("say.log.flags"))
    print_pairs(texts)


def _tick_flags(keeper: PlanKeeper, names: Iterable[str]) -> None:
    """Print the answer to these red flags, then write them down."""
    from monitor.cli.plan_views import print_stop
    from monitor.cli.runner_notebook import entry_of_options

    known = {flag.name for flag in keeper.tables.flags}
    entries = []
    for name in names:
        if (flag := name.replace("-", "_").lower()) not in known:
            raise InputError("error.log.flag", name=name, names=", ".join(sorted(known)))
        entries.append(entry_of_options("flag", {"flag": flag}))
    if entries:
        print_stop(keeper, entries)
        keeper.add(*entries)
        print(user_text("say.log.flag_noted", n=len(entries)))


def _asked_flags(keeper: PlanKeeper, given: list[str], none: bool, dialogue: Dialogue | None) -> list[str]:
    """The names of the red flags that are so; every one of them is asked or said to be asked of."""
    from monitor.cli.log_questions import ask_red_flags

    if given or none:
        return given
    texts = _flag_texts(keeper)
    if dialogue is None:
        _print_flags(texts)
        raise ConfigError("error.log.flags_unanswered")
    return ask_red_flags(dialogue, keeper.tables.flags, texts)

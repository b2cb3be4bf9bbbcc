"""The questions of a runner's log, one after the other, for who types no options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from monitor.cli.prompts import Dialogue, ask_day, ask_number, ask_one_of, ask_which, ask_yes_no
from monitor.core.user_language import user_text
from monitor.training.entries import Place, Swelling, Tenderness, Tissue
from monitor.training.tables import RedFlag

_MUCH = ("not_at_all", "a_little", "a_lot", "completely")
_WEEKLY = ("taking_part", "volume", "performance", "pain")


def ask_after_run(dialogue: Dialogue) -> dict[str, Any]:
    """Ask how a run felt and return the fields of its entry; where it hurt only if it did."""
    fields: dict[str, Any] = {
        "during": ask_number(dialogue, user_text("say.log.ask.during"), 0, 10),
        "now": ask_number(dialogue, user_text("say.log.ask.now"), 0, 10),
    }
    if fields["during"] or fields["now"]:
        fields |= _ask_where(dialogue)
        fields["limp"] = ask_yes_no(dialogue, user_text("say.log.ask.limp"), False)
    fields["effort"] = ask_number(dialogue, user_text("say.log.ask.effort"), 0, 10, optional=True)
    fields["stopped_early"] = ask_yes_no(dialogue, user_text("say.log.ask.stopped_early"), False)
    fields["painkiller"] = ask_yes_no(dialogue, user_text("say.log.ask.painkiller"), False)
    return fields


def _ask_where(dialogue: Dialogue) -> dict[str, Any]:
    places = _texts(p for p in get_args(Place) if p)
    return {
        "place": ask_one_of(dialogue, user_text("say.log.ask.place"), places),
        "side": ask_one_of(dialogue, user_text("say.log.ask.side"), _texts(("left", "right", "both"))),
    }


def ask_morning(dialogue: Dialogue, ran_yesterday: bool) -> dict[str, Any]:
    """Ask how this morning is and return the fields of its entry.

    Whether it is as before the run is asked only of who ran the day before.
    """
    fields: dict[str, Any] = {
        "pain": ask_number(dialogue, user_text("say.log.ask.morning_pain"), 0, 10),
        "stiffness_min": ask_number(dialogue, user_text("say.log.ask.stiffness"), 0, 1440, optional=True),
        "swelling": ask_one_of(
            dialogue, user_text("say.log.ask.swelling"), _texts(get_args(Swelling)), default="none"
        ),
        "tender": ask_one_of(
            dialogue, user_text("say.log.ask.tender"), _texts(get_args(Tenderness)), default="same"
        ),
    }
    if ran_yesterday:
        fields["as_before"] = ask_yes_no(dialogue, user_text("say.log.ask.as_before"))
    return fields


def ask_week(dialogue: Dialogue) -> dict[str, Any]:
    """Ask the four questions about the week and return the fields of its entry."""
    return {
        name: int(
            ask_one_of(
                dialogue,
                user_text(f"say.log.ask.week.{name}"),
                {str(k): user_text(f"say.log.ask.week.answer.{much}") for k, much in enumerate(_MUCH)},
            )
        )
        for name in _WEEKLY
    }


def ask_declaration(dialogue: Dialogue) -> dict[str, Any]:
    """Ask what a plan begins with and return the fields of its entry."""
    fields: dict[str, Any] = {"began": ask_day(dialogue, user_text("say.log.ask.began"))}
    fields |= _ask_where(dialogue)
    fields["tissue"] = ask_one_of(
        dialogue, user_text("say.log.ask.tissue"), _texts(get_args(Tissue)), default="unknown"
    )
    if fields["tissue"] == "tendon":
        fields["up_to_5"] = ask_yes_no(dialogue, user_text("say.log.ask.up_to_five"), False)
    fields["runs_10_min"] = ask_yes_no(dialogue, user_text("say.log.ask.runs_ten_min"))
    fields["reference_km"] = ask_number(dialogue, user_text("say.log.ask.reference"), 0, 500, optional=True)
    fields["longest_km"] = ask_number(dialogue, user_text("say.log.ask.longest"), 0, 500, optional=True)
    return fields


def ask_red_flags(dialogue: Dialogue, flags: Iterable[RedFlag], texts: Mapping[str, str]) -> list[str]:
    """Ask which of the red flags are so and return their names; all of them are shown."""
    dialogue.say(user_text("say.log.ask.flags_intro"))
    return ask_which(dialogue, user_text("say.log.ask.flags"), {f.name: texts[f.name] for f in flags})


def _texts(values: Iterable[str]) -> dict[str, str]:
    return {value: user_text(f"entry.value.{value}") for value in values}

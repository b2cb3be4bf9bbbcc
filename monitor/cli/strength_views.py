"""Today's strength in the terminal: the checklist of the phase with doses, loads and remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monitor.cli.plan_views import print_disclaimer
from monitor.cli.runner_notebook import graded_text, user_catalogue
from monitor.core.user_language import user_text
from monitor.training.strength_today import StrengthItem, strength_today

if TYPE_CHECKING:
    from monitor.review.training_plan import TrainingPlan


def print_checklist(plan: TrainingPlan) -> None:
    """Print today's checklist, which is empty without a plan and while a red flag stands."""
    today = strength_today(plan.state, plan.evidence, plan.rules)
    if not today.items:
        print(user_text("say.log.no_checklist"))
        return
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    for item in today.items:
        table.add_row(
            user_text("say.log.exercise_done" if item.done else "say.log.exercise_open"),
            escape(item.exercise.name),
            escape(user_catalogue().render(item.message)),
            _loads_text(item),
        )
    Console().print(table)
    for item in today.items:
        for reason in (*((item.lighter,) if item.lighter else ()), *item.remarks):
            print(graded_text(reason, user_catalogue()))
    for reason in today.remarks:
        print(graded_text(reason, user_catalogue()))
    if today.adherence is not None and today.adherence.planned:
        done, planned = today.adherence.done, today.adherence.planned
        print(user_text("plan.strength.done", done=done, planned=planned))
    print_disclaimer()


def _loads_text(item: StrengthItem) -> str:
    localized = user_catalogue().localized
    return ", ".join(
        user_text(
            "say.log.load", side=user_text(f"plan.side.{load.side}"), kg=localized(f"{load.next_kg:g}")
        )
        for load in item.loads
        if load.side in ("left", "right")
    )

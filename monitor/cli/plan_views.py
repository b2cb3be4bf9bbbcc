"""The plan in the terminal: today, the week, the phase with its checkpoints, the last days, the history."""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from monitor.cli.runner_notebook import graded_text, run_name, user_catalogue
from monitor.core.message_catalogues import UserMessage
from monitor.core.user_language import user_text
from monitor.review.plan_overview import (
    DISCLAIMER,
    PastDay,
    ladder_view,
    past_days,
)
from monitor.training.phases import cause_message
from monitor.training.plan_day import Allowance, PlanDay, Reason
from monitor.training.red_flags import flag_messages, stop_answer
from monitor.training.tables import Phase

if TYPE_CHECKING:
    from monitor.review.training_plan import PlanKeeper, StoredDecision, TrainingPlan
    from monitor.training.entries import Entry
    from monitor.training.plan_replay import ReplayedDay
    from monitor.training.verdict import RunVerdict

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MARKS = {True: "met", False: "not_met", None: "unknown"}
_ORDER = {Phase.CALM: "rebuild", Phase.REBUILD: "reintroduce", Phase.REINTRODUCE: "full"}


def print_plan(plan: TrainingPlan, replayed: ReplayedDay, kept: StoredDecision | None = None) -> None:
    """Print the plan of one of its days; of today also what is left, what happened, and what is asked."""
    decided = replayed.decision
    console, today = Console(), decided.day == plan.today
    _heading(console, _day_heading(decided.day, today))
    if decided.phase is Phase.NONE and decided.stop is None:
        _line(console, user_text("say.plan.none"))
    else:
        _print_decision(console, plan, decided)
    if kept is not None:
        _print_stored(console, kept)
    if not today and decided.allowance is not None:
        before = replayed.decision_before_runs.reasons[0]
        text = user_catalogue().render(before.message)
        if before != decided.reasons[0]:
            _line(console, user_text("say.plan.before_run", text=text))
    if today:
        _print_last_days(console, plan)
        _print_questions(console, plan, decided)
    _print_remarks(console, decided.remarks)
    _print_damage(console, plan)
    _print_foot(console)


def _print_decision(console: Console, plan: TrainingPlan, decided: PlanDay) -> None:
    first, *others = decided.reasons
    _line(console, graded_text(first, user_catalogue()), style="bold")
    if decided.stop is not None:
        texts = flag_messages(plan.tables.flags)
        for name in decided.stop.flags:
            known = texts[name].key in user_catalogue().keys if name in texts else False
            _line(console, user_catalogue().render(texts[name]) if known else name, indent=4)
        _line(console, user_text("say.plan.stop_ends"))
    for reason in others:
        if reason.message.key != DISCLAIMER:
            _line(console, graded_text(reason, user_catalogue()), indent=4)
    if decided.week is not None:
        _print_week(console, decided)
    _print_phase(console, plan, decided)


def _print_week(console: Console, decided: PlanDay) -> None:
    week, allowed = decided.week, decided.allowance or Allowance()
    assert week is not None
    _heading(console, user_text("say.plan.week", day=week.monday.isoformat()))
    if week.limit_km is None:
        _line(console, user_text("say.plan.week_free", done=week.done_km))
    else:
        left = max(0.0, week.left_km or 0.0)
        _line(console, user_text("say.plan.week_km", done=week.done_km, limit=week.limit_km, left=left))
    if week.done_descent_m is None:
        _line(console, user_text("say.plan.week_done_level", minutes=week.done_minutes))
    else:
        done = {"minutes": week.done_minutes, "metres": week.done_descent_m}
        _line(console, user_text("say.plan.week_done", **done))
    if allowed.run and allowed.descent_m is not None:
        _line(console, user_text("say.plan.descent", metres=allowed.descent_m))
    if allowed.run:
        _line(console, user_text("say.plan.hard" if allowed.hard else "say.plan.not_hard"))
    if week.guard_km is not None:
        _line(console, user_text("say.plan.guard", km=week.guard_km), style="dim")


def _print_phase(console: Console, plan: TrainingPlan, decided: PlanDay) -> None:
    phase = UserMessage(f"plan.phase.{decided.phase.value}")
    if decided.since is None or decided.phase is Phase.STOP:
        _heading(console, user_text("say.plan.phase", phase=phase))
    else:
        day, days = decided.since.isoformat(), (decided.day - decided.since).days + 1
        _heading(console, user_text("say.plan.phase_since", phase=phase, day=day, days=days))
    row = ladder_view(plan, decided)
    if row is not None:
        key = "say.plan.ladder_walk" if not row.run_min else "say.plan.ladder"
        key = "say.plan.ladder_run" if row.run_min and not row.walk_min else key
        values = {"rounds": row.rounds, "run": row.run_min, "walk": row.walk_min}
        _line(console, user_text(key, number=row.number, count=row.count, **values))
    if decided.checkpoints:
        _line(console, user_text("say.plan.checkpoints", phase=_next_phase(decided)))
        table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
        for checkpoint in decided.checkpoints:
            mark = user_text(f"say.plan.{_MARKS[checkpoint.met]}")
            text = user_catalogue().render(checkpoint.message)
            table.add_row(mark, escape(text), checkpoint.grade)
        console.print(Padding(table, (0, 0, 0, 4)))
    if decided.changes and decided.phase is not Phase.STOP:
        change = decided.changes[-1]
        why = graded_text(change.reason, user_catalogue())
        _line(console, user_text("say.plan.last_change", day=change.day.isoformat(), why=why))
    if decided.example_week is not None:
        _line(console, user_catalogue().render(decided.example_week), style="dim")


def _next_phase(decided: PlanDay) -> UserMessage:
    return UserMessage(f"plan.phase.{_ORDER[decided.phase]}")


def _print_stored(console: Console, kept: StoredDecision) -> None:
    if kept.same:
        _line(console, user_text("say.plan.kept_same"))
        return
    key = "say.plan.kept_rules" if kept.newer_rules else "say.plan.kept_other"
    _line(console, user_text(key, text=kept.headline))


# ------------------------------------------------------------------ days, runs


def _print_last_days(console: Console, plan: TrainingPlan) -> None:
    days = [day for day in past_days(plan) if day.allowance is not None or day.runs]
    if not days:
        return
    _heading(console, user_text("say.plan.last_days"))
    table = _table("day", "allowed", "done", "pain", "morning", "verdict")
    for day in reversed(days):
        verdicts = [user_text(f"say.plan.verdict.{v.verdict.value}") for v in day.runs]
        table.add_row(
            _short_day(day.day),
            _allowed_text(day),
            _ran_text(day),
            _pain_text(day.worst_pain) if day.runs else "",
            _pain_text(day.morning_pain),
            ", ".join(verdicts),
        )
    console.print(Padding(table, (0, 0, 0, 2)))


def _allowed_text(day: PastDay) -> str:
    allowed = day.allowance
    if day.phase is Phase.STOP:
        return user_text("plan.phase.stop")
    if allowed is None:
        return ""
    if not allowed.run:
        return user_text("say.plan.rest")
    if allowed.ladder or allowed.km is None:
        if allowed.minutes is None:
            return user_text("say.plan.free")
        return user_text("say.plan.walk" if allowed.walk else "say.plan.minutes", minutes=allowed.minutes)
    return user_text("say.plan.km", km=allowed.km)


def _ran_text(day: PastDay) -> str:
    if not day.runs:
        return ""
    if day.run_km:
        return user_text("say.plan.km", km=day.run_km)
    if day.moved_minutes is not None:
        return user_text("say.plan.minutes", minutes=day.moved_minutes)
    return user_text("say.plan.of_unknown_length")


def _pain_text(pain: float | None) -> str:
    return "?" if pain is None else user_catalogue().localized(f"{pain:g}")


def print_history(plan: TrainingPlan) -> None:
    """Print every change of the phase with its reason, and every run with its verdict."""
    console = Console()
    _heading(console, user_text("say.plan.history"))
    if not plan.now.changes:
        _line(console, user_text("say.plan.no_changes"))
    for change in plan.now.changes:
        phase = UserMessage(f"plan.phase.{change.phase.value}")
        why = graded_text(change.reason, user_catalogue())
        _line(console, user_text("say.plan.change", day=change.day.isoformat(), phase=phase, why=why))
    verdicts = plan.evidence.verdicts
    begun = [v for v in verdicts if plan.now.changes and v.run.day >= plan.now.changes[0].day]
    if begun:
        _heading(console, user_text("say.plan.runs"))
        for verdict in begun:
            _line(console, _run_text(verdict))
    _print_foot(console)


def _run_text(v: RunVerdict) -> str:
    verdict = UserMessage(f"say.plan.verdict.{v.verdict.value}")
    return user_text("say.plan.run_verdict", run=run_name(v.run), verdict=verdict, cause=cause_message(v))


# ------------------------------------------------------------------ questions, answers, remarks


def _print_questions(console: Console, plan: TrainingPlan, decided: PlanDay) -> None:
    if not decided.questions:
        return
    _heading(console, user_text("say.plan.questions"))
    newest = plan.current_runs[-1].session if plan.current_runs else ""
    for question in decided.questions:
        session = "" if question.session in ("", newest) else f" {question.session}"
        _line(console, user_text(f"say.plan.ask.{question.kind}", session=session))


def print_stop(keeper: PlanKeeper, entries: Sequence[Entry]) -> None:
    """Print the answer to these red flags: what to do and how soon, with its evidence."""
    stop = stop_answer(entries, keeper.tables.flags, keeper.settings.emergency_number)
    if stop is not None:
        grade = keeper.tables.grades.get("red_flag", "D")
        reason = Reason(message=stop.message, rule="red_flag", grade=grade)
        _line(Console(), graded_text(reason, user_catalogue()), style="bold", indent=0)


def _print_remarks(console: Console, remarks: Sequence[Reason]) -> None:
    if remarks:
        _heading(console, user_text("say.plan.worth_knowing"))
    for remark in remarks:
        _line(console, graded_text(remark, user_catalogue()))


def _print_damage(console: Console, plan: TrainingPlan) -> None:
    if plan.unreadable:
        _line(console, user_text("say.log.unreadable", n=plan.unreadable))
    if plan.foreign:
        _line(console, user_text("say.log.foreign", n=plan.foreign))


def _print_foot(console: Console) -> None:
    console.print()
    _line(console, user_text(DISCLAIMER), indent=0)
    _line(console, user_text("say.plan.grades"), style="dim", indent=0)


def print_reasons(reasons: Iterable[Reason]) -> None:
    """Print reasons, each with the strength of its evidence, and what the plan is not."""
    console = Console()
    for reason in reasons:
        _line(console, graded_text(reason, user_catalogue()))
    _print_foot(console)


def print_disclaimer() -> None:
    """Print that the plan does not diagnose, and what its letters mean."""
    _print_foot(Console())


# ------------------------------------------------------------------ layout


def print_pairs(pairs: Mapping[str, str]) -> None:
    """Print names with their texts in two columns."""
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    for name, text in pairs.items():
        table.add_row(escape(name), escape(text))
    Console().print(Padding(table, (0, 0, 0, 2)))


def _day_heading(day: datetime.date, today: bool) -> str:
    weekday = UserMessage(f"say.plan.weekday.{_WEEKDAYS[day.weekday()]}")
    key = "say.plan.today" if today else "say.plan.day"
    return user_text(key, weekday=weekday, day=day.isoformat())


def _short_day(day: datetime.date) -> str:
    return user_text(
        "say.plan.short_day",
        weekday=user_text(f"say.plan.weekday_short.{_WEEKDAYS[day.weekday()]}"),
        day=day.isoformat(),
    )


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for name in columns:
        table.add_column(user_text(f"say.plan.column.{name}"), overflow="fold")
    return table


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold underline"))


def _line(console: Console, text: str, *, indent: int = 2, style: str = "") -> None:
    space = " " * indent
    lines = textwrap.wrap(
        text,
        width=console.width,
        initial_indent=space,
        subsequent_indent=space,
        break_long_words=False,
        break_on_hyphens=False,
    )
    console.print(Text("\n".join(lines), style=style), soft_wrap=True)

"""The report of a runner's last weeks as one HTML page: no script, nothing fetched, to print or send on."""

from __future__ import annotations

import datetime
import html
from collections.abc import Callable, Sequence
from pathlib import Path

from monitor.core.message_catalogues import Catalogue, Language, MessageValue, UserMessage, catalogue
from monitor.review.entry_text import entry_kind_text, entry_text
from monitor.review.printable_page import printable_html, write_printable
from monitor.review.shared_report import (
    HeldDays,
    RunsWithin,
    SharedReport,
    WeekSum,
    count_runs,
    holds_of,
    weeks_of,
)
from monitor.review.shared_report_chart import pain_chart
from monitor.training.sharing import SHARED_ITEMS, SharedDay, SharedShoe

_STYLE = """
@page { size: A4; margin: 12mm }
* { box-sizing: border-box }
body { font: 14px/1.4 system-ui, sans-serif; color: #1b1b1b; background: #fff; margin: 0 auto;
  padding: 16px; max-width: 800px }
h1 { font-size: 22px; margin: 0 } h2 { font-size: 16px; margin: 18px 0 4px }
p { margin: 2px 0 } ul { margin: 2px 0; padding-left: 20px }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: 2px 8px 2px 0 }
td { white-space: nowrap } .scroll { overflow-x: auto }
th { font-weight: 600; border-bottom: 1px solid #bbb } td.n, th.n { text-align: right }
.held { border-left: 6px solid #a3431b; padding: 4px 10px; margin: 10px 0 }
.free { border-left: 6px solid #12805c; padding: 4px 10px; margin: 10px 0 }
.quiet, .foot { color: #595959 } .foot { border-top: 1px solid #bbb; margin-top: 16px; padding-top: 6px;
  font-size: 12px }
svg { width: 100%; min-width: 600px; height: auto; display: block }
svg text { font: 11px system-ui, sans-serif; fill: #333 }
h2, svg, table, .held { break-inside: avoid } h2 { break-after: avoid }
@media print { body { padding: 0; font-size: 12px } svg { min-width: 0 }
  .scroll { overflow: visible } }
"""


class _Writer:
    """Writes parts of the page: every text comes from a message and is escaped."""

    def __init__(self, messages: Catalogue) -> None:
        self.messages = messages

    def text(self, key: str, /, **values: MessageValue) -> str:
        return html.escape(self.messages.text(key, **values))

    def tag(self, tag: str, key: str, /, *, style: str = "", **values: MessageValue) -> str:
        """A message in a tag, with a class if ``style`` names one."""
        of = f' class="{style}"' if style else ""
        return f"<{tag}{of}>{self.text(key, **values)}</{tag}>"

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A number, or a question mark where it is not known."""
        return "?" if value is None else self.messages.localized(f"{value:.{decimals}f}")


def report_html(report: SharedReport, language: Language) -> str:
    """Return the page of a report."""
    w = _Writer(catalogue(language))
    title = w.text("plan.report.title", athlete=report.athlete)
    parts = [
        f"<h1>{title}</h1>",
        w.tag("p", "plan.report.period", first=_day(report.first), last=_day(report.last)),
        w.tag("p", "plan.report.own" if report.own else "plan.report.shared", style="quiet"),
        *_written(w, report),
        *_held(w, report),
        *_section(w, report, "phase", _phase),
        w.tag("h2", "plan.report.pain"),
        *_pain(w, report),
        *_section(w, report, "allowance", _allowance),
        *_section(w, report, "strength", _strength),
        *_section(w, report, "shoes", _shoes),
        *_own(w, report),
        f'<p class="foot">{w.text("plan.disclaimer")} {w.text("plan.report.unknown")}</p>',
    ]
    return printable_html(title, language, _STYLE, parts)


def write_report(report: SharedReport, path: Path, language: Language) -> None:
    """Write the page to ``path``, for its owner alone; ``StoreError`` if it cannot be written."""
    write_printable(path, report_html(report, language))


def _day(day: datetime.date) -> str:
    return day.isoformat()


def _section(
    w: _Writer, report: SharedReport, item: str, content: Callable[[_Writer, SharedReport], list[str]]
) -> list[str]:
    heading = w.tag("h2", f"plan.report.{item}")
    if item not in report.items:
        return [heading, w.tag("p", "plan.report.not_shared", style="quiet")]
    if not report.days:
        return [heading, w.tag("p", "plan.report.no_days", style="quiet")]
    return [heading, *content(w, report)]


def _written(w: _Writer, report: SharedReport) -> list[str]:
    """What was declared, and red flags, in the runner's own report."""
    lines = []
    for entry in report.written:
        kind, text = entry_kind_text(entry, w.messages), entry_text(entry, w.messages, {})
        lines.append(w.tag("p", "plan.report.written", day=_day(entry.day), kind=kind, text=text))
    return lines


def _held(w: _Writer, report: SharedReport) -> list[str]:
    """Who is held, why, since when: first of all, as it is what a coach has to know."""
    last = report.days[-1] if report.days else None
    if "phase" not in report.items:
        return [w.tag("p", "plan.report.held_not_shared", style="quiet")]
    if last is None or last.phase is None:
        return []
    if not last.held:
        return [w.tag("p", "plan.report.free", style="free")]
    since = last.held_since or last.day
    key = "since_or_before" if since == report.days[0].day else "since"
    when = UserMessage(f"plan.report.{key}", {"day": _day(since)})
    return [w.tag("p", f"plan.report.held.{last.held_why}", style="held", when=when)]


def _phase(w: _Writer, report: SharedReport) -> list[str]:
    last = report.days[-1]
    if last.phase is None:
        return [w.tag("p", "plan.report.no_plan")]
    lines = [w.tag("p", "plan.report.phase_now", phase=_phase_name(last))]
    changes = [day for day in report.days if day.change is not None]
    if not changes:
        lines.append(w.tag("p", "plan.report.no_changes", first=_day(report.days[0].day)))
    items = [
        (
            d.day,
            w.tag("li", "plan.report.change", day=_day(d.day), phase=_phase_name(d), why=_change_why(d)),
        )
        for d in changes
    ]
    items += [(hold.since, _hold_line(w, hold)) for hold in holds_of(report.days)]
    return [*lines, "<ul>", *(line for _, line in sorted(items)), "</ul>"] if items else lines


def _hold_line(w: _Writer, hold: HeldDays) -> str:
    if hold.last is None:
        return w.tag("li", f"plan.report.hold.{hold.why}_now", since=_day(hold.since))
    days = {"since": _day(hold.since), "last": _day(hold.last)}
    return w.tag("li", f"plan.report.hold.{hold.why}_past", **days)


def _phase_name(day: SharedDay) -> UserMessage:
    return UserMessage(f"plan.phase.{'none' if day.phase is None else day.phase.value}")


def _change_why(day: SharedDay) -> UserMessage:
    return UserMessage(f"plan.report.why.{day.change}")


def _pain(w: _Writer, report: SharedReport) -> list[str]:
    shared = "pain" in report.items
    lines = [] if shared else [w.tag("p", "plan.report.not_shared", style="quiet")]
    if not report.days or not shared:
        return lines or [w.tag("p", "plan.report.no_days", style="quiet")]
    loads = "allowance" in report.items
    if not loads:
        lines.append(w.tag("p", "plan.report.load_not_shared", style="quiet"))
    mornings = sum(day.morning is not None for day in report.days)
    return [
        *lines,
        _scrolling(pain_chart(report.days, w.messages)),
        w.tag("p", f"plan.report.chart{'' if loads else '_no_load'}", style="quiet"),
        *([w.tag("p", "plan.report.chart_phase", style="quiet")] if "phase" in report.items else []),
        w.tag("p", "plan.report.mornings", done=mornings, days=len(report.days)),
    ]


def _allowance(w: _Writer, report: SharedReport) -> list[str]:
    kept = count_runs(report.days)
    return [_runs_line(w, kept), *_week_table(w, weeks_of(report.days), "pain" in report.items)]


def _runs_line(w: _Writer, kept: RunsWithin) -> str:
    return w.tag(
        "p",
        "plan.report.kept",
        within=kept.within,
        longer=kept.longer,
        rest=kept.on_rest_day,
        unknown=kept.unknown,
    )


def _week_table(w: _Writer, weeks: Sequence[WeekSum], pain: bool) -> list[str]:
    columns = ["km", "minutes", "descent", *(("worst", "worst_morning", "hardest") if pain else ())]
    heads = "".join(w.tag("th", f"plan.report.column.{name}", style="n") for name in columns)
    rows = []
    for week in weeks:
        numbers = [w.number(week.km, 1), w.number(week.minutes), w.number(week.descent_m)]
        if pain:
            numbers += [w.number(week.worst_pain), w.number(week.worst_morning), w.number(week.hardest)]
        cells = "".join(f'<td class="n">{number}</td>' for number in numbers)
        rows.append(f"<tr><td>{_day(week.monday)}</td>{cells}</tr>")
    week_head = w.tag("th", "plan.report.column.week")
    return [_scrolling(f"<table><tr>{week_head}{heads}</tr>{''.join(rows)}</table>")]


def _scrolling(wide: str) -> str:
    """What is wider than a phone, in a box of its own that can be moved by the keyboard too."""
    return f'<div class="scroll" tabindex="0">{wide}</div>'


def _strength(w: _Writer, report: SharedReport) -> list[str]:
    last = report.days[-1]
    if last.strength_planned is None or last.strength_done is None:
        return [w.tag("p", "plan.report.no_plan")]
    done, planned = last.strength_done, last.strength_planned
    return [w.tag("p", "plan.report.strength_done", done=done, planned=planned)]


def _shoes(w: _Writer, report: SharedReport) -> list[str]:
    shoes = report.days[-1].shoes
    if not shoes:
        return [w.tag("p", "plan.report.no_shoes")]
    items = [w.tag("li", "plan.report.shoe", pair=_pair_name(report, shoe), km=shoe.km) for shoe in shoes]
    return ["<ul>", *items, "</ul>"]


def _pair_name(report: SharedReport, shoe: SharedShoe) -> MessageValue:
    """The name of a pair, for others its number: what a runner calls it is not shared."""
    if report.shoe_names:
        return report.shoe_names[shoe.pair - 1]
    return UserMessage("plan.report.pair", {"number": shoe.pair})


def _own(w: _Writer, report: SharedReport) -> list[str]:
    """Today's decision with its reasons and checkpoints, for the runner alone."""
    if report.decided is None:
        return []
    reasons = [
        w.tag("li", "plan.report.reason", text=r.message, grade=r.grade)
        for r in report.decided.reasons
        if r.message.key != "plan.disclaimer"
    ]
    checks = [
        w.tag("li", f"plan.report.check.{_MET[c.met]}", text=c.message) for c in report.decided.checkpoints
    ]
    lines = [w.tag("h2", "plan.report.today"), "<ul>", *reasons, "</ul>"] if reasons else []
    if checks:
        lines += [w.tag("h2", "plan.report.checks"), "<ul>", *checks, "</ul>"]
    return lines


_MET = {True: "met", False: "not_met", None: "unknown"}


def shared_names(report: SharedReport, messages: Catalogue) -> str:
    """Return the names of the items that are in a report, in the order in which a runner is asked."""
    return ", ".join(messages.text(f"entry.value.{i}") for i in SHARED_ITEMS if i in report.items)

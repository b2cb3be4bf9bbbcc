"""A squad's week as one HTML page: no script, nothing fetched, to print or send on."""

from __future__ import annotations

import datetime
import html
from collections.abc import Sequence
from pathlib import Path

from monitor.core.message_catalogues import Catalogue, Language, MessageValue, UserMessage, catalogue
from monitor.review.printable_page import printable_html, write_printable
from monitor.review.squad_week import WEEK_DAYS, AthleteWeek, by_need, reasons_to_look

_STYLE = """
@page { size: A4 landscape; margin: 12mm }
* { box-sizing: border-box }
body { font: 14px/1.4 system-ui, sans-serif; color: #1b1b1b; background: #fff; margin: 0 auto;
  padding: 16px; max-width: 1080px }
h1 { font-size: 22px; margin: 0 } h2 { font-size: 16px; margin: 18px 0 4px } p { margin: 2px 0 }
dl { margin: 4px 0; display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px }
dt { font-weight: 600 } dd { margin: 0 } dd p { border-left: 4px solid #a3431b; padding-left: 8px }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: 4px 10px 4px 0 }
th { font-weight: 600; border-bottom: 1px solid #bbb; vertical-align: bottom }
td { border-bottom: 1px solid #eee }
td.n, th.n { text-align: right } td.look { color: #a3431b; font-weight: 600 }
.quiet, .foot { color: #595959 } .foot { border-top: 1px solid #bbb; margin-top: 16px; padding-top: 6px;
  font-size: 12px }
.bar { display: inline-block; width: 60px; height: 8px; background: #ddd; margin-right: 6px }
.bar i { display: block; height: 8px; background: #12805c }
tr, dd { break-inside: avoid } h2 { break-after: avoid }
@media print { body { padding: 0; font-size: 12px } }
"""
_COLUMNS = ("runs", "km", "in_band", "braking", "balance", "held", "pain")


def squad_html(weeks: Sequence[AthleteWeek], today: datetime.date, language: Language) -> str:
    """Return the page of a squad's seven days up to ``today``."""
    m = catalogue(language)
    title = _text(m, "squad.title")
    first = today - datetime.timedelta(days=WEEK_DAYS - 1)
    ordered = by_need(weeks)
    parts = [
        f"<h1>{title}</h1>",
        f"<p>{_text(m, 'squad.period', first=str(first), last=str(today))}</p>",
        f"<h2>{_text(m, 'squad.look')}</h2>",
        *_looks(m, ordered),
        f"<h2>{_text(m, 'squad.everybody')}</h2>",
        *_table(m, ordered),
        f'<p class="foot">{_text(m, "squad.foot")}</p>',
    ]
    return printable_html(title, language, _STYLE, parts)


def write_squad_page(
    weeks: Sequence[AthleteWeek], today: datetime.date, path: Path, language: Language
) -> None:
    """Write the page to ``path``, for its owner alone; ``StoreError`` if it cannot be written."""
    write_printable(path, squad_html(weeks, today, language))


def _text(m: Catalogue, key: str, /, **values: MessageValue) -> str:
    return html.escape(m.text(key, **values))


def _looks(m: Catalogue, weeks: Sequence[AthleteWeek]) -> list[str]:
    """Everybody with a reason to look, each with all of them."""
    found = [(week.athlete, reasons_to_look(week)) for week in weeks]
    quiet = [name for name, reasons in found if not reasons]
    out = []
    for name, reasons in found:
        if reasons:
            paragraphs = "".join(f"<p>{html.escape(m.render(reason))}</p>" for reason in reasons)
            out.append(f"<dt>{html.escape(name)}</dt><dd>{paragraphs}</dd>")
    lines = ["<dl>", *out, "</dl>"] if out else []
    if quiet:
        lines.append(f'<p class="quiet">{_text(m, "squad.nothing", names=", ".join(quiet))}</p>')
    return lines


def _table(m: Catalogue, weeks: Sequence[AthleteWeek]) -> list[str]:
    heads = "".join(
        f"<th{_class(name)}>{_text(m, f'squad.column.{name}')}</th>" for name in ("athlete", *_COLUMNS)
    )
    rows = [_row(m, week) for week in weeks]
    return ['<div class="scroll" tabindex="0"><table>', f"<tr>{heads}</tr>", *rows, "</table></div>"]


def _class(name: str) -> str:
    return ' class="n"' if name in ("runs", "km", "braking", "balance", "pain") else ""


def _row(m: Catalogue, week: AthleteWeek) -> str:
    reasons = {reason.key.removeprefix("squad.look.").split(".")[0] for reason in reasons_to_look(week)}
    look = {"runs" if word == "no_run" else word for word in reasons}
    cells = {
        "runs": str(week.runs),
        "km": _km(m, week),
        "in_band": _bar(m, week.in_band_pct),
        "braking": _signed(m, week.braking_pct, "%"),
        "balance": _signed(m, week.balance_points, _text(m, "squad.points")),
        "held": _held(m, week),
        "pain": _pain(m, week),
    }
    body = "".join(
        f'<td class="{_class(name)[8:-1]}{" look" if name in look else ""}">{cells[name]}</td>'
        for name in _COLUMNS
    )
    return f"<tr><td>{html.escape(week.athlete)}</td>{body}</tr>"


def _km(m: Catalogue, week: AthleteWeek) -> str:
    now = m.localized(f"{week.km:.1f}")
    if week.km_before is None:
        return now
    before = _text(m, "squad.km_before", km=UserMessage("squad.number", {"number": week.km_before}))
    return f'{now} <span class="quiet">({before})</span>'


def _bar(m: Catalogue, share_pct: float | None) -> str:
    if share_pct is None:
        return _unknown(m)
    return f'<span class="bar"><i style="width:{share_pct:.0f}%"></i></span>{share_pct:.0f} %'


def _signed(m: Catalogue, value: float | None, unit: str) -> str:
    if value is None:
        return _unknown(m)
    shown = round(value, 1) + 0.0  # no zero with a minus
    return f"{'+' if shown > 0 else ''}{m.localized(f'{shown:.1f}')} {unit}"


def _unknown(m: Catalogue) -> str:
    return f'<span class="quiet">{_text(m, "squad.unknown")}</span>'


def _not_shared(m: Catalogue) -> str:
    return f'<span class="quiet">{_text(m, "squad.not_shared")}</span>'


def _held(m: Catalogue, week: AthleteWeek) -> str:
    if not week.shares_phase:
        return _not_shared(m)
    if week.held is None:
        return _unknown(m)
    return _text(m, f"squad.held.{week.held_why}" if week.held else "squad.held.no")


def _pain(m: Catalogue, week: AthleteWeek) -> str:
    if not week.shares_pain:
        return _not_shared(m)
    return _unknown(m) if week.pain is None else m.localized(f"{week.pain:g}")

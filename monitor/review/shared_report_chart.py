"""Pain under the load of the day before, drawn: a run and the morning after it stand in one column."""

from __future__ import annotations

import datetime
import html
import itertools
from collections.abc import Iterator, Sequence

from monitor.core.message_catalogues import Catalogue
from monitor.training.sharing import SharedDay
from monitor.training.tables import Phase

_LEFT, _RIGHT = 44.0, 776.0
_PHASE_TOP, _PHASE_HEIGHT = 4.0, 14.0
_LOAD_TOP, _LOAD_BOTTOM = 34.0, 124.0
_PAIN_TOP, _PAIN_BOTTOM = 146.0, 266.0
_HEIGHT = 290
_LETTER = 7.0  # so wide is a letter, about
_COLOURS = {
    Phase.STOP: "#7a1f1f", Phase.CALM: "#9a5b13", Phase.REBUILD: "#77691a",
    Phase.REINTRODUCE: "#3f7a33", Phase.FULL: "#0d6b4b",
}  # fmt: skip
_BAR, _RUN, _MORNING, _GRID = "#9db7d5", "#0b61b0", "#a3431b", "#d9d9d9"


def pain_chart(days: Sequence[SharedDay], messages: Catalogue) -> str:
    """Return a picture (SVG) of these days, the oldest first: phases, load of the day before, pain.

    In the column of a day stand the kilometres of the day before as a bar, the worst pain of that run as a
    ring and this morning's pain as a square.  What was not said is a question mark, never zero: the one
    above is of the run.  Where no load is shared there is no room for it.
    """
    before: list[SharedDay | None] = [None, *days][: len(days)]
    width = (_RIGHT - _LEFT) / max(1, len(days))
    most = max([day.km_before or 0.0 for day in days] + [1.0])
    bands = list(_phases(days, width, messages))
    parts = [*bands, *_grid(most, days, messages)]
    for k, (day, last) in enumerate(zip(days, before, strict=True)):
        x = _LEFT + k * width
        parts += _load(day, x, width, most, messages)
        parts += _pains(day, last, x + width / 2, messages)
        parts += _date(day.day, x + width / 2)
    label = html.escape(messages.text("plan.report.pain"))
    if any("allowance" in day.items for day in days):
        return f'<svg viewBox="0 0 800 {_HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    cut = _LOAD_BOTTOM - _LOAD_TOP
    above, below = parts[: len(bands)], parts[len(bands) :]
    return (
        f'<svg viewBox="0 0 800 {_HEIGHT - cut:.0f}" role="img" aria-label="{label}">{"".join(above)}'
        f'<g transform="translate(0 {-cut:.0f})">{"".join(below)}</g></svg>'
    )


def _grid(most: float, days: Sequence[SharedDay], messages: Catalogue) -> Iterator[str]:
    if any(day.km_before is not None for day in days):
        yield _label(_LEFT, _LOAD_TOP - 6, messages.text("plan.report.axis.load"))
        for km in (0.0, most):
            y = _LOAD_BOTTOM - km / most * (_LOAD_BOTTOM - _LOAD_TOP)
            yield _line(y)
            yield _label(_LEFT - 4, y + 4, messages.localized(f"{km:.0f}"), anchor="end")
    yield _label(_LEFT, _PAIN_TOP - 6, messages.text("plan.report.axis.pain"))
    for pain in (0, 2, 4, 6, 8, 10):
        yield _line(_pain_y(pain))
        yield _label(_LEFT - 4, _pain_y(pain) + 4, str(pain), anchor="end")


def _phases(days: Sequence[SharedDay], width: float, messages: Catalogue) -> Iterator[str]:
    """A band above, named where there is room for the name."""
    x = _LEFT
    for phase, of in itertools.groupby(days, key=lambda day: day.phase):
        length = width * len(tuple(of))
        if phase is not None:
            name = messages.text(f"plan.phase.{phase.value}")
            yield _rect(x, _PHASE_TOP, length, _PHASE_HEIGHT, _COLOURS.get(phase, _GRID), name)
            if length > _LETTER * len(name):
                yield _label(x + 4, _PHASE_TOP + 11, name, style="fill:#fff")
        x += length


def _load(day: SharedDay, x: float, width: float, most: float, messages: Catalogue) -> Iterator[str]:
    if "allowance" not in day.items:
        return
    if day.km_before is None:
        yield _label(x + width / 2, _LOAD_BOTTOM - 3, "?", anchor="middle")
    elif day.km_before > 0:
        height = day.km_before / most * (_LOAD_BOTTOM - _LOAD_TOP)
        about = messages.text("plan.report.bar", day=day.day.isoformat(), km=day.km_before)
        yield _rect(x + 0.15 * width, _LOAD_BOTTOM - height, 0.7 * width, height, _BAR, about)


def _pains(day: SharedDay, last: SharedDay | None, x: float, messages: Catalogue) -> Iterator[str]:
    if "pain" not in day.items:
        return
    felt = () if last is None else (last.during, last.after)
    worst = max((pain for pain in felt if pain is not None), default=None)
    if worst is not None:
        about = messages.text("plan.report.ring", day=day.day.isoformat(), pain=worst)
        yield (
            f'<circle cx="{x:.1f}" cy="{_pain_y(worst):.1f}" r="5" fill="none" stroke="{_RUN}" '
            f'stroke-width="2">{_about(about)}</circle>'
        )
    elif last is not None and last.during is None and last.done_minutes != 0 and "allowance" in day.items:
        yield _label(x, _PAIN_TOP - 4, "?", anchor="middle", style=f"fill:{_RUN}")
    if day.morning is None:
        yield _label(x, _PAIN_BOTTOM + 12, "?", anchor="middle")
    else:
        y, about = (
            _pain_y(day.morning),
            messages.text("plan.report.square", day=day.day.isoformat(), pain=day.morning),
        )
        yield _rect(x - 3, y - 3, 6, 6, _MORNING, about)


def _date(day: datetime.date, x: float) -> Iterator[str]:
    if day.weekday() == 0:
        yield _label(x, _HEIGHT - 2, f"{day:%m-%d}", anchor="middle")


def _pain_y(pain: float) -> float:
    return _PAIN_BOTTOM - pain / 10 * (_PAIN_BOTTOM - _PAIN_TOP)


def _rect(x: float, y: float, width: float, height: float, colour: str, about: str = "") -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}">'
        f"{_about(about)}</rect>"
    )


def _line(y: float) -> str:
    return f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>'


def _label(x: float, y: float, text: str, anchor: str = "start", style: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} style="{style}">{html.escape(text)}</text>'


def _about(text: str) -> str:
    return f"<title>{html.escape(text)}</title>" if text else ""

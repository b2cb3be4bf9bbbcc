"""The half year of simulated runners on the plan of coming back: table and picture.

``python -m validation.return_trial --runners 40`` runs so many runners of each kind, prints the table of
docs/returning.md and writes its picture.  The same seeds give the same runners.  Rules are tried out on
runners from seed 0 on; what is reported are others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from monitor.simulation.return_outcome import (
    TRIAL_KINDS,
    Quartiles,
    ReturnOutcome,
    ReturnSummary,
    TrialKind,
    summarize_return,
    value_quartiles,
)
from monitor.simulation.return_trial import return_trial

HALF_YEAR = 182
REPORTED_SEED = 1000
"""The first seed of the runners that are reported; no rule was chosen by them."""
_COLORS = dict(zip(TRIAL_KINDS, ("#2a6f97", "#c1666b", "#7a6c9d", "#d4a03a", "#4f772d"), strict=True))
_WIDTH, _ROW, _LEFT, _TOP = 860, 56, 90, 60
_SCALE = 3.0  # px a day
_SQUARE = 280  # px, the panel of answers
_BEYOND = HALF_YEAR + 30  # days, where those stand who did not get there


def main() -> int:
    """Run all runners, print the table and write the picture; return exit code 0."""
    parser = argparse.ArgumentParser(description="Simulated runners on the plan of coming back.")
    parser.add_argument("--runners", type=int, default=40, help="of each kind")
    parser.add_argument("--seed", type=int, default=REPORTED_SEED, help="of the first runner of a kind")
    parser.add_argument("--picture", type=Path, help="SVG to write")
    args = parser.parse_args()
    outcomes = []
    for kind in TRIAL_KINDS:
        outcomes += [
            return_trial(kind, seed, HALF_YEAR) for seed in range(args.seed, args.seed + args.runners)
        ]
        print(f"{len(outcomes)} of {args.runners * len(TRIAL_KINDS)} runners", file=sys.stderr)
    print("\n".join(return_table(summarize_return(outcomes))))
    print("\n".join(_blocked_lines(summarize_return(outcomes))))
    if args.picture is not None:
        args.picture.parent.mkdir(parents=True, exist_ok=True)
        args.picture.write_text(return_picture(outcomes), encoding="utf-8")
    return 0


def return_table(rows: Sequence[ReturnSummary]) -> list[str]:
    """Return the lines of a Markdown table: one row for each kind of runner, quartiles in brackets."""
    lines = [
        "| runners | in full running | days to it | holds each | false holds each | flares | holds, false |"
        " flares that passed as good | back a phase | answers |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = (
            row.kind,
            f"{row.reached_full} of {row.runners}",
            _cell(row.days_to_full),
            _cell(row.holds),
            _cell(row.false_holds),
            f"{row.all_flares} in {row.all_runs} runs",
            f"{row.all_holds}, {row.all_false_holds}",
            str(row.all_missed),
            str(row.all_back),
            _cell(row.answered_share, percent=True),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _cell(q: Quartiles, *, percent: bool = False) -> str:
    def number(value: float | None) -> str:
        if value is None:
            return f"> {HALF_YEAR}"
        return f"{100 * value:.0f} %" if percent else f"{value:.0f}"

    return f"{number(q.median)} ({number(q.first)} to {number(q.third)})"


def _blocked_lines(rows: Sequence[ReturnSummary]) -> list[str]:
    return [
        f"{row.kind}: last missing, days each: "
        + ", ".join(f"{name} {days:.1f}" for name, days in row.blocked_days)
        for row in rows
    ]


# ------------------------------------------------------------------ picture


def return_picture(outcomes: Sequence[ReturnOutcome]) -> str:
    """Return an SVG: days to full running of every runner by kind, and against the share of answers."""
    rows = [_row(kind, k, outcomes) for k, kind in enumerate(TRIAL_KINDS)]
    bottom = _TOP + _ROW * len(TRIAL_KINDS)
    height = bottom + 60 + _SQUARE + 80
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        f'font-size="13" fill="#222">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        _text(_LEFT, 26, "Days to full running: each dot is a runner, the bar spans the quartiles", 15),
        *_day_axis(bottom),
        *(part for row in rows for part in row),
        *_answers_panel(bottom + 70, outcomes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(days: float) -> float:
    return _LEFT + _SCALE * days


def _day_axis(bottom: float) -> list[str]:
    ticks = [(days, str(days)) for days in range(0, HALF_YEAR, 30)]
    ticks.append((_BEYOND, "not in half a year"))
    return [
        part
        for days, label in ticks
        for part in (
            f'<line x1="{_x(days):.0f}" x2="{_x(days):.0f}" y1="{_TOP - 14}" y2="{bottom}" stroke="#ddd"/>',
            _text(_x(days), bottom + 18, label, 12, anchor="middle"),
        )
    ]


def _row(kind: TrialKind, k: int, outcomes: Sequence[ReturnOutcome]) -> list[str]:
    mine = [o for o in outcomes if o.kind == kind]
    if not mine:
        return []
    y, color = _TOP + _ROW * k + _ROW / 2, _COLORS[kind]
    parts = [_text(_LEFT - 12, y + 4, kind, 13, anchor="end")]
    q = value_quartiles([o.days_to_full for o in mine])
    first, third = (_BEYOND if v is None else v for v in (q.first, q.third))
    parts.append(
        f'<rect x="{_x(first):.1f}" y="{y - 14}" width="{max(2.0, _x(third) - _x(first)):.1f}" height="28" '
        f'rx="4" fill="{color}" opacity="0.2"/>'
    )
    if q.median is not None:
        parts.append(
            f'<line x1="{_x(q.median):.1f}" x2="{_x(q.median):.1f}" y1="{y - 16}" y2="{y + 16}" '
            f'stroke="{color}" stroke-width="3"/>'
        )
    spread = [-9.0, 3.0, -3.0, 9.0, 0.0, 6.0, -6.0]
    for n, o in enumerate(mine):
        aside = 0.0 if o.days_to_full is not None else 3.0 * (n % 10) - 13
        days = _BEYOND if o.days_to_full is None else o.days_to_full
        parts.append(_dot(_x(days) + aside, y + spread[n % len(spread)], color))
    return parts


def _answers_panel(top: float, outcomes: Sequence[ReturnOutcome]) -> list[str]:
    """Share of answers across, days to full running upwards; at the top those who did not get there."""
    bottom, width = top + 40 + _SQUARE, 540
    parts = [_text(_LEFT, top + 10, "Days to full running by the share of questions answered", 15)]
    for share in range(0, 101, 20):
        x = _LEFT + width * share / 100
        parts.append(f'<line x1="{x:.0f}" x2="{x:.0f}" y1="{top + 30}" y2="{bottom}" stroke="#ddd"/>')
        parts.append(_text(x, bottom + 18, f"{share} %", 12, anchor="middle"))
    for days, label in ((0.0, "0"), (60.0, "60"), (120.0, "120"), (180.0, "180"), (205.0, "not yet")):
        y = bottom - _SQUARE * days / 210
        parts.append(f'<line x1="{_LEFT}" x2="{_LEFT + width}" y1="{y:.0f}" y2="{y:.0f}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 12, y + 4, label, 12, anchor="end"))
    for n, o in enumerate(outcomes):
        days = 203.0 + 2.0 * (n % 4) if o.days_to_full is None else float(o.days_to_full)
        x, y = _LEFT + width * o.answered_share, bottom - _SQUARE * days / 210
        parts.append(_dot(x, y, _COLORS[o.kind]))
    for k, kind in enumerate(TRIAL_KINDS):
        y = top + 60 + 24 * k
        parts += [_dot(_LEFT + width + 40, y, _COLORS[kind]), _text(_LEFT + width + 54, y + 4, kind, 13)]
    return parts


def _dot(x: float, y: float, color: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{color}" fill-opacity="0.75"/>'


def _text(x: float, y: float, text: str, size: int, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}">{escape(text)}</text>'


if __name__ == "__main__":
    sys.exit(main())

"""The accuracy card as markdown and JSON, with the bars and the published best beside our figures."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from validation.card import Card, Summary
from validation.leave_one_out import GAINS
from validation.quantities import AFTER_KNOWN_BELT, AFTER_ONE_STAY, SCORED, ScoredQuantity

_FIGURES = ("bias", "sd_step", "rmse_step", "rmse_trial", "mae_trial")


def write_card(
    out: Path,
    sensors: str,
    cards: Mapping[str, Card],
    unseen: Mapping[str, Card],
    elsewhere: Mapping[str, Mapping[str, float]],
) -> str:
    """Write ``card-SET.md`` and ``.json`` into ``out`` and return the markdown."""
    data = {folder: card.summary() for folder, card in cards.items() if card.tallies}
    held = {folder: card.summary() for folder, card in unseen.items()}
    text = card_markdown(sensors, data, held, elsewhere)
    out.mkdir(parents=True, exist_ok=True)
    (out / f"card-{sensors}.md").write_text(text)
    (out / f"card-{sensors}.json").write_text(
        json.dumps(
            {"sensors": sensors, "shipped": data, "leave_one_runner_out": held, "elsewhere": elsewhere},
            indent=1,
        )
    )
    return text


def card_markdown(
    sensors: str,
    data: Mapping[str, dict[str, Summary]],
    held: Mapping[str, dict[str, Summary]],
    elsewhere: Mapping[str, Mapping[str, float]],
) -> str:
    """Return the card: a table per folder, with leave-one-runner-out columns where there are any."""
    lines = [f"# Accuracy: {sensors}", ""]
    for folder, summary in data.items():
        lines += [f"## {folder}", "", _counts(summary["steps"]), ""]
        other = held.get(folder)
        if other is not None:
            lines += ["The shipped regressions were fitted on these runners: judge by *unseen*.", ""]
        lines += _table(sensors, summary, other)
        later = held.get(folder + AFTER_ONE_STAY)
        if later is not None:
            lines += [f"Unseen runners{AFTER_ONE_STAY} of known truth at another speed:", ""]
            lines += _table(AFTER_ONE_STAY, {n: s for n, s in later.items() if n in GAINS.values()}, None)
        belt = held.get(folder + AFTER_KNOWN_BELT)
        if belt is not None:
            lines += [f"Unseen runners{AFTER_KNOWN_BELT} at another speed:", ""]
            lines += _table(AFTER_KNOWN_BELT, belt, None)
    for folder, figures in elsewhere.items():
        lines += [f"## {folder}", "", *(f"- {name}: {value:.4g}" for name, value in figures.items()), ""]
    return "\n".join(lines)


def _percent(share: float) -> str:
    return "" if math.isnan(share) else f"{100 * share:.0f} %"


def _counts(steps: Summary) -> str:
    n = {k: int(v) for k, v in steps.items()}
    parts = [f"factor-two errors {n['octaves']}"]
    if n["seen"]:
        parts.insert(0, f"steps found {n['found']} of {n['seen']}, invented {n['invented']}")
    if n["sided"]:
        parts.append(f"wrong side {n['wrong_side']} of {n['sided']}")
    if n["seconds"]:
        parts.append(f"seconds not called running {n['other_gait']} of {n['seconds']}")
    return "; ".join(parts)


def _table(sensors: str, summary: dict[str, Summary], other: dict[str, Summary] | None) -> list[str]:
    heads = ["quantity", "bias", "SD per step", "RMSE per step", "RMSE per trial", "MAE per trial"]
    if other is not None:
        heads += ["unseen: bias", "SD per step", "RMSE per trial", "MAE per trial"]
    heads += ["trials within ± 1 SD", "± 1.96 SD", "bar", "published best", "steps", "trials"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for name, s in summary.items():
        if name == "steps":
            continue
        aim = SCORED.get(name, ScoredQuantity("", "rmse_trial", {}, ""))
        cells = [f"{name} ({aim.unit})", *(f"{s[f]:.3g}" for f in _FIGURES)]
        if other is not None:
            o = other[name]
            cells += [f"{o[f]:.3g}" for f in ("bias", "sd_step", "rmse_trial", "mae_trial")]
        judged = other[name] if other is not None else s
        cells += [_percent(judged[f]) for f in ("within_68", "within_95")]
        bar = aim.bars.get(sensors)
        cells += ["" if bar is None else f"{aim.figure} ≤ {bar:g}", aim.published]
        cells += [f"{int(s['n_steps'])}", f"{int(s['n_trials'])}"]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]

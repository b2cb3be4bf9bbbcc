"""``python -m validation --data DIR --sensors SET --out OUT``: run, write CSVs and the card."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from validation.card import Card
from validation.recordings import SETS, load
from validation.run import rows, write


def main() -> int:
    """Exit code 0, or 2 when there is nothing to run on."""
    parser = argparse.ArgumentParser(prog="validation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of folders of .npz recordings")
    parser.add_argument("--sensors", choices=SETS, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    files = sorted(args.data.glob("*/*.npz"))
    if not files:
        print(f"no recordings in {args.data}/*/: give the folder that holds the data sets", file=sys.stderr)
        return 2
    cards: dict[str, Card] = {}
    for k, path in enumerate(files, 1):
        if sys.stderr.isatty():
            print(f"\r{k}/{len(files)} {path.stem:40}", end="", file=sys.stderr)
        recording = load(path, args.sensors)
        found = rows(recording, args.sensors, _pod_cadence(path) if args.sensors == "pod" else None)
        write(args.out / path.parent.name / f"{path.stem}.csv", found)
        cards.setdefault(path.parent.name, Card()).add(path, found)
    _report(args.out, args.sensors, cards)
    return 0


def _pod_cadence(path: Path) -> float | None:
    """What a pod on the shoe would have counted: the engine's own foot cadence, then the pelvis's."""
    for sensors in ("foot", "pelvis+speed"):
        recording = load(path, sensors)
        own = [r["cadence_spm"] for r in rows(recording, sensors) if "cadence_spm" in r]
        if own:
            return float(np.median(np.array(own, dtype=float)))
    return None


def _report(out: Path, sensors: str, cards: dict[str, Card]) -> None:
    lines = [f"# Accuracy: {sensors}", ""]
    data: dict[str, object] = {}
    for folder, card in cards.items():
        if not card.tallies:
            continue
        summary = {name: t.summary() for name, t in card.tallies.items() if t.steps}
        data[folder] = summary | {
            "steps": {
                "true": card.seen,
                "found": card.matched,
                "invented": card.invented,
                "octaves": card.octaves,
            }
        }
        lines += [f"## {folder}", ""]
        if card.seen:
            lines.append(f"steps found {card.matched} of {card.seen}, invented {card.invented}")
        lines += [f"factor-two errors {card.octaves}", ""]
        lines += ["| quantity | bias | SD per step | RMSE per trial | MAE per trial | steps | trials |"]
        lines += ["|---|---|---|---|---|---|---|"]
        for name, s in summary.items():
            unit = " (%)" if name in ("braking_impulse_bws", "peak_braking_bw") else ""
            unit = " (ms)" if name in ("ic", "to") else unit
            figures = (
                f"{s[k]:.4g}" for k in ("bias", "sd_step", "rmse_trial", "mae_trial", "n_steps", "n_trials")
            )
            lines.append(f"| {name}{unit} | " + " | ".join(figures) + " |")
        lines.append("")
    out.mkdir(parents=True, exist_ok=True)
    (out / f"card-{sensors}.md").write_text("\n".join(lines))
    (out / f"card-{sensors}.json").write_text(json.dumps(data, indent=1))
    print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())

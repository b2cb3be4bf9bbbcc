"""``python -m validation --data DIR --sensors SET --out OUT``: run, write CSVs and the card."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from validation.card import Card
from validation.recordings import SETS, UnreadableError, load
from validation.run import Row, pod_cadence, pod_rows, records, rows, write


def main() -> int:
    """Exit code 0, or 2 when there is nothing to run on.  A file that cannot be read costs one line."""
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
        found: list[Row] = []
        try:
            found = estimate(path, args.sensors)
            cards.setdefault(path.parent.name, Card()).add(path, found)
        except (UnreadableError, ValueError, LookupError, ArithmeticError) as exc:
            print(f"{path}: {type(exc).__name__}: {exc}", file=sys.stderr)
        write(args.out / path.parent.name / f"{path.stem}.csv", found)
    _report(args.out, args.sensors, cards)
    return 0


def estimate(path: Path, sensors: str) -> list[Row]:
    """What the live engine says about one file, one row per step (or per report of a pod)."""
    recording = load(path, sensors)
    for remark in recording.remarks:
        print(f"{path}: {remark}", file=sys.stderr)
    if sensors != "pod":
        return rows(recording, sensors)
    for counter in ("foot", "pelvis+speed"):  # the pod's own step counter
        cadence = pod_cadence(records(load(path, counter), counter))
        if cadence:
            return pod_rows(recording, cadence)
    return []


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

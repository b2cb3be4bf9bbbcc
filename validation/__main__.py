"""``python -m validation --data DIR --sensors SET --out OUT``: run, write CSVs and the card."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dsp.types import Record
from validation.card import Card
from validation.elsewhere import OtherReferences
from validation.leave_one_out import FITTED_ON, leave_one_out
from validation.recordings import SETS, WITHOUT_SPEED, UnreadableError, load_recording
from validation.report import write_card
from validation.run import csv_rows, pod_records, recording_records, streamed_records, write_csv
from validation.simulated import simulated_trials
from validation.spoilt import HOW_POOR
from validation.truth import Truth, read_truth

_FITTED_MPS = 4.6  # the fastest belt of the runners that models were fitted on
_NO_FASTER = f", up to {_FITTED_MPS:g} m/s"


def main() -> int:
    """Run and return exit code 0, or 2 when there is nothing to run on.

    A file that cannot be read costs one line on standard error.
    """
    args = _arguments()
    files = sorted(args.data.glob("*/*.npz"))
    if not files:
        print(f"no recordings in {args.data}/*/: give the folder that holds the data sets", file=sys.stderr)
        return 2
    cards: dict[str, Card] = {}
    elsewhere = OtherReferences()
    for k, path in enumerate(files, 1):
        _progress(f"{k}/{len(files)} {path.stem}")
        records: list[Record] = []
        try:
            for remark in load_recording(path, args.sensors).remarks:
                print(f"{path}: {remark}", file=sys.stderr)
            records = streamed_records(path, args.sensors)
            true = read_truth(path)
            if true is not None:
                for name in _card_names(path.parent.name, true):
                    cards.setdefault(name, Card()).add(true, records)
            elsewhere.add(path, records)
        except (UnreadableError, ValueError, LookupError, ArithmeticError) as exc:
            print(f"{path}: {type(exc).__name__}: {exc}", file=sys.stderr)
        write_csv(args.out / path.parent.name / f"{path.stem}.csv", csv_rows(records))
    cards = {name: card for name, card in cards.items() if not _says_nothing_new(name, cards)}
    unseen = leave_one_out(files, args.sensors, _progress) if args.thorough else {}
    if args.thorough:
        cards |= _harder(files, args.sensors)
    print(write_card(args.out, args.sensors, cards, unseen, elsewhere.summary()))
    return 0


def _card_names(folder: str, true: Truth) -> list[str]:
    """The cards that a recording counts in: of its folder, and of what is no faster than was fitted on.

    The second only where people were not fitted on: by it models are judged.
    """
    speed = float(np.max(true.values.get("speed_mps", np.zeros(1))))
    slow = folder not in FITTED_ON and 0 < speed <= _FITTED_MPS
    return [folder, folder + _NO_FASTER] if slow else [folder]


def _says_nothing_new(name: str, cards: Mapping[str, Card]) -> bool:
    """True for a card of the slower recordings of a folder that has no faster ones."""
    folder = name.removesuffix(_NO_FASTER)
    return name != folder and cards[folder].seen == cards[name].seen


def _harder(files: list[Path], sensors: str) -> dict[str, Card]:
    """Cards of the fitted folders through a poor sensor, and of the simulated runner."""
    cards: dict[str, Card] = {}
    for path in files:
        true = read_truth(path) if path.parent.name in FITTED_ON else None
        if true is not None and sensors != "pod":
            _progress(f"poor sensor {path.stem}")
            card = cards.setdefault(f"{path.parent.name}, poor sensors ({HOW_POOR})", Card())
            card.add(true, streamed_records(path, sensors, poor=True))
    card = cards["simulated runner"] = Card()
    for recording, true, cadence in simulated_trials(sensors):
        _progress(recording.name)
        said = (
            pod_records(recording, cadence)
            if sensors == "pod"
            else recording_records(recording, given=sensors not in WITHOUT_SPEED)
        )
        card.add(true, said)
    return cards


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="validation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of folders of .npz recordings")
    parser.add_argument("--sensors", choices=SETS, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--thorough",
        action="store_true",
        help="score also with every regression fitted without the runner it is scored on, through poor "
        "sensors, and on the simulated runner (minutes)",
    )
    return parser.parse_args()


def _progress(what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{what:60}", end="", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

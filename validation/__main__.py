"""``python -m validation --data DIR --sensors SET --out OUT``: run, write CSVs and the card."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dsp.types import Record
from validation.card import Card
from validation.leave_one_out import leave_one_out
from validation.recordings import SETS, UnreadableError, load
from validation.report import write_card
from validation.run import everything, rows, write
from validation.truth import truth


def main() -> int:
    """Exit code 0, or 2 when there is nothing to run on.  A file that cannot be read costs one line."""
    args = _arguments()
    files = sorted(args.data.glob("*/*.npz"))
    if not files:
        print(f"no recordings in {args.data}/*/: give the folder that holds the data sets", file=sys.stderr)
        return 2
    cards: dict[str, Card] = {}
    for k, path in enumerate(files, 1):
        _progress(f"{k}/{len(files)} {path.stem}")
        found: list[Record] = []
        try:
            for remark in load(path, args.sensors).remarks:
                print(f"{path}: {remark}", file=sys.stderr)
            found = everything(path, args.sensors)
            true = truth(path)
            if true is not None:
                cards.setdefault(path.parent.name, Card()).add(true, found)
        except (UnreadableError, ValueError, LookupError, ArithmeticError) as exc:
            print(f"{path}: {type(exc).__name__}: {exc}", file=sys.stderr)
        write(args.out / path.parent.name / f"{path.stem}.csv", rows(found))
    unseen = leave_one_out(files, args.sensors, _progress) if args.leave_one_out else {}
    print(write_card(args.out, args.sensors, cards, unseen))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="validation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of folders of .npz recordings")
    parser.add_argument("--sensors", choices=SETS, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--leave-one-out",
        action="store_true",
        help="score also with every regression fitted without the runner it is scored on (minutes)",
    )
    return parser.parse_args()


def _progress(what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{what:60}", end="", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

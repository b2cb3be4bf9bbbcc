"""``make soak``: hours of faults at random, with an account of each hour, as a table for the docs.

    python -m tests.faults --minutes 60 --kills 100 --damages 1000 --seed 1

A part of which there is none is left out.  Exits with 1 if anything does not add up.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from monitor.core.service_loop import run_with_spare_threads
from tests.broker import Broker
from tests.faults.broken_sensors import DAMAGES, Damage
from tests.faults.damaged_folder import damage_report, make_folder
from tests.faults.fault_run import TROUBLES, Account, Trouble, coached_recording, run_through
from tests.faults.killing import cut_power, examine, kill, packets_of, start_replay
from tests.faults.program import Home, make_tape
from tests.stack.servers import influx_in

SPEED = 4.0
PIECE_S = 1200.0  # a run of twenty minutes, after which everything is counted
COLUMNS = (
    "run",
    "samples sent",
    "received",
    "told as lost",
    "lost while a counter began anew",
    "packets twice",
    "unreadable",
    "packets sent / taped / lost",
    "records made / stored",
    "points stored / in the database",
    "cues given / heard / twice from a broker that stood still",
)
LANES = ("database", "broker", "disk")


def random_damages(sensors: list[str], seconds: float, rng: random.Random) -> Iterator[Damage]:
    """Every sensor by itself: four to fifteen seconds of one kind, ten to sixty of peace."""
    for sensor in sensors:
        at_s = rng.uniform(20, 60)
        while (end_s := at_s + rng.uniform(4, 15)) < seconds - 10:
            yield Damage(rng.choice(list(DAMAGES)), sensor, at_s, end_s)
            at_s = end_s + rng.uniform(10, 60)


def random_troubles(seconds: float, rng: random.Random) -> Iterator[Trouble]:
    """Every server and the disk by itself: ten to forty seconds of trouble, twenty to ninety of peace."""
    for lane in LANES:
        kinds = [kind for kind in TROUBLES if kind.startswith(lane)]
        at_s = rng.uniform(10, 60)
        while (end_s := at_s + rng.uniform(10, 40)) < seconds - 10:
            yield Trouble(rng.choice(kinds), at_s, end_s)
            at_s = end_s + rng.uniform(20, 90)


def soak(folder: Path, minutes: float, seed: int) -> tuple[list[Account], Counter[str]]:
    """Run through faults for so many minutes of session time, and return accounts and what was injected."""
    broker, accounts, injected = Broker(_made(folder / "broker")), list[Account](), Counter[str]()
    broker.start()
    try:
        with influx_in(_made(folder / "influx")) as influx:
            for number in range(max(1, round(minutes * 60 / PIECE_S))):
                rng = random.Random(f"{seed}/{number}")
                recording = coached_recording(min(PIECE_S, minutes * 60))
                sensors = [s.name for s in recording.settings.sensors]
                damages = list(random_damages(sensors, recording.duration_s, rng))
                troubles = list(random_troubles(recording.duration_s, rng))
                influx.forget()
                work = run_through(
                    _made(folder / str(number)), influx, broker, recording, damages, troubles, SPEED, seed
                )
                accounts.append(run_with_spare_threads(work))
                injected.update(d.kind for d in damages)
                injected.update(t.kind for t in troubles)
                _say_account(number, accounts[-1])
                gc.collect()
    finally:
        broker.stop()
    return accounts, injected


def kills(folder: Path, times: int, seed: int) -> list[str]:
    """Kill a run at random instants, every other one after a copy of its files; return what is wrong."""
    rng, wrong, lost = random.Random(seed), list[str](), list[int]()
    tape = make_tape(folder / "run.tape", 240.0)
    sent = packets_of(tape)
    for number in range(times):
        home = Home(_made(folder / f"home{number}"))
        program, _ = start_replay(home, tape, 20)
        time.sleep(rng.uniform(0.0, 8.0))
        copy = cut_power(program, home, folder / f"copy{number}") if number % 2 else None
        kill(program)
        for remains in [examine(home, sent), *([examine(copy, sent)] if copy else [])]:
            lost.append(remains.lost)
            wrong += [f"kill {number}: {text}" for text in remains.problems]
        print(f"kill {number + 1} of {times}: {len(wrong)} wrong so far", file=sys.stderr, flush=True)
    share = 100 * sum(lost) / (len(lost) * len(sent)) if lost else 0.0
    print(f"{times} kills, {len(lost)} sessions recovered, {len(wrong)} wrong; packets counted as lost: "
          f"at most {max(lost, default=0)}, {share:.2f} % of the run on average", flush=True)  # fmt: skip
    return wrong


def damages(folder: Path, times: int, seed: int) -> list[str]:
    """Damage a data folder at random so often, print what came of it, and return what is wrong."""
    verdicts = damage_report(make_folder(_made(folder / "made") / "data"), times, seed, folder)
    counts = Counter(verdict.split(" (")[0].split(": ")[0] for verdict in verdicts)
    print(f"{times} damages:", ", ".join(f"{what} {n}" for what, n in sorted(counts.items())), flush=True)
    return [verdict for verdict in verdicts if verdict.startswith("traceback")]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _say_account(number: int, account: Account) -> None:
    samples = [
        sum(getattr(s, name) for s in account.sensors.values())
        for name in ("sent", "received", "lost", "repeated", "bad")
    ]
    unnumbered = sum(s.injected.unnumbered for s in account.sensors.values())
    print(f"| {number + 1} | {samples[0]} | {samples[1]} | {samples[2]} | {unnumbered} | {samples[3]} | "
          f"{samples[4]} | {account.packets[0]} / {account.packets[1]} / {account.packets[2]} | "
          f"{account.records[0]} / {account.records[1]} | {account.points[0]} / {account.points[1]} | "
          f"{' / '.join(map(str, account.cues))} | {'; '.join(account.problems) or 'adds up'} |",
          flush=True)  # fmt: skip


def main() -> int:
    """Run both parts and print the tables; return the exit code."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--minutes", type=float, default=60.0, help="of session time, four to a true one")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--damages", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    accounts, injected = list[Account](), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        if given.minutes:
            print(f"| {' | '.join(COLUMNS)} | |\n|{'---|' * (len(COLUMNS) + 1)}", flush=True)
            accounts, injected = soak(Path(name) / "faults", given.minutes, given.seed)
            print("injected:", ", ".join(f"{kind} {n}" for kind, n in sorted(injected.items())), flush=True)
        wrong = kills(_made(Path(name) / "kills"), given.kills, given.seed) if given.kills else []
        if given.damages:
            wrong += damages(_made(Path(name) / "damages"), given.damages, given.seed)
    print(*wrong, sep="\n")
    return 1 if wrong or any(a.problems for a in accounts) else 0


if __name__ == "__main__":
    sys.exit(main())

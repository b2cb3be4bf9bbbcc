"""Mutants of the source, and whether the tests notice: ``make mutants``.

    python -m tests.mutants --count 50 --seed 1

Each mutant is one change at random in one of the areas (a comparison, an operator, a condition, a number);
in a copy of the project the tests of that area are run on it.  One that they pass is printed: a test is
missing there, or the change changes nothing.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
AREAS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("dsp/cueing/*.py",): (
        "tests/dsp/cueing", "tests/pipeline/test_coach.py", "tests/pipeline/test_banded_metrics.py"
    ),
    ("monitor/training/*.py",): ("tests/training", "tests/review/test_training_plan.py"),
    ("monitor/pipeline/clock_sync.py", "monitor/pipeline/sample_timeline.py"): (
        "tests/pipeline/test_clock_sync.py", "tests/pipeline/test_sensor_stream.py",
        "tests/pipeline/test_session.py",
    ),
}  # fmt: skip
"""Sources, and the tests that know them best."""
_SWAPPED: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}  # fmt: skip
_IGNORED = shutil.ignore_patterns(
    ".git", ".venv", ".cache", "__pycache__", "*.pyc", ".mypy_cache", ".hypothesis"
)
_LONGEST_S = 300


@dataclass(frozen=True)
class Mutant:
    """One changed source: where, how, and the tests that should notice."""

    path: str
    line: int
    change: str
    source: str
    tests: tuple[str, ...]


def _changed(node: ast.AST) -> bool:
    """Change a node in place if there is a way to, and return whether there was."""
    match node:
        case ast.Compare(ops=[operator, *_]) if type(operator) in _SWAPPED:
            node.ops[0] = _SWAPPED[type(operator)]()
        case ast.BoolOp() | ast.BinOp() if type(node.op) in _SWAPPED:
            node.op = _SWAPPED[type(node.op)]()
        case ast.If() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            node.value = _other_number(value)
        case _:
            return False
    return True


def _other_number(value: float) -> float:
    return value + 1 if isinstance(value, int) else 1.5 * value or 1.0


def _tree(path: Path) -> ast.Module:
    """The tree of a file, in which nothing stands that only a checker of types reads."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            for argument in (*node.args.args, *node.args.kwonlyargs):
                argument.annotation = None
    return tree


def mutant(rng: random.Random) -> Mutant:
    """Return a mutant: an area, one of its files by its length, and one change in it, at random."""
    sources, tests = rng.choice(list(AREAS.items()))
    paths = sorted(path for pattern in sources for path in ROOT.glob(pattern))
    path = rng.choices(paths, [len(path.read_text()) for path in paths])[0]
    sites = [n for n, node in enumerate(ast.walk(_tree(path))) if _changed(node)]
    tree = _tree(path)
    node = list(ast.walk(tree))[rng.choice(sites)]
    before = ast.unparse(node).splitlines()[0]
    _changed(node)
    source = ast.unparse(ast.fix_missing_locations(tree))
    change = f"{before}  ->  {ast.unparse(node).splitlines()[0]}"
    return Mutant(path.relative_to(ROOT).as_posix(), getattr(node, "lineno", 0), change, source, tests)


def is_noticed(made: Mutant, place: Path) -> bool:
    """Return whether the tests of a mutant's area fail on it, in the copy of the project at ``place``."""
    path = place / made.path
    sound = path.read_text()
    path.write_text(made.source)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *made.tests]
    environment = os.environ | {"PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=place, env=environment, capture_output=True, timeout=_LONGEST_S)
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(sound)
    return done.returncode != 0


def main() -> int:
    """Make mutants, print those that nobody notices, and return 1 if they are more than a tenth."""
    parser = argparse.ArgumentParser(prog="make mutants", description="Mutants, and whether tests notice.")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rng, survivors = random.Random(given.seed), 0
    with tempfile.TemporaryDirectory() as name:
        place = Path(shutil.copytree(ROOT, Path(name) / "project", ignore=_IGNORED))
        for number in range(1, given.count + 1):
            made = mutant(rng)
            noticed = is_noticed(made, place)
            survivors += not noticed
            word = "noticed" if noticed else "NOT NOTICED"
            print(f"{number}: {word}: {made.path}:{made.line}: {made.change}", flush=True)
    print(f"{given.count - survivors} of {given.count} noticed")
    return int(survivors > given.count / 10)


if __name__ == "__main__":
    sys.exit(main())

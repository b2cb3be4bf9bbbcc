"""Names and docstrings: one word means one thing, and every public thing says what comes back."""

from __future__ import annotations

import ast
import importlib
import io
import re
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsp.metrics import BY_NAME

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for room in ("dsp", "monitor") for path in (ROOT / room).rglob("*.py"))
SHARED_BY_FAMILIES = {"decode", "gatt", "CHARACTERISTICS", "OPTIONS"}
"""What every device family has under the same name, as ``monitor.devices.registry`` reads it."""
PROGRAMS = sorted(
    path
    for room in ("dsp", "monitor", "validation", "bench", "grafana")
    for path in (ROOT / room).rglob("*.py")
)
SHARED_BY_PROGRAMS = {"main", "cases"}
"""What ``python -m`` of a module runs, and what ``python -m bench`` asks of each of its modules."""
SAY_NOTHING = {
    "told", "shown", "said", "heard", "known", "found", "made", "chosen", "again", "usual", "seen",
    "looked", "kept", "given", "taken", "done",
}  # fmt: skip
VERBS = {
    "Add", "Advance", "Append", "Ask", "Begin", "Bring", "Calculate", "Cancel", "Carry", "Check",
    "Choose", "Close", "Compare", "Complete", "Compress", "Compute", "Connect", "Convert", "Copy",
    "Count", "Create", "Cut", "Decode", "Delete", "Deliver", "Draw", "Drop", "Emit", "Encode",
    "End", "Enter", "Find", "Finish", "Fold", "Follow", "Forget", "Give", "Hand", "Hold", "Import",
    "Interpolate", "Join", "Judge", "Keep", "Learn", "Let", "List", "Load", "Log", "Make", "Mark",
    "Measure", "Merge", "Move", "Note", "Open", "Parse", "Play", "Print", "Publish", "Put", "Raise",
    "Read", "Receive", "Record", "Remember", "Remove", "Rename", "Replace", "Return", "Review", "Run",
    "Save", "Scan", "Send", "Serve", "Set", "Show", "Split", "Start", "Stop", "Store", "Subscribe",
    "Summarize", "Switch", "Tag", "Take", "Tell", "Unpack", "Update", "Wait", "Write", "Yield",
}  # fmt: skip
"""What the docstring of a function may begin with."""
OF_A_PROPERTY = {"The", "True", "Whether", "Return", "A", "An", "None"}
RIDDLES = (
    "The same", "Until", "As ", "So ", "On ", "In the order", "Of ", "Known by", "Found by", "For the",
    "All that", "After so", "Before", "Later", "What it", "How ",
)  # fmt: skip
"""Beginnings of fragments, which leave open what comes back or what an instance is."""
PROPERTIES = {"property", "cached_property", "functools.cached_property"}
REASONED = {
    "connection_made": "asyncio's own name for the beginning of a connection",
    "SensorNotFound": "an error: it says that nothing was found",
    "FoundSensor": "the word of the layout for an advertisement with the families that can read it",
    "retry_until_done": "done is what the loop waits for",
    "done_s": "the time up to which a detector is done; every detector of dsp.events explains it",
}
"""Names with such a word in them that do say something, each with its reason."""
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def top_level_names(source: str) -> Iterator[str]:
    """Yield what a module defines: functions, classes, variables of any assignment, type aliases."""
    for statement in ast.parse(source).body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield statement.name
            case ast.Assign(targets=targets):
                yield from (name for target in targets for name in stored_names(target))
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
                yield from stored_names(target)
            case _ if type(statement).__name__ == "TypeAlias":  # Python 3.12's ``type X = ...``
                yield statement.name.id  # type: ignore[attr-defined]


def stored_names(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def test_the_walk_sees_every_way_to_define_a_name() -> None:
    source = "A, (B, *C) = x\nD: int = 1\nE = F = 2\ndef g(): h = 1\nclass I: j = 1\nk.l, m[n] = 1, 2\n"
    assert list(top_level_names(source)) == ["A", "B", "C", "D", "E", "F", "g", "I"]
    if sys.version_info >= (3, 12):
        assert list(top_level_names("type Z = int")) == ["Z"]


def definitions(path: Path) -> Iterator[Definition]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Definition):
            yield node


def public_definitions(path: Path) -> Iterator[Definition]:
    """Functions and classes of the module, and methods of its public classes."""
    yield from definitions_in(path.read_text(encoding="utf-8"))


def definitions_in(source: str) -> Iterator[Definition]:
    """The same of the text of a module."""
    for statement in ast.parse(source).body:
        if isinstance(statement, Definition) and not statement.name.startswith("_"):
            yield statement
            if isinstance(statement, ast.ClassDef):
                yield from (
                    member
                    for member in statement.body
                    if isinstance(member, Definition) and not member.name.startswith("_")
                )


def test_a_public_name_is_defined_in_one_module_only() -> None:
    homes = defaultdict(list)
    for path in PROGRAMS:
        for name in set(top_level_names(path.read_text(encoding="utf-8"))):
            if not name.startswith("_"):
                homes[name].append(path)
    twice = {name: list(map(relative, paths)) for name, paths in homes.items() if len(paths) > 1}
    for name in SHARED_BY_FAMILIES & twice.keys():
        assert all(path.startswith("monitor/devices/") for path in twice.pop(name)), name
    for name in SHARED_BY_PROGRAMS & twice.keys():
        del twice[name]
    assert not twice


def words_of(name: str) -> set[str]:
    """Return the lower-case words of a snake_case or CamelCase name."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def test_a_name_is_taken_apart_into_its_words() -> None:
    assert words_of("found_table") == {"found", "table"}
    assert words_of("_HTTPFoundSensor") == {"http", "found", "sensor"}


@pytest.mark.parametrize("path", PROGRAMS, ids=relative)
def test_no_function_or_class_has_a_name_that_says_nothing(path: Path) -> None:
    names = {d.name for d in definitions(path)} - REASONED.keys()
    assert not [name for name in names if words_of(name) & SAY_NOTHING]


def test_every_reasoned_name_is_still_there() -> None:
    assert {d.name for path in PROGRAMS for d in definitions(path)} >= REASONED.keys()


def fault(d: Definition) -> str | None:
    """What is wrong with the docstring of ``d``: the rule that its first sentence breaks."""
    first = (ast.get_docstring(d) or "").split("\n\n")[0].strip()
    words = first.split()
    if len(words) < 6 or not re.search(r"[.:!?]\)?$", first):
        return "fewer than six words, or no full stop"
    if first.startswith(RIDDLES):
        return "a fragment"
    if isinstance(d, ast.ClassDef):
        return None
    if any(ast.unparse(decorator) in PROPERTIES for decorator in d.decorator_list):
        return None if words[0] in OF_A_PROPERTY else "a property that does not say what it is"
    return None if words[0].rstrip(",") in VERBS else "no verb that says what the function does"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_every_public_docstring_is_a_sentence(path: Path) -> None:
    """A function's begins with a verb, a property's says what it is, nobody's is a fragment."""
    faults = {d: fault(d) for d in public_definitions(path)}
    assert not [
        f"line {d.lineno}, {d.name}: {why}: {(ast.get_docstring(d) or '').splitlines()[:1]}"
        for d, why in faults.items()
        if why
    ]


def prose(path: Path) -> str:
    """Every comment and docstring of a file."""
    with tokenize.open(path) as file:
        tokens = list(tokenize.generate_tokens(io.StringIO(file.read()).readline))
    return "\n".join(
        t.string
        for t in tokens
        if t.type == tokenize.COMMENT or (t.type == tokenize.STRING and t.string.startswith('"""'))
    )


def exists(dotted: str) -> bool:
    """Whether ``dotted`` is a package, a module, or something that a module defines or imports."""
    words = dotted.split(".")
    for k in range(len(words), 0, -1):
        place = ROOT.joinpath(*words[:k])
        if place.is_dir():
            return k == len(words)
        if place.with_suffix(".py").is_file():
            value: Any = importlib.import_module(".".join(words[:k]))
            for word in words[k:]:
                members = getattr(value, "__dataclass_fields__", {}) | getattr(value, "__annotations__", {})
                if not hasattr(value, word):
                    return word in members
                value = getattr(value, word)
            return True
    return False


PATH_NAMED = re.compile(r"(?<![\w/.-])(?:dsp|monitor)/[\w./-]*\w")
MODULE_NAMED = re.compile(r"(?<![\w/.:-])(?:dsp|monitor)(?:\.[A-Za-z_]\w*)+")


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_places_named_in_docstrings_and_comments_exist(path: Path) -> None:
    text = prose(path)
    gone = [named for named in PATH_NAMED.findall(text) if not (ROOT / named).exists()]
    assert not gone + [named for named in MODULE_NAMED.findall(text) if not exists(named)]


ONE_METRIC_EACH = {
    "bench/boards.py": "which fields the boards and rules of weeks once asked of every second",
    "monitor/devices/treadmill.py": "which bytes of the machine's packet are which metric",
    "monitor/recordings/gpx.py": "which element of a point is which metric",
    "monitor/recordings/tcx.py": "which element of a point is which metric",
    "monitor/review/plan_sessions.py": "what a run is summed up from, so that no other metric is read",
    "monitor/review/shoe_gait.py": "what a worn shoe may change; each takes runs to compare",
    "monitor/simulation/squad.py": "each value that a simulated athlete has is made up in its own way",
    "monitor/simulation/squad_history.py": "each number of a made-up second has its own story",
    "validation/quantities.py": "the one table of what is scored, with a bar for each",
    "validation/leave_one_out.py": "which metric each personal gain is learned by",
    "validation/refit.py": "which metric each regression is fitted on",
    "validation/simulated.py": "the truth of a simulated run: each value has its own formula",
    "validation/truth.py": "which column of a data set is the truth of which metric",
}
"""Where three metrics or more are named together because each of them is meant, with the reason."""


def metric_lists(source: str) -> list[str]:
    """Literal lists, sets, dicts and lists of pairs that name three metrics or more."""
    lists = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.List(elts=entries) | ast.Tuple(elts=entries) | ast.Set(elts=entries):
                parts = [e for entry in entries for e in getattr(entry, "elts", [entry])]
            case ast.Dict(keys=keys, values=values):
                parts = [*keys, *values]
            case _:
                continue
        names = {e.value for e in parts if isinstance(e, ast.Constant)} & BY_NAME.keys()
        if len(names) >= 3:
            lists.append(f"line {node.lineno}: {', '.join(sorted(names))}")
    return lists


@pytest.mark.parametrize(
    "source",
    [
        "x = ['speed_mps', 'slope_pct', 'contact_ms']",
        "x = {'speed_mps': 1, 'slope_pct': 2, 'contact_ms': 3}",
        "x = {1: 'speed_mps', 2: 'slope_pct', 3: 'contact_ms'}",
        "x = (('speed_mps', 1), ('slope_pct', 2), ('contact_ms', 3))",
    ],
)
def test_the_search_sees_lists_keys_and_pairs(source: str) -> None:
    assert metric_lists(source)
    assert not metric_lists(source.replace("contact_ms", "speed_mps"))


LISTING = [path for path in PROGRAMS if path.relative_to(ROOT).parts[0] != "dsp"]


@pytest.mark.parametrize("path", LISTING, ids=relative)
def test_lists_of_metrics_come_from_their_roles(path: Path) -> None:
    assert bool(metric_lists(path.read_text(encoding="utf-8"))) == (relative(path) in ONE_METRIC_EACH)


SCRIPTS = sorted((ROOT / "monitor" / "web" / "static").rglob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_the_pages_lists_come_from_the_served_legend(path: Path) -> None:
    arrays = re.findall(r"\[([^\[\]]*)\]", path.read_text(encoding="utf-8"))
    long = [a for a in arrays if len(set(re.findall(r'"(\w+)"', a)) & BY_NAME.keys()) >= 3]
    assert not long

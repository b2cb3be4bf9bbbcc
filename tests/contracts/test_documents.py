"""The documents say what the program does: all of it is there, examples are accepted, links lead somewhere.

A code block after the comment ``<!-- run -->`` is run as well as parsed.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import json
import os
import re
import shlex
import sys
import types
import typing
import webbrowser
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main
from typer.testing import CliRunner

from dsp.metrics import METRICS, MetricSpec
from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
from dsp.types import Activity, ActivityChange, Gap, Placement, Problem, SensorProblem, Side
from monitor.cli.main import app
from monitor.core import toml_reader, toml_text
from monitor.core.secret import Secret
from monitor.core.session_settings import SensorSettings
from monitor.devices import declared
from monitor.devices.registry import DEVICES
from monitor.recordings.imu_csv import HEADER_LINE
from monitor.service.config import Config
from tests.contracts.test_names import definitions_in, fault
from tests.packet_files import check_decoded, decode_or_error, read_packet_file

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", *DOCS]
"""Where a command, setting, metric or device has to be described."""
DOCUMENTS = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
MOST_WORDS_OF_THE_README = 1200
SHARED_OPTIONS = {"--config", "--host", "--port"}
"""Options of many commands, described once and not with each of them."""
WALKED_THROUGH = ("acme", "json_lines")
"""What stands in the names of files that a reader of ``docs/development.md`` would make."""

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""What the command line raises for arguments that it does not take (typer brings its own copy of click)."""


# ---------------------------------------------------------------------------- reading documents


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block: its language, its lines, where it begins, and whether it is marked to be run."""

    where: str
    language: str
    lines: tuple[str, ...]
    runs: bool

    @property
    def commands(self) -> list[str]:
        """Lines of a shell, those that go on with a backslash joined."""
        return "\n".join(self.lines).replace("\\\n", " ").splitlines() if self.language == "sh" else []


@dataclass(frozen=True)
class Section:
    """A heading and the text up to the next one, code blocks included."""

    path: Path
    heading: str
    text: str

    @property
    def spans(self) -> set[str]:
        """Everything in code style."""
        return set(re.findall(r"`([^`\n]+)`", self.text))

    @property
    def rows(self) -> list[list[str]]:
        """The cells of its tables."""
        return [cells(line) for line in self.text.splitlines() if line.startswith("|")]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def code(cell: str) -> str:
    """The text of a cell that is one code span, else nothing."""
    found = re.fullmatch(r"`([^`]+)`", cell)
    return found[1] if found else ""


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code_blocks(path: Path) -> Iterator[CodeBlock]:
    """Blocks of a document; those inside lists are brought back to the margin."""
    fence, language, start, runs, lines = "", "", 0, False, list[str]()
    marked = False
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        opened = re.match(r"( *)```(\w*)\s*$", line)
        if opened and not fence:
            fence, language, start, runs, lines = opened[0], opened[2], number, marked, []
            indent = len(opened[1])
        elif opened and not opened[2]:
            yield CodeBlock(f"{path.name}:{start}", language, tuple(lines), runs)
            fence = ""
        elif fence:
            lines.append(line[indent:])
        marked = line.strip() == "<!-- run -->"
    assert not fence, f"{path.name}: a code block does not end"


@cache
def prose_of(path: Path) -> str:
    """The text without its code blocks."""
    return re.sub(r"^( *)```.*?^\1```\s*$", "", text_of(path), flags=re.MULTILINE | re.DOTALL)


@cache
def sections(path: Path) -> list[Section]:
    """By every heading that is not inside a code block."""
    found = [Section(path, "", "")]
    fenced = False
    for line in text_of(path).splitlines():
        fenced ^= line.lstrip().startswith("```")
        if not fenced and (heading := re.match(r"#{1,6} (.+)", line)):
            found.append(Section(path, heading[1], ""))
        else:
            found[-1] = dataclasses.replace(found[-1], text=f"{found[-1].text}{line}\n")
    return found


ALL_SECTIONS = [section for path in PAGES for section in sections(path)]


def anchors(path: Path) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    out: set[str] = set()
    for section in sections(path)[1:]:
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", section.heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number = next(n for n in range(100) if (f"{slug}-{n}" if n else slug) not in out)
        out.add(f"{slug}-{number}" if number else slug)
    return out


# ---------------------------------------------------------------------------- the command line

ROOT_COMMAND: Any = typer.main.get_command(app)


def all_commands(command: Any = ROOT_COMMAND, words: str = "gaitcue") -> Iterator[tuple[str, Any]]:
    """Every command and group below the program itself, by its words."""
    for name, below in getattr(command, "commands", {}).items():
        yield f"{words} {name}", below
        yield from all_commands(below, f"{words} {name}")


COMMANDS = dict(all_commands())


def options_of(command: Any) -> list[tuple[str, ...]]:
    """The names of each option; for a switch those of both ways."""
    return [
        tuple(name for name in (*p.opts, *p.secondary_opts) if name.startswith("--"))
        for p in command.params
        if p.param_type_name == "option"
    ]


def command_lines(block: CodeBlock) -> list[list[str]]:
    """The words of each line that calls gaitcue, without what the shell keeps for itself."""
    found = []
    for line in block.commands:
        words = shlex.split(line, comments=True)
        if words and words[0].rpartition("/")[2] == "gaitcue":
            found.append(words[1 : next((n for n, w in enumerate(words) if w in (">", "|", "&&")), None)])
    return found


def parse(arguments: list[str]) -> None:
    """Raises the command line's own error for arguments that it does not take; runs nothing."""
    command, words = ROOT_COMMAND, ["gaitcue"]
    while arguments and arguments[0] in getattr(command, "commands", {}):
        command, words = command.commands[arguments[0]], [*words, arguments[0]]
        arguments = arguments[1:]
    alone = getattr(command, "invoke_without_command", False)
    if (
        hasattr(command, "commands")
        and not alone
        and not any(a in ("--help", "--version") for a in arguments)
    ):
        raise ValueError(f"{' '.join([*words, *arguments])}: there is no such command")
    with contextlib.suppress(typer.Exit):  # --help and --version end here
        command.make_context(" ".join(words), list(arguments))


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_a_switch_that_is_off_anyway_has_no_way_to_switch_it_off(words: str) -> None:
    switches = [p for p in COMMANDS[words].params if getattr(p, "is_bool_flag", False)]
    assert not [p.opts for p in switches if p.default is False and p.secondary_opts]


def test_arguments_that_are_wrong_do_not_parse() -> None:
    for wrong in (
        ["rnu"], ["sessions", "lst"], ["sessions"], ["run", "--hots", "x"], ["demo", "--seconds", "long"],
        ["import"], ["replay", "a.csv", "--placement", "knee"], ["sessions", "note", "a", "--pain", "11"],
    ):  # fmt: skip
        with pytest.raises((UsageError, ValueError)):
            parse(wrong)
    parse(["sessions", "note", "a", "--pain", "10"])
    parse(["--version"])


# ---------------------------------------------------------------------------- all of it is there


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_and_group_of_commands_is_documented(words: str) -> None:
    named = re.compile(rf"{re.escape(words)}(?![\w-])")
    assert any(named.search(section.text) for section in ALL_SECTIONS), f"`{words}` is in no document"


@pytest.mark.parametrize("words", [words for words, c in COMMANDS.items() if not hasattr(c, "commands")])
def test_every_option_is_documented_where_its_command_is(words: str) -> None:
    named = re.compile(rf"{re.escape(words)}(?![\w-])")
    texts = [s.text for s in ALL_SECTIONS if named.search(s.text)]
    for names in options_of(COMMANDS[words]):
        if SHARED_OPTIONS.isdisjoint(names):
            patterns = [re.compile(rf"(?<![\w-]){name}(?![\w-])") for name in names]
            assert any(p.search(text) for p in patterns for text in texts), (
                f"{' / '.join(names)} stands in no section of the documents that names `{words}`"
            )


def test_every_option_of_the_program_itself_is_documented() -> None:
    texts = [span for section in ALL_SECTIONS for span in section.spans]
    for names in options_of(ROOT_COMMAND):
        assert any(f"gaitcue {name}" in texts for name in names), f"`gaitcue {names[0]}` is in no document"


@pytest.mark.parametrize("option", sorted(SHARED_OPTIONS))
def test_every_shared_option_is_documented_once(option: str) -> None:
    assert any(
        row[0].startswith(f"`{option}") or f"`{option}`" in row[0] for s in ALL_SECTIONS for row in s.rows
    )


@dataclass(frozen=True)
class Setting:
    """One setting: its table as a heading names it, its key in the file, and its default as TOML."""

    table: str
    key: str
    default: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}"


def settings_of(cls: Any, table: str) -> Iterator[Setting]:
    """All settings of a dataclass and of those inside it."""
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        kind, arguments = hints[field.name], typing.get_args(hints[field.name])
        inner = [a for a in (kind, *arguments) if dataclasses.is_dataclass(a)]
        if inner:
            many = typing.get_origin(kind) is tuple
            yield from settings_of(inner[0], f"[[{field.name}]]" if many else f"[{field.name}]")
        else:
            key = f"{field.name}_file" if Secret in (kind, *arguments) else field.name
            yield Setting(table or field.name, key, default_of(field))


def default_of(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return toml_text.toml_literal(field.default_factory())
    if field.default is dataclasses.MISSING:
        return "required"
    return "–" if field.default is None else toml_text.toml_literal(field.default)


SETTINGS = list(settings_of(Config, ""))


def documented_settings() -> dict[tuple[str, str], str]:
    """Default by table and key, from the rows below headings with the table in code style."""
    return {
        (table[1], code(row[0])): code(row[1]) or row[1]
        for section in ALL_SECTIONS
        if (table := re.search(r"`([^`]+)`", section.heading))
        for row in section.rows
        if code(row[0])
    }


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_every_setting_is_documented_with_its_default(setting: Setting) -> None:
    documented = documented_settings()
    place = (setting.table, setting.key)
    assert place in documented, f"no row `{setting.key}` below a heading with `{setting.table}`"
    assert documented[place] == setting.default


def test_no_setting_is_documented_that_does_not_exist() -> None:
    there = {(s.table, s.key) for s in SETTINGS}
    tables = {table for table, _ in there}
    assert not [place for place in documented_settings() if place[0] in tables and place not in there]


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_every_metric_is_documented_with_unit_and_definition(metric: MetricSpec) -> None:
    rows = {code(row[0]): row for s in sections(ROOT / "docs" / "accuracy.md") for row in s.rows}
    assert metric.name in rows
    assert {metric.unit, metric.definition, ", ".join(metric.supported_by)} <= set(rows[metric.name])


SHIPPED_DESCRIPTIONS = sorted((ROOT / "monitor" / "devices" / "described").glob("*.toml"))


@pytest.mark.parametrize("kind", sorted({*DEVICES, *(path.stem for path in SHIPPED_DESCRIPTIONS)}))
def test_every_device_is_documented_with_its_options(kind: str) -> None:
    rows = [row for s in sections(ROOT / "docs" / "sensors.md") for row in s.rows]
    of_it = [row for row in rows if code(row[0]) == kind and len(row) == 5]
    assert len(of_it) == 1, f"the table of devices in docs/sensors.md needs one row `{kind}` of five cells"
    (device,) = of_it
    assert all(device[1:4])
    options = {code(row[1]) for row in rows if code(row[0]) == kind and len(row) == 3}
    assert options == set(DEVICES[kind].options or {}) | ({"device"} if kind == "declared" else set())


# ---------------------------------------------------------------------------- what stands there is so


@each_document
def test_every_command_in_a_code_block_parses(path: Path) -> None:
    for block in code_blocks(path):
        for arguments in command_lines(block):
            try:
                parse(arguments)
            except (UsageError, ValueError) as exc:
                pytest.fail(f"{block.where}: gaitcue {shlex.join(arguments)}: {exc}")


@each_document
def test_every_command_in_a_sentence_exists_with_the_options_it_is_given(path: Path) -> None:
    for span in re.findall(r"`gaitcue ([^`]+)`", prose_of(path)):
        words = span.split()
        if words[0].startswith("-"):
            assert any(words[0] in names for names in options_of(ROOT_COMMAND)), f"{path.name}: {span}"
            continue
        name = next(
            (" ".join(words[:n]) for n in (2, 1) if f"gaitcue {' '.join(words[:n])}" in COMMANDS), ""
        )
        assert name, f"{path.name}: there is no command `gaitcue {span}`"
        known = {"--help", *(o for names in options_of(COMMANDS[f"gaitcue {name}"]) for o in names)}
        given = {word.partition("=")[0] for word in words if re.match(r"--\w", word)}
        assert given <= known, f"{path.name}: `gaitcue {span}`"


def examples_of_settings() -> list[CodeBlock]:
    return [block for path in DOCUMENTS for block in code_blocks(path) if block.language == "toml"]


@pytest.mark.parametrize("block", examples_of_settings(), ids=lambda b: b.where)
def test_every_example_of_settings_or_of_a_device_is_accepted(block: CodeBlock, tmp_path: Path) -> None:
    text = "\n".join(block.lines) + "\n"
    if "schema = 1" in block.lines:
        declared.parse_description(text, Path(f"{block.where}.toml"))
        return
    for name in re.findall(r'_file = "([^"]+)"', text):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a-secret-of-some-length")
    config = toml_reader.read_toml_text(Config, text, {}, tmp_path / "gaitcue.toml")
    for sensor in config.sensor:
        check_sensor(sensor)


def check_sensor(sensor: SensorSettings) -> None:
    """Its kind and options exist, and it could be read."""
    spec = DEVICES[sensor.kind]
    if spec.options is None:
        assert set(sensor.options) == {"device"}
    else:
        assert set(sensor.options) <= set(spec.options)
        spec.decoder(sensor)


@each_document
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(path)):
        if re.match(r"https?://", target):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        assert there.exists(), f"{path.name}: {target}: no such file"
        assert there.is_relative_to(ROOT), f"{path.name}: {target}: leads out of the repository"
        assert not anchor or anchor in anchors(there), f"{path.name}: {target}: no such heading"


@each_document
def test_every_file_that_is_named_is_there(path: Path) -> None:
    rooms = r"(?:monitor|dsp|tests|config|grafana|validation|bench)/[\w./*-]+"
    for name in re.findall(rf"`({rooms})`", prose_of(path)):
        if not any(word in name for word in WALKED_THROUGH):
            assert list(ROOT.glob(name)), f"{path.name}: {name}"


@each_document
def test_every_module_that_is_run_is_there(path: Path) -> None:
    for name in set(re.findall(r"python -m ([\w.]+)", text_of(path))) - {"pip"}:
        module = ROOT / name.replace(".", "/")
        assert module.with_suffix(".py").exists() or (module / "__main__.py").exists(), (
            f"{path.name}: {name}"
        )


@cache
def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


@each_document
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    spans = re.findall(r"`make ([^`]+)`", prose_of(path))
    lines = [
        line.split("#")[0].partition("make ")[2]
        for block in code_blocks(path)
        for line in block.commands
        if line.startswith("make ")
    ]
    named = {
        word for text in (*spans, *lines) for word in text.split() if re.fullmatch(r"[a-z][\w-]*", word)
    }
    assert named <= make_targets()


def test_every_make_target_is_documented() -> None:
    text = "".join(map(text_of, PAGES))
    assert not {target for target in make_targets() if f"`make {target}`" not in text}


def test_the_readme_is_short() -> None:
    assert len(text_of(ROOT / "README.md").split()) < MOST_WORDS_OF_THE_README


@each_document
def test_a_list_of_contents_names_every_section_in_order(path: Path) -> None:
    listed = re.findall(r"^- \[[^\]]+\]\(#([^)]+)\)$", text_of(path), flags=re.MULTILINE)
    own = [line[3:] for line in prose_of(path).splitlines() if line.startswith("## ")]
    slugs = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in own]
    assert listed in ([], slugs)


def test_both_packages_say_that_they_are_typed() -> None:
    for package in ("dsp", "monitor"):
        assert (ROOT / package / "py.typed").is_file()


# ---------------------------------------------------------------------------- the walk-throughs


def python_blocks() -> list[CodeBlock]:
    return [block for path in DOCUMENTS for block in code_blocks(path) if block.language == "python"]


@pytest.mark.parametrize("block", python_blocks(), ids=lambda b: b.where)
def test_every_piece_of_python_is_python(block: CodeBlock) -> None:
    ast.parse("\n".join(block.lines))


@pytest.mark.parametrize("block", python_blocks(), ids=lambda b: b.where)
def test_what_a_reader_copies_passes_the_rules_for_docstrings(block: CodeBlock) -> None:
    if any(line.startswith("class ") for line in block.lines):  # it becomes a module of the program
        faults = {d.name: fault(d) for d in definitions_in("\n".join(block.lines))}
        assert not {name: why for name, why in faults.items() if why}


def walked_through(beginning: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that a walk-through has a reader write, by the beginning of its docstring."""
    (block,) = [b for b in python_blocks() if b.lines[0].startswith(f'"""{beginning}')]
    module = types.ModuleType("walked_through")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile("\n".join(block.lines), block.where, "exec"), module.__dict__)
    return module


def test_the_sensor_that_is_walked_through_reads_its_packets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = walked_through("Acme StepPod", monkeypatch)
    (packets,) = [
        b for b in code_blocks(ROOT / "docs" / "development.md") if b.lines[0].startswith("# Acme StepPod")
    ]
    (tmp_path / "acme").mkdir()
    path = tmp_path / "acme" / "composed.txt"
    path.write_text("\n".join(packets.lines))
    file = read_packet_file(path)
    decoder = acme.AcmeDecoder(file.settings)
    assert acme.gatt(file.settings).matches("Acme 17", frozenset())
    for line, packet in zip(file.lines, file.packets(), strict=True):
        assert line.expected
        check_decoded(line, decode_or_error(decoder, packet))


async def test_the_sink_that_is_walked_through_writes_every_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / "records.jsonl"
    sink = walked_through("Records of a run as JSON lines", monkeypatch).JsonLinesSink(written)

    async def batches() -> AsyncIterator[list[Gap]]:
        yield [Gap("left", 1.0, 2.0), Gap("left", 3.0, 4.0)]
        yield [Gap("left", 5.0, 6.0)]

    await sink.run(batches())
    lines = [json.loads(line) for line in written.read_text().splitlines()]
    assert [(line["kind"], line["start_s"]) for line in lines] == [("gap", 1.0), ("gap", 3.0), ("gap", 5.0)]


# ---------------------------------------------------------------------------- what needs no hardware runs


def write_recordings(folder: Path) -> None:
    """Make the files that the examples name: ``run.npz`` and ``easy.npz`` of two shoes, ``left.csv``."""
    for name, speed_mps, day in (("run", 2.9, 3), ("easy", 2.7, 10)):
        run = simulated_run([Bout(seconds=40, speed_mps=speed_mps)], seed=day)
        arrays: dict[str, Any] = {"fs_imu": 104.0, "height_m": 1.75}
        for side in Side:
            chunk = simulated_imu(run, Placement.FOOT, side, Device(rate_hz=104.0), side.value, day)
            arrays |= {f"foot{side}_acc": chunk.acc_ms2, f"foot{side}_gyro": chunk.gyr_rads}
            if (name, side) == ("run", Side.LEFT):
                assert chunk.gyr_rads is not None
                rows = np.column_stack((chunk.t_s, chunk.acc_ms2, chunk.gyr_rads))
                np.savetxt(folder / "left.csv", rows, "%.6g", ",", header=HEADER_LINE, comments="")
        np.savez(folder / f"{name}.npz", **arrays)
        began = 1_777_791_600 + 86400 * (day - 3)  # 2026-05-03T07:00:00 UTC; the file's time is its start
        os.utime(folder / f"{name}.npz", (began, began))


def runnable_commands() -> Iterator[tuple[str, list[str]]]:
    """In the order of the documents, so that what one keeps is there for the next."""
    for path in DOCUMENTS:
        for block in code_blocks(path):
            if block.runs:
                yield from ((block.where, arguments) for arguments in command_lines(block))


def test_what_needs_no_hardware_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, work = tmp_path / "home", tmp_path / "work"
    for folder in (home, work):
        folder.mkdir()
    write_recordings(work)
    monkeypatch.chdir(work)
    monkeypatch.setattr(webbrowser, "open", lambda url: pytest.fail(f"an example opens {url}"))
    for name in [n for n in os.environ if n.startswith(("XDG_", "GAITCUE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    ran = 0
    for where, arguments in in_working_order(list(runnable_commands())):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, (
            f"{where}: gaitcue {shlex.join(arguments)}\n{result.output}\n{result.exception!r}"
        )
        ran += 1
    assert ran >= 20


def in_working_order(commands: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """Imports first: the examples of every page may rest on the same sessions."""
    return sorted(commands, key=lambda command: command[1][0] != "import")


def test_the_simulation_that_is_walked_through_notices_the_loose_shoe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walk = walked_through("A walk that becomes a run", monkeypatch)
    records = walk.records()
    activities = [r.activity for r in records if isinstance(r, ActivityChange)]
    assert activities[:3] == [Activity.STAND, Activity.WALK, Activity.RUN]
    assert Problem.LOOSE in [r.problem for r in records if isinstance(r, SensorProblem)]

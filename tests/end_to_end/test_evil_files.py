"""A folder of hostile files is imported in bounded time and memory: a line for each, and the good ones."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from monitor.core.safe_text import printable_text
from tests.evil_files import write_evil_files

MOST_BYTES = 1_600_000_000  # of addresses, of which SciPy takes a third before anything is read
MOST_CPU_S = 240  # of all files together; they take 30


Outcome = tuple[dict[str, str], subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("evil")
    home = tmp_path_factory.mktemp("home")
    said = write_evil_files(folder)
    variables = {
        "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home), "LANG": "C.UTF-8", "COLUMNS": "300",
        "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2]),
    }  # fmt: skip

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))

    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "import monitor.service.file_import as file_import\n"
        "file_import.worker_count = lambda files: 0\n"  # the limits are those of one process
        "from monitor.cli.import_files import import_files\n"
        "folder = Path(sys.argv[1])\n"
        "codes = [import_files([folder / 'tapes'], None, None, '', None)]\n"
        "codes += [import_files(sorted(folder.glob('*.*')), 'waist', None, '', None)]\n"
        "sys.exit(10 * codes[0] + codes[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        env={**os.environ, **variables},
        capture_output=True,
        preexec_fn=limited,
        timeout=280,
    )
    return said, done


def test_every_file_is_one_line_that_says_what_is_wrong(evil: Outcome) -> None:
    said, done = evil
    text = done.stderr.decode()
    assert done.returncode == 22, text[-3000:]
    assert "Traceback" not in text
    lines = [line for line in text.splitlines() if not line.startswith("  ")]
    for name, part in said.items():
        own = [line for line in lines if printable_text(Path(name).stem) in line and "files, " not in line]
        right = [line for line in own if part in line and line.startswith("not imported: ") is bool(part)]
        assert right, f"{name}: {part!r} is not in {own}"


def test_of_a_tape_with_an_evil_block_the_others_are_kept(evil: Outcome) -> None:
    _, done = evil
    told = re.findall(
        r"^  the tape is damaged: (\d+) of its packets are lost$", done.stderr.decode(), re.MULTILINE
    )
    assert sorted(map(int, told)) == [1, 1, 1, 1, 1, 9, 10, 10, 180]


def test_nothing_but_text_reaches_the_terminal(evil: Outcome) -> None:
    _, done = evil
    text = (done.stdout + done.stderr).decode()
    assert {c for c in text if unicodedata.category(c) in ("Cc", "Cf")} <= {"\n"}
    assert "[red]bold.csv" in text


def test_of_a_clock_that_jumps_from_1970_the_larger_part_is_kept(evil: Outcome) -> None:
    _, done = evil
    lines = done.stderr.decode().splitlines()
    assert "  its clock jumped by more than a day: 500 samples are left out" in lines

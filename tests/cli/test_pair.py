"""``gaitcue pair``: the code, and where it is entered."""

from __future__ import annotations

import re
from pathlib import Path

from typer.testing import CliRunner

from monitor.cli.main import app


def pair(folder: Path, *options: str) -> str:
    file = folder / "gaitcue.toml"
    file.write_text(f'[store]\nfolder = "{folder.as_posix()}"\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["pair", "--config", str(file), *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_it_says_where_the_code_is_entered_and_speaks_of_no_picture_that_it_does_not_show(
    tmp_path: Path,
) -> None:
    for options in ((), ("--host", "0.0.0.0")):
        text = pair(tmp_path, *options)
        assert (code := re.search(r"^    [A-Z2-9]{4}-[A-Z2-9]{4}$", text, re.MULTILINE)), text
        assert re.search(r"http://\S+/pair\b", text), text
        assert not re.search("QR|scan", text.replace(code[0], "")), text  # a code may hold those letters
    assert "--host 0.0.0.0" in pair(tmp_path)

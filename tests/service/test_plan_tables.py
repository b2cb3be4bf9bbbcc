"""Own copies of the plan's tables in a folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from monitor.core.errors import ConfigError
from monitor.service.plan_tables import load_tables
from monitor.training.table_files import shipped_tables

SHOES = (files("monitor.training") / "tables" / "shoes.toml").read_text("utf-8")


def test_a_folder_that_is_not_there_has_no_copies(tmp_path: Path) -> None:
    assert load_tables(tmp_path / "none") == shipped_tables()


def test_an_own_copy_in_the_folder_wins(tmp_path: Path) -> None:
    (tmp_path / "shoes.toml").write_text(SHOES.replace("warn_km = 500", "warn_km = 400"))
    (tmp_path / "notes.txt").write_text("not a table")
    tables = load_tables(tmp_path)
    assert tables.shoes.warn_km == 400
    assert tables.phases == shipped_tables().phases


@pytest.mark.parametrize("content", [b"warn_km = \xff", b"warn_km = 9e99\n", b"[[["])
def test_a_file_that_cannot_be_used_is_named_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "shoes.toml").write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        load_tables(tmp_path)
    for language, what in (("en", "elete it"), ("de", "lösch")):
        text = refused.value.text_in(language)  # type: ignore[arg-type]
        assert str(tmp_path / "shoes.toml") in text
        assert what in text


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "shoes.toml").mkdir()
    with pytest.raises(ConfigError, match=r"shoes\.toml"):
        load_tables(tmp_path)

"""The runner's own copies of the plan's tables, read from a folder."""

from __future__ import annotations

from pathlib import Path

from monitor.core.errors import ConfigError
from monitor.training.table_files import read_tables, shipped_tables
from monitor.training.tables import Tables


def load_tables(folder: Path) -> Tables:
    """Return the plan's tables: each file ``NAME.toml`` in the folder wins over the shipped one.

    A folder that is not there has no copies.  Raises ``ConfigError`` for a file that cannot be read or
    used, with every mistake and what to do about it.
    """
    own = {path.stem: _text(path) for path in sorted(folder.glob("*.toml"))}
    return read_tables(own, folder) if own else shipped_tables()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError("error.plan_table_unreadable", path=path, error=exc) from exc

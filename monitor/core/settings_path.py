"""Where the settings file is, and the folder of everything that is ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from monitor.core.safe_text import file_name_part


def default_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the usual settings file: ``gaitcue.toml`` in the folder that ``own_folder`` says."""
    return own_folder(environment, "XDG_CONFIG_HOME", ".config") / "gaitcue.toml"


def athlete_file(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the settings file of one of several athletes: ``NAME.toml`` beside the usual one."""
    return default_path(environment).with_name(f"{file_name_part(name)}.toml")


def own_folder(environment: Mapping[str, str], variable: str, otherwise: str) -> Path:
    """Return our folder below the one that ``variable`` names; without it ``~/otherwise/gaitcue``.

    Windows and macOS have one place for data and settings of an application instead:
    ``%LOCALAPPDATA%`` and ``~/Library/Application Support``.
    """
    given = Path(environment.get(variable, ""))
    if not given.is_absolute() and sys.platform in ("win32", "darwin"):
        import platformdirs

        return platformdirs.user_data_path("gaitcue", appauthor=False)
    return (given if given.is_absolute() else Path.home() / otherwise) / "gaitcue"

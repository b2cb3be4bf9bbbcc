"""The language of the person at the keyboard: of help, errors and everything else that commands print.

It is that of ``[alerts] language`` in the settings file, without one that of the system.  A program has
one such person, so it is kept here once, and not handed through every table.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from monitor.core.message_catalogues import Language, MessageValue, catalogue

_SETTING = re.compile(r"""^[^#\n]*\blanguage\s*=\s*["'](\w+)["']""", re.MULTILINE)
_chosen: Language | None = None


def system_language(environment: Mapping[str, str] = os.environ) -> Language:
    """Return the language of ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``; English where we do not have it."""
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return _language_of_code(next(filter(None, names), "")[:2]) or "en"


def language_of_settings(path: Path) -> Language | None:
    """Return the language that a settings file chooses, None where it does not, or cannot be read.

    The line is looked for in the text: mistakes in the file are told in the language that it chooses, and
    ``--help`` does not wait for the settings.
    """
    try:
        found = _SETTING.search(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return _language_of_code(found[1]) if found else None


def choose_language(language: Language) -> None:
    """Keep the language in which the program speaks from now on."""
    global _chosen
    _chosen = language


def user_language() -> Language:
    """Return the language in which the program speaks: the one that was chosen, else the system's."""
    return _chosen or system_language()


def user_text(key: str, /, **values: MessageValue) -> str:
    """Return a message of the catalogues in the language of the user."""
    return catalogue(user_language()).text(key, **values)


def _language_of_code(name: str) -> Language | None:
    return next((language for language in get_args(Language) if language == name), None)

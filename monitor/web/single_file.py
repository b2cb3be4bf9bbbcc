"""A page as one HTML file: everything in it, nothing fetched; to look at, send on, and print.

A page opened from a disk may not import modules, so a module of ``static`` and those that it imports are
put one behind the other into one script, without their imports and exports.  For that they keep to three
rules: only names in braces are imported, nothing is renamed on import, and no two of them define the same
name at their top level.
"""

from __future__ import annotations

import html
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from monitor.core.message_catalogues import Language, catalogue_json
from monitor.core.private_files import create_private_file

_STATIC = files("monitor.web") / "static"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; script-src 'unsafe-inline'"
_STYLES = ("shared/base.css", "review/review.css")
_IMPORT = re.compile(r'^import \{[\w\s,]+\} from "([\w./-]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)


def single_page(title: str, language: Language, script: str, element: str, data: Mapping[str, Any]) -> str:
    """Return an HTML file that runs ``script``, a module of ``static``, in an empty ``#review``.

    The script finds ``data`` as JSON in the element of this id, and the texts of ``language``.
    """
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="{language}"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{html.escape(title)}</title>",
            f"<style>{''.join(map(_static_text, _STYLES))}</style></head>",
            '<body><main id="review"></main>',
            f'<script type="application/json" id="messages">{catalogue_json(language)}</script>',
            f'<script type="application/json" id="{element}">{_script_safe_json(data)}</script>',
            f"<script>{single_script(script)}</script>",
            "</body></html>\n",
        )
    )


def write_single_page(page: str, path: Path) -> None:
    """Write such a file to ``path``, for its owner alone, in a folder made for it; ``OSError`` if not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    create_private_file(path)
    path.write_text(page, encoding="utf-8")


def single_script(path: str) -> str:
    """Return a module of ``static`` and all that it imports as one classic script, in a scope of its own.

    Every module comes once, after those that it imports; ``path`` is relative to ``static``.
    """
    code = "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in _module_texts(path, set()))
    return f'(() => {{\n"use strict";\n{code}}})();\n'


def _module_texts(path: str, had: set[str]) -> Iterator[str]:
    """The texts of a module and of what it imports, imported ones first, without those it ``had``."""
    had.add(path)
    text = _static_text(path)
    for imported in _IMPORT.findall(text):
        full = posixpath.normpath(posixpath.join(posixpath.dirname(path), imported))
        if full not in had:
            yield from _module_texts(full, had)
    yield text


def _static_text(path: str) -> str:
    return _STATIC.joinpath(*path.split("/")).read_text(encoding="utf-8")


def _script_safe_json(data: Mapping[str, Any]) -> str:
    """JSON that cannot end the script it stands in."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")

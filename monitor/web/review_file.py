"""The review as one HTML file: everything in it, nothing fetched; to look at, send on, and print.

A page opened from a disk may not import modules, so the modules of ``static/review/file.js`` are put
one behind the other into one script, without their imports and exports.  For that they keep to three
rules: only names in braces are imported, nothing is renamed on import, and no two of these modules
define the same name at their top level.
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

from plotly.offline import get_plotlyjs

from monitor.core.errors import StoreError
from monitor.core.message_catalogues import catalogues_json
from monitor.core.private_files import create_private_file

_STATIC = files("monitor.web") / "static"
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; "
    "script-src 'unsafe-inline' 'unsafe-eval'"
)
_IMPORT = re.compile(r'^import \{[\w\s,]+\} from "([\w./-]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)


def review_html(report: Mapping[str, Any]) -> str:
    """Return the HTML file of a review that ``monitor.review.report.session_review`` made."""
    session = report["session"]
    title = html.escape(f"{session['title']} {session['started_utc'][:10]}")
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="{report["language"]}"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{title}</title>",
            f"<style>{_static_text('shared/base.css')}{_static_text('review/review.css')}</style></head>",
            '<body><main id="review"></main>',
            f'<script type="application/json" id="messages">{catalogues_json()}</script>',
            f'<script type="application/json" id="report">{_script_safe_json(report)}</script>',
            f"<script>{single_script('review/file.js')}</script>",
            f'<script type="text/plain" id="plotly">{get_plotlyjs()}</script>',
            "</body></html>\n",
        )
    )


def write_review(report: Mapping[str, Any], path: Path) -> None:
    """Write the HTML file of a review to ``path`` and make its folder; ``StoreError`` if that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        create_private_file(path)
        path.write_text(review_html(report), encoding="utf-8")
    except OSError as exc:
        raise StoreError("error.cannot_write", path=path, reason=exc) from exc


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


def _script_safe_json(report: Mapping[str, Any]) -> str:
    """JSON that cannot end the script it stands in."""
    return json.dumps(report, allow_nan=False).replace("<", "\\u003c")

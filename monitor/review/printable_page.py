"""The frame of a report as one HTML page: no script, nothing fetched, to print or send on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from monitor.core.errors import StoreError
from monitor.core.message_catalogues import Language
from monitor.core.private_files import create_private_file

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def printable_html(title: str, language: Language, style: str, parts: Sequence[str]) -> str:
    """Return a whole page with this title and these parts; both are HTML, their texts escaped."""
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="{language}"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{style}</style></head><body><main>",
            *parts,
            "</main></body></html>\n",
        )
    )


def write_printable(path: Path, text: str) -> None:
    """Write a page to ``path``, for its owner alone; ``StoreError`` if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        create_private_file(path)
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise StoreError("error.cannot_write", path=path, reason=exc) from exc

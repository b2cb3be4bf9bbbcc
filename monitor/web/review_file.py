"""The review as one HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.core.errors import StoreError
from monitor.web.single_file import single_page, write_single_page


def review_html(report: Mapping[str, Any]) -> str:
    """Return the HTML file of a review that ``monitor.review.report.session_review`` made."""
    session = report["session"]
    title = f"{session['title']} {session['started_utc'][:10]}"
    return single_page(title, report["language"], "review/file.js", "report", report)


def write_review(report: Mapping[str, Any], path: Path) -> None:
    """Write the HTML file of a review to ``path`` and make its folder; ``StoreError`` if that fails."""
    try:
        write_single_page(review_html(report), path)
    except OSError as exc:
        raise StoreError("error.cannot_write", path=path, reason=exc) from exc

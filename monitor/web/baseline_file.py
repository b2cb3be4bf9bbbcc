"""The runner's own normal and the target as one HTML file."""

from __future__ import annotations

from pathlib import Path

from monitor.core.errors import StoreError
from monitor.core.user_language import user_language
from monitor.review.baseline_chart import BaselineView, baseline_curves
from monitor.web.single_file import single_page, write_single_page


def write_baseline_chart(shown: BaselineView, path: Path) -> None:
    """Write the HTML file of a baseline to ``path`` and make its folder; ``StoreError`` if that fails."""
    curves, language = baseline_curves(shown), user_language()
    page = single_page(
        curves["title"], language, "review/baseline_file.js", "curves", {"language": language, **curves}
    )
    try:
        write_single_page(page, path)
    except OSError as exc:
        raise StoreError("error.picture", path=path, reason=exc) from exc

"""The review as one HTML file: everything in it, nothing fetched; to look at, send on, and print."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs

from monitor.core.errors import StoreError

_STATIC = files("monitor.web") / "static"
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; "
    "script-src 'unsafe-inline' 'unsafe-eval'"
)
LATER = """
requestAnimationFrame(() => setTimeout(() => {
  const plotly = document.createElement("script");
  plotly.textContent = document.getElementById("plotly").textContent;
  document.head.append(plotly);
  drawCharts();
}));
"""
"""Text and tables are there before the browser has read the four megabytes of the chart library."""


def review_html(report: Mapping[str, Any]) -> str:
    """The file of a review that ``monitor.review.report`` made."""
    session = report["session"]
    title = html.escape(f"{session['title']} {session['started_utc'][:10]}")
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{title}</title>",
            f"<style>{_static('review.css')}</style></head>",
            '<body><main id="review"></main>',
            f'<script type="application/json" id="report">{_embedded(report)}</script>',
            f"<script>{_static('review.js')}\nshowReview(JSON.parse(document.getElementById('report').textContent));",
            "</script>",
            f'<script type="text/plain" id="plotly">{get_plotlyjs()}</script>',
            f"<script>{LATER}</script>",
            "</body></html>\n",
        )
    )


def write_review(report: Mapping[str, Any], path: Path) -> None:
    """Write the file; ``StoreError`` if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(review_html(report), encoding="utf-8")
    except OSError as exc:
        raise StoreError(f"{path}: cannot write ({exc.strerror or exc}); choose another place") from exc


def _static(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


def _embedded(report: Mapping[str, Any]) -> str:
    """JSON that cannot end the script it stands in."""
    return json.dumps(report, allow_nan=False).replace("<", "\\u003c")

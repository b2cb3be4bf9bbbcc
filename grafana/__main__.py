"""Write dashboards and alert rules: ``python -m grafana``, with names of athletes to give them colours."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.alerts import rules
from grafana.boards import BOARDS

_HERE = Path(__file__).parent


COLOURS = (
    "#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#D55E00", "#0072B2", "#FFFFFF",
    "#9B59B6", "#7FDB51", "#A0522D", "#00CED1",
)  # fmt: skip
"""Colours that people tell apart, the first seven colour-blind ones too (Okabe & Ito 2008)."""


def files(athletes: Sequence[str] = ()) -> dict[Path, str]:
    """Return the text of every file that this module writes, by its path.

    ``athletes``: each has a colour of ``COLOURS`` on every board, as far as these go; all others have the
    colour that Grafana finds for their name.
    """
    out: dict[Path, Any] = {}
    for make in BOARDS:
        made = json.loads(json.dumps(make().build(), cls=JSONEncoder))
        _place(made["panels"])
        _drop_unknown(made)
        for panel in made["panels"]:
            _colour_athletes(panel, athletes)
        out[_HERE / "dashboards" / f"{make.__name__}.json"] = made
    out[_HERE / "provisioning" / "alerting" / "rules.json"] = rules()
    return {path: json.dumps(made, indent=1, sort_keys=True) + "\n" for path, made in out.items()}


def _place(panels: list[dict[str, Any]]) -> None:
    """Number them and lay them in rows of 24 columns: the SDK's own layout runs over the edge."""
    x = y = tallest = 0
    for number, panel in enumerate(panels, start=1):
        box = panel["gridPos"]
        if x + box["w"] > 24:
            x, y, tallest = 0, y + tallest, 0
        panel["id"], box["x"], box["y"] = number, x, y
        x, tallest = x + box["w"], max(tallest, box["h"])


def _colour_athletes(panel: dict[str, Any], athletes: Sequence[str]) -> None:
    """Give the lines of each athlete, whatever follows the name, their colour; before other overrides."""
    if not any(target.get("alias", "").startswith("$tag_athlete") for target in panel["targets"]):
        return
    own = [
        {
            "matcher": {"id": "byRegexp", "options": f"/^{re.escape(name)}(,|$)/"},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}],
        }
        for name, colour in zip(athletes, COLOURS, strict=False)
    ]
    if own and panel["type"] == "timeseries":
        panel["fieldConfig"]["overrides"] = own + panel["fieldConfig"].get("overrides", [])


def _drop_unknown(board: dict[str, Any]) -> None:
    """Leave out what the SDK writes and this Grafana's schema does not know (``grafana/check``)."""
    for panel in board["panels"]:
        if panel["type"] == "table":
            panel["options"].pop("footer", None)  # a field's own since Grafana 12.2
    for variable in board["templating"].get("list", ()):
        for name in ("auto", "auto_min", "auto_count"):  # of intervals only
            variable.pop(name, None)


if __name__ == "__main__":
    options = argparse.ArgumentParser(prog="python -m grafana", description="Write all boards and rules.")
    options.add_argument("athletes", nargs="*", help="who has a colour of their own on every board")
    for path, text in files(options.parse_args().athletes).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(path.relative_to(_HERE.parent))

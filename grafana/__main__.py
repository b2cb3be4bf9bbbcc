"""Write dashboards and alert rules: ``python -m grafana``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.alerts import rules
from grafana.boards import BOARDS

_HERE = Path(__file__).parent


def files() -> dict[Path, str]:
    """Return the text of every file that this module writes, by its path."""
    out: dict[Path, Any] = {}
    for make in BOARDS:
        made = json.loads(json.dumps(make().build(), cls=JSONEncoder))
        _place(made["panels"])
        _drop_unknown(made)
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


def _drop_unknown(board: dict[str, Any]) -> None:
    """Leave out what the SDK writes and this Grafana's schema does not know (``grafana/check``)."""
    for panel in board["panels"]:
        if panel["type"] == "table":
            panel["options"].pop("footer", None)  # a field's own since Grafana 12.2
    for variable in board["templating"]["list"]:
        for name in ("auto", "auto_min", "auto_count"):  # of intervals only
            variable.pop(name, None)


if __name__ == "__main__":
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(path.relative_to(_HERE.parent))

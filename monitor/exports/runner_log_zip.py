"""All that a runner wrote down, and all that was decided, as one file to take along.

A zip with ``entries.json``, ``decisions.json`` and ``pains.json`` (noted of sessions), and a text that says
what every field means.  Sessions are not in it; ``monitor.exports.formats`` and a backup have them.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from monitor.core import json_codec
from monitor.core.errors import ConfigError, StoreError
from monitor.core.message_catalogues import Language, catalogue
from monitor.core.private_files import create_private_file
from monitor.review.cadence_plan import noted_pains
from monitor.review.entry_text import COMMON_FIELDS, own_fields
from monitor.review.training_plan import PlanKeeper
from monitor.storage.plan_file import plan_path, read_plan
from monitor.storage.store import Store
from monitor.training.entries import ENTRY_KINDS

README = "README.txt"
"""The name of the text in the file."""


def write_runner_log(keeper: PlanKeeper, store: Store, path: Path, language: Language) -> int:
    """Write a runner's log, decisions and noted pains to ``path`` and return the number of entries.

    Lines that this program cannot read are in it, too, as far as they are JSON.  ``ConfigError`` for a file
    that exists, ``StoreError`` if it cannot be written.
    """
    if path.exists():
        raise ConfigError("error.export_exists", path=path)
    entries, decisions = keeper.log.lines(), keeper.decision_lines()
    pains = noted_pains(read_plan(plan_path(keeper.folder, keeper.athlete)), store, keeper.athlete)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("entries.json", _json_text(entries))
        file.writestr("decisions.json", _json_text(decisions))
        file.writestr("pains.json", _json_text([json_codec.to_json(pain) for pain in pains]))
        file.writestr(README, readme_text(keeper.athlete, language))
    try:
        create_private_file(path)
        path.write_bytes(buffer.getvalue())
    except OSError as exc:
        raise StoreError("error.cannot_write", path=path, reason=exc) from exc
    return len(entries)


def _json_text(lines: list[dict[str, Any]]) -> str:
    return json.dumps(lines, ensure_ascii=False, indent=1) + "\n"


def readme_text(athlete: str, language: Language) -> str:
    """Return what the files hold and what the fields of every kind of entry mean."""
    messages = catalogue(language)
    lines = [messages.text("say.log.readme.about", athlete=athlete), ""]
    lines += [messages.text("say.log.readme.every")]
    lines += [_field_line(name, messages.text(f"entry.label.{name}")) for name in sorted(COMMON_FIELDS)]
    for kind, cls in ENTRY_KINDS.items():
        lines += ["", f"{kind}: {messages.text(f'entry.kind.{kind}')}"]
        lines += [_field_line(f.name, messages.text(f"entry.label.{f.name}")) for f in own_fields(cls)]
    lines += ["", messages.text("say.log.readme.decisions"), "", messages.text("plan.disclaimer")]
    return "\n".join(lines) + "\n"


def _field_line(name: str, label: str) -> str:
    return f"  {name:16}{label}"

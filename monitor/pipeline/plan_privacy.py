"""What of a run is for others than its runner: everything but what tells of the plan of coming back.

A server, a broker, a coach's or a reader's device, and a tape that is taken away get records and settings
by these functions.  A band keeps its target and says that cues are off, not why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from dsp.types import Band, Cue
from monitor.core import json_codec
from monitor.core.records import Out
from monitor.core.session_settings import SessionSettings
from monitor.pipeline.announcements import CUES_OFF, SILENCES
from monitor.pipeline.load_watch import PRIVATE_NOTICES

_REASONS = frozenset(SILENCES.values())


def records_for_others(records: Iterable[Out]) -> list[Out]:
    """Return these records without those that tell of the runner's plan, in their order."""
    return [other for record in records if (other := record_for_others(record)) is not None]


def record_for_others(record: Out) -> Out | None:
    """Return a record as others get it, None for a notice that tells of the runner's plan."""
    match record:
        case Cue() if record.wording in PRIVATE_NOTICES:
            return None
        case Band() if record.muted in _REASONS:
            return replace(record, muted=CUES_OFF)
        case _:
            return record


def settings_for_others(settings: SessionSettings) -> SessionSettings:
    """Return settings without what the plan allowed on that day, and why the target's step was chosen."""
    if settings.coach is None:
        return settings
    return replace(settings, coach=replace(settings.coach, today=None, step_reason=""))


def settings_text_for_others(text: str) -> str:
    """Return stored settings (JSON) as ``settings_for_others`` does; what is no JSON is left out."""
    try:
        settings = json_codec.parse_json(text)
    except ValueError:
        return "{}"
    coach = settings.get("coach") if isinstance(settings, dict) else None
    if not isinstance(coach, dict) or (coach.get("today") is None and not coach.get("step_reason")):
        return text
    return json.dumps(settings | {"coach": coach | {"today": None, "step_reason": ""}})

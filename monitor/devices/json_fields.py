"""Reading JSON from a phone so that nothing but ``DecodeError`` can come of it."""

from __future__ import annotations

import json
import math
from typing import Any

from monitor.core.errors import DecodeError

LARGEST_JSON_BODY = 4_000_000  # bytes of one message; a minute of everything a phone has is less


def read_object(payload: bytes, what: str) -> dict[str, Any]:
    """Return the JSON object that ``payload`` is.  Whole numbers stay exact, whatever their size."""
    if len(payload) > LARGEST_JSON_BODY:
        raise DecodeError(f"{what} of {len(payload)} bytes")
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError) as exc:
        raise DecodeError(f"{what} is not JSON: {exc}") from exc
    if not isinstance(found, dict):
        raise DecodeError(f"{what} is not a JSON object")
    return found


def json_number(value: object) -> float | None:
    """Return a finite number, also one that comes as text; None for anything else (null, words, 1e999)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (OverflowError, ValueError):
        return None
    return found if math.isfinite(found) else None

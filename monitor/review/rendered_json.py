"""What was found, as JSON in the language of a reader.

A dataclass becomes an object of its fields, a ``Mean`` becomes ``v`` and ``ci`` (half of its 95 %
interval), both with six figures, a message a text, a date its ISO 8601.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np

from monitor.core.message_catalogues import Catalogue, UserMessage
from monitor.review.block_statistics import Mean


def rendered_json(value: Any, messages: Catalogue) -> Any:
    """Return the JSON of a value by the rules on top of this module."""
    if isinstance(value, Mean):
        return interval_json(value)
    if isinstance(value, UserMessage):
        return messages.render(value)
    if dataclasses.is_dataclass(value):
        return {f.name: _field_json(f, getattr(value, f.name), messages) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: rendered_json(item, messages) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return [six_digits(float(item)) for item in value]
    if isinstance(value, (tuple, list)):
        return [rendered_json(item, messages) for item in value]
    if isinstance(value, datetime.date):  # a time of day with it, too
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def interval_json(mean: Mean | None) -> dict[str, Any]:
    """Return ``v`` and ``ci`` (half of the 95 % interval) of a mean; both are None where there is none."""
    if mean is None:
        return {"v": None, "ci": None}
    return {"v": six_digits(mean.value), "ci": None if mean.half is None else six_digits(mean.half)}


def six_digits(value: float) -> float:
    """Return a value with six figures, which are more than any sensor has and keep a file small."""
    return float(f"{value:.6g}")


def _field_json(field: dataclasses.Field[Any], value: Any, messages: Catalogue) -> Any:
    if value is None and field.type == "Mean | None":
        return interval_json(None)
    return rendered_json(value, messages)
